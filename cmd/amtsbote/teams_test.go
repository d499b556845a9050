package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amtsbote/connectors/teams/teamstest"
)

// teamsConfig writes a configuration with bots in Teams, each given as the rest of a
// YAML mapping in one line.
func teamsConfig(t *testing.T, more string, rest ...string) string {
	t.Helper()
	t.Setenv("AMTSBOTE_TEAMS_SECRET", "geheim-hunter2")
	text := fmt.Sprintf("storage: bolt:%s/amtsbote.db\nbots:\n- name: Amtsbote\n  authority: Stadt Köln\n  access: {allow: [stadt.example]}\n%s  connectors:\n    teams:\n", t.TempDir(), more)
	for i, r := range rest {
		text += fmt.Sprintf("    - {app_id: 6f1c1c1e-0000-4000-8000-00000000000%d, tenant: 72f988bf-0000-4000-8000-000000000001, secret: env:AMTSBOTE_TEAMS_SECRET%s}\n", i, r)
	}
	return file(t, "config.yaml", text)
}

const teamsPages = ", website: https://www.stadt.example, privacy: https://www.stadt.example/datenschutz"

// manifestOf returns manifest.json of a package.
func manifestOf(t *testing.T, path string) (m struct {
	ID, Version string
	Name        struct{ Full string }
	Bots        []struct {
		BotID        string
		CommandLists []struct {
			Commands []struct{ Title, Description string }
		}
	}
	Authorization *struct{}
}) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTeamsManifest writes a package as the handbook says, with the commands of the
// skills that the bot has.
func TestTeamsManifest(t *testing.T) {
	out := filepath.Join(t.TempDir(), "amtsbote.zip")
	cfg := teamsConfig(t, "  skills: {off: [note]}\n", teamsPages)
	got := call(t, "", "teams", "manifest", "-c", cfg, "--address", "https://bote.stadt.example", "--app-version", "3.2.1", out)
	if got.code != 0 || got.err != "" || strings.Count(got.stdout, "\n") != 2 || !strings.Contains(got.stdout, "https://bote.stadt.example/teams/messages") ||
		!strings.Contains(got.stdout, "version 3.2.1") || !strings.Contains(got.stdout, "Upload new app") {
		t.Fatalf("got %+v", got)
	}
	m := manifestOf(t, out)
	if m.Version != "3.2.1" || m.Name.Full != "Amtsbote – Stadt Köln" || m.Bots[0].BotID != "6f1c1c1e-0000-4000-8000-000000000000" || m.Authorization != nil || !strings.Contains(got.stdout, m.ID) {
		t.Errorf("got %+v", m)
	}
	var titles []string
	for _, c := range m.Bots[0].CommandLists[0].Commands {
		titles = append(titles, c.Title)
		if c.Description == "" {
			t.Errorf("%s says nothing", c.Title)
		}
	}
	// Without a model there is no !formulieren and no !übersetzen; !vermerk is off.
	if want := []string{"!hilfe", "!zusammenfassung", "!antwort", "!einfach", "!recherche", "!löschen", "!info", "!neu"}; !slices.Equal(titles, want) {
		t.Errorf("got %q, want %q", titles, want)
	}
	first, err := os.ReadFile(out)
	if err != nil || bytes.Contains(first, []byte("hunter2")) {
		t.Errorf("the secret is in the package, %v", err)
	}

	again := call(t, "", "teams", "manifest", "-c", cfg, out)
	if now, err := os.ReadFile(out); again.code != exitUsage || !strings.Contains(again.err, "exists") || err != nil || !bytes.Equal(now, first) {
		t.Errorf("a file was written over: %+v, %v", again, err)
	}
	if got := call(t, "", "teams", "manifest", "-c", cfg, out+"2"); got.code != 0 || !strings.Contains(got.stdout, "address with /teams/messages") || manifestOf(t, out+"2").ID != m.ID {
		t.Errorf("got %+v", got)
	}
}

