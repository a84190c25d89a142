package staff

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// The second factor: six digits each 30 seconds (RFC 6238), as every
// authenticator reads it, and recovery codes for a lost phone.
const (
	codePeriod    = 30
	codeSkew      = 1 // steps before and after, for clocks that differ
	recoveryCodes = 10
	recoveryBytes = 10
	pictureSize   = 220
	issuer        = "Frontdesk"
)

// Factor is a second factor on offer: its secret and a picture for the phone.
type Factor struct {
	Secret  string // base32, to type by hand
	Picture []byte // QR code, PNG
}

// NewFactor makes a second factor for a user.
func NewFactor(user User, random io.Reader) (Factor, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: user.Email, Period: codePeriod, Rand: random})
	if err != nil {
		return Factor{}, fmt.Errorf("make second factor: %w", err)
	}
	return factorOf(key)
}

// FactorOf returns the factor of a secret that was offered before.
func FactorOf(user User, secret string) (Factor, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || len(raw) < 16 {
		return Factor{}, invalid("This second factor is not one of ours; reload the page.")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: user.Email, Period: codePeriod, Secret: raw})
	if err != nil {
		return Factor{}, fmt.Errorf("read second factor: %w", err)
	}
	return factorOf(key)
}

func factorOf(key *otp.Key) (Factor, error) {
	picture, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return Factor{}, fmt.Errorf("draw second factor: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return Factor{}, fmt.Errorf("draw second factor: %w", err)
	}
	return Factor{Secret: key.Secret(), Picture: out.Bytes()}, nil
}

// step returns the step whose code this is, near an instant and after the last
// one used; ok is false when it is none.
func step(secret, code string, last int64, at time.Time) (used int64, ok bool) {
	now := at.Unix() / codePeriod
	for s := now - codeSkew; s <= now+codeSkew; s++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(s*codePeriod, 0), totp.ValidateOpts{Period: codePeriod, Digits: otp.DigitsSix})
		if err == nil && s > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return s, true
		}
	}
	return last, false
}

// passes tells whether a code is right now, and what is left of the proof then:
// no code works twice.
func (p Proof) passes(code string, at time.Time) (Proof, bool) {
	code = foldCode(code)
	if used, ok := step(p.Secret, code, p.Step, at); ok {
		p.Step = used
		return p, true
	}
	hash := hashRecovery(code)
	for i, want := range p.Recovery {
		if subtle.ConstantTimeCompare([]byte(hash), []byte(want)) == 1 {
			p.Recovery = slices.Delete(slices.Clone(p.Recovery), i, i+1)
			return p, true
		}
	}
	return p, false
}

// foldCode is a code as it is compared, without the spaces and dashes of reading.
func foldCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// newRecovery makes recovery codes as they are shown, once, and their hashes.
func newRecovery(random io.Reader) (shown, hashes []string, err error) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, nil, fmt.Errorf("make recovery codes: %w", err)
		}
		code := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		shown = append(shown, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		hashes = append(hashes, hashRecovery(code))
	}
	return shown, hashes, nil
}

// hashRecovery needs no slow hash: a recovery code holds 80 random bits.
func hashRecovery(code string) string {
	sum := sha256.Sum256([]byte("frontdesk recovery\x00" + code))
	return hex.EncodeToString(sum[:])
}
