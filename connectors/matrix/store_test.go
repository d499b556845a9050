package matrix

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"

	"amtsbote/bots"
)

func fileConfig(t *testing.T) Config {
	return Config{Server: "https://matrix.test", User: "@bot:test", Key: bots.NewSecret("ein Schlüssel für Tests"), Dir: t.TempDir()}.filled()
}

func testFile(t *testing.T, cfg Config) *deviceFile {
	t.Helper()
	d, err := openFile(t.Context(), cfg, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.close() })
	return d
}

// TestSessionKept keeps the device over a restart; new tokens leave the rest of it
// alone.
func TestSessionKept(t *testing.T) {
	cfg := fileConfig(t)
	if _, err := openFile(t.Context(), cfg, false); !errors.Is(err, errNoSession) {
		t.Errorf("no file: %v", err)
	}
	if _, err := os.Stat(cfg.File); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made a file: %v", err)
	}
	d := testFile(t, cfg)
	if _, err := d.session(t.Context()); !errors.Is(err, errNoSession) {
		t.Errorf("empty file: %v", err)
	}
	if err := d.saveTokens(t.Context(), session{Token: "x"}); !errors.Is(err, errNoSession) {
		t.Errorf("tokens without a device: %v", err)
	}
	s := session{User: "@bot:test", Device: "A", Token: "t1", Refresh: "r1", Recovery: "key", Seeds: &crypto.CrossSigningSeeds{MasterKey: []byte{1}}}
	if err := d.save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := d.update(t.Context(), func(s *session) { s.Ready = true }); err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(time.Hour)
	if err := d.saveTokens(t.Context(), session{Token: "t2", Refresh: "r2", Expires: until}); err != nil {
		t.Fatal(err)
	}
	d.close()
	got := testFile(t, cfg).mustSession(t)
	if got.Token != "t2" || got.Refresh != "r2" || !got.Expires.Equal(until) || got.Recovery != "key" || !got.Ready || got.Device != "A" ||
		got.Seeds == nil || len(got.Seeds.MasterKey) != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestSessionSealed cannot be read with another key, or after somebody changed it.
func TestSessionSealed(t *testing.T) {
	cfg := fileConfig(t)
	d := testFile(t, cfg)
	if err := d.save(t.Context(), session{User: "@bot:test", Device: "A", Token: "t"}); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.Key = bots.NewSecret("ein anderer Schlüssel")
	if _, err := testFile(t, other).session(t.Context()); err == nil || !strings.Contains(err.Error(), "set key to the one") {
		t.Errorf("another key: %v", err)
	}
	for _, damaged := range []string{"zeroblob(40)", "x'00'", "substr(value, 2)"} {
		if _, err := d.db.Exec(t.Context(), "UPDATE amtsbote_session SET value = "+damaged); err != nil {
			t.Fatal(err)
		}
		if got, err := d.session(t.Context()); err == nil || got.Token != "" {
			t.Errorf("%s: got %+v, %v", damaged, got, err)
		}
	}
}

// TestNoDevice tells a connector without a device what to do, once.
func TestNoDevice(t *testing.T) {
	cfg := fileConfig(t)
	_, err := openAccount(t.Context(), cfg)
	refusal(t, err, "run amtsbote matrix login matrix")
	d := testFile(t, cfg)
	_, err = openAccount(t.Context(), cfg)
	refusal(t, err, "run amtsbote matrix login matrix")
	if err := d.save(t.Context(), session{User: "@bot:test", Device: "A"}); err != nil { // a login that was broken off
		t.Fatal(err)
	}
	_, err = openAccount(t.Context(), cfg)
	refusal(t, err, "run amtsbote matrix login matrix")
	if err := d.save(t.Context(), session{User: "@other:test", Device: "A", Token: "t"}); err != nil {
		t.Fatal(err)
	}
	if _, err = openAccount(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "is of @other:test") {
		t.Errorf("somebody else's file: %v", err)
	}
}

// TestMoveAside leaves nothing of an old device where a new one comes, and nothing
// of it is lost.
func TestMoveAside(t *testing.T) {
	cfg := fileConfig(t)
	if old, err := moveAside(cfg.File, time.Now()); old != "" || err != nil {
		t.Errorf("no file: %q, %v", old, err)
	}
	d := testFile(t, cfg) // open: SQLite's own files lie beside it
	if err := d.save(t.Context(), session{User: "@bot:test", Device: "A", Token: "t"}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	old, err := moveAside(cfg.File, now)
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(cfg.File + "*")
	if err != nil || len(left) != 3 || left[0] != old {
		t.Errorf("there are %v, %v", left, err)
	}
	if _, err := testFile(t, cfg).session(t.Context()); !errors.Is(err, errNoSession) {
		t.Errorf("the new file: %v", err)
	}
	if _, err := moveAside(cfg.File, now); err == nil {
		t.Error("an old file was overwritten")
	}
	was := cfg
	was.File = old
	if got := testFile(t, was).mustSession(t); got.Device != "A" {
		t.Errorf("the old file has %+v", got)
	}
}

// TestKeyStoreFailure notices keys that could not be written.
func TestKeyStoreFailure(t *testing.T) {
	k := &keyStore{}
	first := errors.New("disk full")
	_ = k.note(nil)
	if err := k.failure(); err != nil {
		t.Errorf("got %v", err)
	}
	_, _ = k.note(first), k.note(errors.New("later"))
	if err := k.failure(); !errors.Is(err, first) {
		t.Errorf("got %v", err)
	}
	if err := k.failure(); err != nil {
		t.Errorf("told twice: %v", err)
	}
}