// TestTeamsManifestModel proposes what only a model can do where there is one.
func TestTeamsManifestModel(t *testing.T) {
	cfg := teamsConfig(t, "  models: [M]\n", teamsPages)
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg = file(t, "config.yaml", string(text)+"models:\n- {name: M, url: http://127.0.0.1:1/v1, model: m, place: hier, class: confidential}\n")
	out := filepath.Join(t.TempDir(), "a.zip")
	if got := call(t, "", "teams", "manifest", "-c", cfg, out); got.code != 0 {
		t.Fatalf("got %+v", got)
	}
	commands := fmt.Sprint(manifestOf(t, out).Bots[0].CommandLists)
	for _, want := range []string{"!vermerk", "!formulieren", "!übersetzen"} {
		if !strings.Contains(commands, want) {
			t.Errorf("got %s, want %s", commands, want)
		}
	}
}

func TestTeamsManifestFaults(t *testing.T) {
	two := []string{teamsPages, teamsPages + ", name: zweiter, graph: true"}
	tests := map[string]struct {
		cfg  string
		args []string
		code int
		want string
	}{
		"no bot in Teams":     {file(t, "config.yaml", "bots:\n- name: b\n  access: {allow: [a.example]}\n"), nil, exitUsage, "no bot in Teams"},
		"two":                 {teamsConfig(t, "", two...), nil, exitUsage, "--connector: teams, zweiter"},
		"one of two":          {teamsConfig(t, "", two...), []string{"--connector", "zweiter"}, 0, "/zweiter/messages"},
		"another name":        {teamsConfig(t, "", two...), []string{"--connector", "dritter"}, exitUsage, "--connector: teams, zweiter"},
		"no pages":            {teamsConfig(t, "", ""), nil, exitError, "website: missing"},
		"a bad address":       {teamsConfig(t, "", teamsPages), []string{"--address", "bote"}, exitError, `address: "bote" is not an https address`},
		"a bad version":       {teamsConfig(t, "", teamsPages), []string{"--app-version", "v1"}, exitUsage, `"v1" is not of the form 1.2.3`},
		"a bad configuration": {teamsConfig(t, "", ", cloud: mars"), nil, exitConfig, `"mars" is none of public`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "a.zip")
			got := call(t, "", append(append([]string{"teams", "manifest", "-c", test.cfg}, test.args...), out)...)
			if got.code != test.code || !strings.Contains(got.stdout+got.err, test.want) {
				t.Errorf("got %+v, want %d, %q", got, test.code, test.want)
			}
			if _, err := os.Stat(out); (err == nil) != (test.code == 0) {
				t.Errorf("file: %v", err)
			}
		})
	}
	if got := call(t, "", "teams", "manifest", "-c", teamsConfig(t, "", teamsPages), "/nowhere/a.zip"); got.code != exitError || !strings.Contains(got.err, "no such file") {
		t.Errorf("got %+v", got)
	}
}

// TestTeamsCheck: check speaks of the bot in Teams under its name, and a login that is
// refused is a server's fault, with the cure and without the secret.
func TestTeamsCheck(t *testing.T) {
	cloud := teamstest.Start(t)
	for secret, want := range map[string]struct {
		code int
		text string
	}{
		teamstest.Secret: {0, "ok       amt: keys of Bot Connector\nok       amt: token of the bot\nok       amt: token for Microsoft Graph\n"},
		"hunter2":        {exitServer, "FAILED   amt: token of the bot: "},
	} {
		t.Setenv("AMTSBOTE_TEAMS_SECRET", secret)
		cfg := file(t, "config.yaml", fmt.Sprintf("storage: bolt:%s/amtsbote.db\nbots:\n- name: Amtsbote\n  key: env:AMTSBOTE_TEAMS_SECRET\n  access: {allow: [stadt.example]}\n  connectors:\n    teams:\n    - {name: amt, graph: true, %s}\n",
			t.TempDir(), cloud.Config("env:AMTSBOTE_TEAMS_SECRET")))
		got := call(t, "", "check", "-c", cfg)
		if got.code != want.code || !strings.Contains(got.stdout, want.text) || strings.Contains(got.stdout+got.err, secret) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
