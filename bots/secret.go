package bots

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// A Secret is a password or a token. In the configuration it is written as
// "file:/path" or "env:NAME"; it never prints.
type Secret struct {
	value string
	file  string // where it stands, "" if not in a file
	err   error
}

// NewSecret returns a secret made in the program itself.
func NewSecret(value string) Secret { return Secret{value: value} }

// UnmarshalText implements encoding.TextUnmarshaler. It never fails: a secret
// that cannot be read, or that stands in the configuration itself, is reported by
// Validate, so that all errors of a configuration can be told at once.
func (s *Secret) UnmarshalText(text []byte) error {
	kind, name, _ := strings.Cut(string(text), ":")
	switch kind {
	case "file":
		b, err := os.ReadFile(name)
		s.value, s.file, s.err = strings.TrimSpace(string(b)), name, err
	case "env":
		s.value = strings.TrimSpace(os.Getenv(name))
	default:
		s.err = errors.New("a secret is written file:/path or env:NAME, never in the configuration itself")
	}
	if s.value == "" && s.err == nil {
		s.err = fmt.Errorf("%s %s is empty or not set", kind, name)
	}
	return nil
}

// Validate says why a secret that was configured could not be read.
func (s Secret) Validate() error { return s.err }

// IsZero reports whether no secret was configured.
func (s Secret) IsZero() bool { return s.value == "" && s.err == nil }

// Reveal returns the secret itself. One in a file is read anew, so that a changed
// password is used without a restart; while the file cannot be read or is empty,
// because it is just being written, the one read at the start still counts.
func (s Secret) Reveal() string {
	if s.file == "" {
		return s.value
	}
	b, err := os.ReadFile(s.file)
	if now := strings.TrimSpace(string(b)); err == nil && now != "" {
		return now
	}
	return s.value
}

func (s Secret) String() string       { return "(secret)" }
func (s Secret) GoString() string     { return s.String() }
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler: also encoded it stays secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
