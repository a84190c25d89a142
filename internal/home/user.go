package home

import (
	"fmt"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"frontdesk"
)

// user is the unprivileged user that programs run as when we are root, because
// PostgreSQL refuses to run as root.
type user struct{ uid, gid uint32 }

// childUsers are tried in order; initdb wants a user that the system knows.
const (
	ownUser      = "frontdesk"
	postgresUser = "postgres"
	nobodyUser   = "nobody"
)

// childUser returns whom programs of the home run as: ourselves (nil) unless we
// are root; then the owner of its database, else the first user of ours that the
// system knows. It lets that user pass through the home, and names the folder
// above it that would not.
func childUser(dir string) (*user, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := findUser(filepath.Join(dir, "pg"))
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at home: %w", err)
	}
	if info.Mode().Perm()&0o001 == 0 {
		if err := os.Chmod(dir, info.Mode().Perm()|0o001); err != nil {
			return nil, fmt.Errorf("let the database's user pass through the home: %w", err)
		}
	}
	if blocked := u.blockedBy(dir); blocked != "" {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "PostgreSQL does not run as root, and its user may not pass through " + blocked + ": run chmod o+x on it, or set FRONTDESK_HOME to another folder."}
	}
	return u, nil
}

func findUser(data string) (*user, error) {
	if info, err := os.Stat(data); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 {
			return &user{uid: stat.Uid, gid: stat.Gid}, nil
		}
	}
	for _, name := range []string{ownUser, postgresUser, nobodyUser} {
		known, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(known.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(known.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &user{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "PostgreSQL does not run as root, and this system has no user " + ownUser + ", " + postgresUser + " or " + nobodyUser + ": make one with `useradd --system frontdesk`."}
}

// blockedBy returns the outermost folder on the way to path that the user may not
// pass through, "" if there is none. Links are followed.
func (u *user) blockedBy(path string) string {
	if u == nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	blocked := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !u.passes(info) {
			blocked = dir
		}
		if dir == filepath.Dir(dir) {
			return blocked
		}
	}
}

func (u *user) passes(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case ok && stat.Uid == u.uid:
		return mode&0o100 != 0
	case ok && stat.Gid == u.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// credential returns the user for a program, nil for ourselves: also where an
// interpreter lies in a folder that only root may enter.
func (u *user) credential(program string) *syscall.Credential {
	if u == nil || u.blockedBy(program) != "" {
		return nil
	}
	return &syscall.Credential{Uid: u.uid, Gid: u.gid}
}

// own gives a file or folder to the user.
func (u *user) own(path string) error {
	if u == nil {
		return nil
	}
	return os.Chown(path, int(u.uid), int(u.gid))
}
