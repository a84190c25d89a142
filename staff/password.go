package staff

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password's hash: OWASP's recommendation for argon2id.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashLength  = 32
	saltLength  = 16
)

// checkPassword refuses one that is too short or too long to hash.
func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > maxPassword {
		return invalid("A password has at least 12 characters; three or four words in a row are easy to keep in mind.")
	}
	return nil
}

// hashPassword returns the hash in PHC form ($argon2id$v=19$m=…,t=…,p=…$salt$hash).
func hashPassword(password string, random io.Reader) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// isPassword tells whether a password has the hash. It takes as long for a hash
// that cannot be read, so that time does not tell who has an account.
func isPassword(password, hash string) bool {
	var version, memory, passes, threads int
	salt, want := make([]byte, saltLength), make([]byte, hashLength)
	readable := false
	if parts := strings.Split(hash, "$"); len(parts) == 6 && parts[1] == "argon2id" {
		_, versionErr := fmt.Sscanf(parts[2], "v=%d", &version)
		_, costErr := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads)
		s, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
		w, sumErr := base64.RawStdEncoding.DecodeString(parts[5])
		if versionErr == nil && costErr == nil && saltErr == nil && sumErr == nil && version == argon2.Version && len(w) >= 16 {
			readable, salt, want = true, s, w
		}
	}
	if !readable {
		memory, passes, threads = hashMemory, hashTime, hashThreads
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && readable
}
