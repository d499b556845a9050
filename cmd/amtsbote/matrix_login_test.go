package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"amtsbote/connectors/matrix"
	"amtsbote/connectors/matrix/matrixtest"
)

// matrixConfig writes a configuration with an account on a server.
func matrixConfig(t *testing.T, s *matrixtest.Server, bot matrixtest.Account) (path, dir string) {
	dir = t.TempDir()
	t.Setenv("AMTSBOTE_MATRIX_KEY", "ein Schlüssel für den Test")
	return file(t, "config.yaml", fmt.Sprintf(`storage: bolt:%s/amtsbote.db
http: {listen: "off"}
bots:
- name: Amtsbote
  access: {allow: [localhost]}
  connectors:
    matrix:
    - {server: %q, user: %q, key: env:AMTSBOTE_MATRIX_KEY}
`, dir, s.URL, bot.UserID)), dir
}

// TestMatrixCommands makes a device, looks at it, replaces it and signs the new
// one. No secret is printed but the recovery key, and that once.
func TestMatrixCommands(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	bot := s.User(t, "amtsbote")
	cfg, dir := matrixConfig(t, s, bot)
	var printed strings.Builder
	run := func(code int, want, stdin string, args ...string) result {
		t.Helper()
		got := call(t, stdin, append(append([]string{"matrix"}, args...), "-c", cfg)...)
		if got.code != code || !strings.Contains(got.stdout+got.err, want) {
			t.Fatalf("%v: got %+v, want code %d and %q", args, got, code, want)
		}
		printed.WriteString(got.stdout + got.err)
		return got
	}
	run(exitError, "run amtsbote matrix login", "", "status")
	run(exitUsage, "name one of the Matrix accounts: matrix", "", "status", "anderes")
	run(exitUsage, "nothing on standard input", "", "login")
	run(exitUsage, "--password: a secret is written file:/path or env:NAME", "", "login", "--password", "hunter2")
	run(exitError, "refuses user or password", "falsch\n", "login")

	first := run(0, "The account's own keys have signed it.", bot.Password+"\n", "login", "matrix")
	key := regexp.MustCompile(`\n    ((?:\w{4} )+\w{1,4})\n`).FindStringSubmatch(first.stdout)
	if key == nil {
		t.Fatalf("no recovery key: %+v", first)
	}
	if _, err := os.Stat(filepath.Join(dir, "matrix-matrix.db")); err != nil {
		t.Error(err)
	}
	run(exitError, "has a device already", bot.Password, "login")
	run(0, "the device is signed", "", "status")
	var report matrix.StatusReport
	if err := json.Unmarshal([]byte(run(0, "", "", "status", "--json").stdout), &report); err != nil || !report.Signed || report.User != bot.UserID {
		t.Errorf("got %+v, %v", report, err)
	}

	second := run(0, "Never put it back", "", "login", "--new", "--password", "file:"+file(t, "password", bot.Password+"\n"))
	if !strings.Contains(second.stdout, "it is not signed: ") || strings.Contains(second.stdout, "recovery key, shown") {
		t.Errorf("got %+v", second)
	}
	run(exitServer, "the device is NOT signed", "", "status")
	run(exitError, "no recovery key, or it has a typing error", "Unsinn\n", "recover")
	run(0, "The device is signed", key[1]+"\n", "recover")
	run(0, "the device is signed", "", "status")
	if got := call(t, "", "check", "-c", cfg); !strings.Contains(got.stdout, "ok       matrix: device\n") {
		t.Errorf("check: %+v", got)
	}

	store, err := openStore(Config{Storage: "bolt:" + filepath.Join(dir, "amtsbote.db")})
	if err != nil {
		t.Fatal(err)
	}
	run(exitError, "the daemon runs; stop it first", bot.Password, "login", "--new")
	run(exitError, "the daemon runs; stop it first", key[1], "recover")
	run(0, "the device is signed", "", "status")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	s.LogoutAll(t, bot)
	run(exitServer, "has ended this device's session", "", "status")
	all := printed.String()
	if n := strings.Count(all, key[1]); n != 1 || strings.Contains(all, bot.Password) || strings.Contains(all, "hunter2") {
		t.Errorf("the recovery key was printed %d times, or a password was:\n%s", n, all)
	}
}
