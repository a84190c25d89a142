package home

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"frontdesk"
)

// keySize is the length of FRONTDESK_KEY in bytes.
const keySize = 32

// Key returns the home's FRONTDESK_KEY, made from random at the first call and
// kept in the file "key" that only its owner may read. Whoever loses it loses all
// that is sealed.
func (h *Home) Key(ctx context.Context, random io.Reader) ([]byte, error) {
	unlock, err := h.exclusive(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	path := filepath.Join(h.dir, "key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(path, random)
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	return ParseKey(strings.TrimSpace(string(raw)))
}

// ParseKey reads FRONTDESK_KEY as it is written: 64 hexadecimal digits.
func ParseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != keySize {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "FRONTDESK_KEY has to be 64 hexadecimal digits; `openssl rand -hex 32` makes one."}
	}
	return key, nil
}

func makeKey(path string, random io.Reader) ([]byte, error) {
	key := make([]byte, keySize)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	_, err = io.WriteString(file, hex.EncodeToString(key)+"\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return key, nil
}
