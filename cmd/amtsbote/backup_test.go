package main

import (
	"os"
	"path/filepath"
	"testing"

	"amtsbote/storage"
)

// TestBackup makes a copy that opens and has what the store has, and replaces the
// one before.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s, err := storage.OpenBolt(filepath.Join(dir, "bot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := &daemon{cfg: Config{Backup: filepath.Join(dir, "copy.db")}, log: discard, store: s}
	for _, value := range []string{"eins", "zwei"} {
		if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.Put("k", []byte(value), 0) }); err != nil {
			t.Fatal(err)
		}
		if err := d.backup(t.Context()); err != nil {
			t.Fatal(err)
		}
		copied, err := storage.OpenBolt(d.cfg.Backup)
		if err != nil {
			t.Fatal(err)
		}
		err = copied.View(t.Context(), func(tx storage.Tx) error {
			got, err := tx.Get("k")
			if string(got) != value {
				t.Errorf("got %q, want %q", got, value)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		copied.Close()
	}
	if info, err := os.Stat(d.cfg.Backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	d.cfg.Backup = filepath.Join(dir, "nowhere", "copy.db")
	if d.backup(t.Context()) == nil {
		t.Error("a backup that cannot be written is no error")
	}
}
