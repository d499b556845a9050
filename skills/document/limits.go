package document

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits bound what reading one file may cost. The zero value of each field is
// its default; [Limits.Validate] says which values make no sense.
type Limits struct {
	Size     Bytes         `yaml:"size"`      // of the file itself; default 50 MB
	Inflated Bytes         `yaml:"inflated"`  // of everything unpacked or decoded from it, in all; default 400 MB
	Text     Bytes         `yaml:"text"`      // of the text that is kept, in all; default 20 MB
	Pages    int           `yaml:"pages"`     // pages, sheets and slides, in all; default 2000
	Parts    int           `yaml:"parts"`     // files inside, in all; default 500
	Depth    int           `yaml:"depth"`     // files inside files; default 8
	Pixels   int64         `yaml:"pixels"`    // of one picture; default 60 million
	Memory   Bytes         `yaml:"memory"`    // of the child, over what it has when it starts; default 768 MB
	Time     time.Duration `yaml:"time"`      // wall clock of the child, without text recognition; default 60 s
	CPU      time.Duration `yaml:"cpu"`       // of the child, all threads; default 90 s, counted in whole seconds
	OCRPages int           `yaml:"ocr_pages"` // pages and pictures recognised, in all; default 100
	OCRTime  time.Duration `yaml:"ocr_time"`  // wall clock of one recognised page; default 60 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Size:     or(l.Size, 50<<20),
		Inflated: or(l.Inflated, 400<<20),
		Text:     or(l.Text, 20<<20),
		Pages:    or(l.Pages, 2000),
		Parts:    or(l.Parts, 500),
		Depth:    or(l.Depth, 8),
		Pixels:   or(l.Pixels, 60_000_000),
		Memory:   or(l.Memory, 768<<20),
		Time:     or(l.Time, time.Minute),
		CPU:      or(l.CPU, 90*time.Second),
		OCRPages: or(l.OCRPages, 100),
		OCRTime:  or(l.OCRTime, time.Minute),
	}
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Validate returns all that is wrong with the limits, one error a field, named
// as in the configuration.
func (l Limits) Validate() error {
	var errs []error
	check := func(field string, v, low, high int64) {
		if v != 0 && (v < low || v > high) {
			errs = append(errs, fmt.Errorf("%s: %d is not between %d and %d", field, v, low, high))
		}
	}
	check("size", int64(l.Size), 1<<10, 1<<30)
	check("inflated", int64(l.Inflated), 1<<20, 16<<30)
	check("text", int64(l.Text), 1<<10, 256<<20)
	check("pages", int64(l.Pages), 1, 100_000)
	check("parts", int64(l.Parts), 1, 100_000)
	check("depth", int64(l.Depth), 1, 50)
	check("pixels", l.Pixels, 10_000, 1_000_000_000)
	check("memory", int64(l.Memory), 128<<20, 16<<30)
	check("ocr_pages", int64(l.OCRPages), 1, 100_000)
	for _, d := range []struct {
		field string
		v     time.Duration
	}{{"time", l.Time}, {"cpu", l.CPU}, {"ocr_time", l.OCRTime}} {
		if d.v != 0 && (d.v < time.Second || d.v > time.Hour) {
			errs = append(errs, fmt.Errorf("%s: %s is not between 1s and 1h", d.field, d.v))
		}
	}
	return errors.Join(errs...)
}

// Bytes is a size in a configuration: a number of bytes, or one with a unit of
// 1,024 or its powers, such as "50 MB" or "512KB".
type Bytes int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	shift := 0
	for i, unit := range []string{"KB", "MB", "GB"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s, shift = strings.TrimSpace(rest), 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " B"), 10, 64)
	if err != nil || n < 0 || n > 1<<40>>shift {
		return fmt.Errorf("%q is not a size such as 50 MB", text)
	}
	*b = Bytes(n << shift)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String returns the size as a person in an office writes it: "50 MB".
func (b Bytes) String() string {
	switch {
	case b >= 1<<20 && b%(1<<20) == 0:
		return fmt.Sprintf("%d MB", b>>20)
	case b >= 1<<10 && b%(1<<10) == 0:
		return fmt.Sprintf("%d KB", b>>10)
	}
	return fmt.Sprintf("%d B", int64(b))
}
