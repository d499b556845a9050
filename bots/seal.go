package bots

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// version is the version of stored values. Within a release line fields are only
// added, so that an older value decodes; a change of meaning takes a new version.
const version = 1

// Forms of a stored value, its first byte. The second byte is the version.
const (
	formPlain  = 'p'
	formSealed = 's'
)

var (
	// errUnknown is the error of a stored value of a version or form that this
	// program does not know: it was written by a newer one. It is kept aside.
	errUnknown = errors.New("bots: stored by a newer version")
	// errSealed is the error of a value sealed with another key.
	errSealed = errors.New("bots: sealed with another key")
)

// unreadable reports whether err is that of a stored value which this program, or
// this key, cannot read, now or later.
func unreadable(err error) bool { return errors.Is(err, errUnknown) || errors.Is(err, errSealed) }

// A sealer encodes what is stored of a bot, and seals it with AES-256-GCM if the
// bot has a key. What a value is stored under is authenticated with it, so that
// values cannot be exchanged for one another.
type sealer struct {
	aead  cipher.AEAD
	names []byte // key of digests
}

// newSealer returns the sealer for a key of any length; without one, values are
// kept in plain text.
func newSealer(key Secret, bot string) (sealer, error) {
	if key.IsZero() {
		return sealer{}, nil
	}
	k, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "amtsbote values of "+bot, 32)
	if err != nil {
		return sealer{}, fmt.Errorf("bots: key: %w", err)
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return sealer{}, fmt.Errorf("bots: key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("bots: key: %w", err)
	}
	names, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "amtsbote names of "+bot, 32)
	if err != nil {
		return sealer{}, fmt.Errorf("bots: key: %w", err)
	}
	return sealer{aead, names}, nil
}

// digest stands for a name where it would be stored in the open: equal names have
// equal digests, and without the bot's key nobody can tell which.
func (s sealer) digest(name string) string {
	h := hmac.New(sha256.New, s.names)
	h.Write([]byte(name))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// bytes returns the stored form of data kept under a name.
func (s sealer) bytes(name string, data []byte) []byte {
	if s.aead == nil {
		return append([]byte{formPlain, version}, data...)
	}
	return s.aead.Seal([]byte{formSealed, version}, nil, data, []byte(name))
}

// open returns what bytes was given. A value kept in plain text from before the
// bot had a key is still read.
func (s sealer) open(name string, stored []byte) ([]byte, error) {
	if len(stored) < 2 || stored[1] != version {
		return nil, errUnknown
	}
	switch {
	case stored[0] == formPlain:
		return stored[2:], nil
	case stored[0] != formSealed:
		return nil, errUnknown
	case s.aead == nil:
		return nil, errSealed
	}
	data, err := s.aead.Open(nil, nil, stored[2:], []byte(name))
	if err != nil {
		return nil, errSealed
	}
	return data, nil
}

// encode returns the stored form of a value.
func (s sealer) encode(name string, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.bytes(name, data), nil
}

// decode reads the stored form of a value.
func (s sealer) decode(name string, stored []byte, v any) error {
	data, err := s.open(name, stored)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %T does not decode", errUnknown, v)
	}
	return nil
}
