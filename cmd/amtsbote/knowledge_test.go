package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/knowledge"
)

// TestKnowledge has the real daemon read a folder, answer from it, tell of it to
// operators, forget what is removed, and delete what is no longer configured.
func TestKnowledge(t *testing.T) {
	folder, data := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("reise.txt", "Dienstanweisung Dienstreisen\nStand: 01.02.2025\n\nDienstreisen genehmigt die Amtsleitung.")
	write("urlaub.txt", "Dienstanweisung Urlaub\nStand: 01.03.2025\n\nUrlaub wird zwei Wochen vorher beantragt.")
	write("leer.bin", "\x00\x01")
	text := fmt.Sprintf("storage: bolt:%s/bot.db\nhttp: {listen: 127.0.0.1:0}\nbots:\n- name: b\n  access: {allow: [a.example]}\n  skills: {knowledge: [{name: DA, folder: %s, every: 1s}]}\n", data, folder)
	config := file(t, "config.yaml", text)
	if got := call(t, "", "knowledge", "-c", config); got.code != 0 || !strings.Contains(got.stdout, "b: DA: not read yet") {
		t.Errorf("before the first start: %+v", got)
	}
	d, base, stop := runKnowledge(t, config)
	until(t, base, `amtsbote_knowledge_documents{bot="b",collection="DA",state="read"} 2`)
	until(t, base, `amtsbote_knowledge_documents{bot="b",collection="DA",state="unread"} 1`)
	if a := research(t, d, "Wer genehmigt Dienstreisen?"); !strings.Contains(a, "reise.txt, Stand 01.02.2025: „Dienstanweisung Dienstreisen Stand: 01.02.2025 Dienstreisen genehmigt die Amtsleitung.“") {
		t.Errorf("got %q", a)
	}
	got := call(t, "", "knowledge", "list", "-c", config)
	if !strings.Contains(got.stdout, "b: DA: 2 documents, 2 passages, 0 left") || !strings.Contains(got.stdout, "unread: leer.bin: ") {
		t.Errorf("list: %+v", got)
	}
	if got := call(t, "", "knowledge", "forget", "DA", "-c", config); got.code == 0 || !strings.Contains(got.err, "stop it first") {
		t.Errorf("forget while it runs: %+v", got)
	}
	if got := call(t, "", "knowledge", "rebuild", "Nix", "-c", config); got.code != exitUsage {
		t.Errorf("rebuild of nothing: %+v", got)
	}
	if got := call(t, "", "knowledge", "rebuild", "DA", "-c", config); got.code != 0 {
		t.Errorf("rebuild: %+v", got)
	}
	write("neu.txt", "Dienstanweisung Homeoffice: zwei Tage in der Woche.")
	until(t, base, `amtsbote_knowledge_documents{bot="b",collection="DA",state="read"} 3`)
	if err := os.Remove(filepath.Join(folder, "reise.txt")); err != nil {
		t.Fatal(err)
	}
	until(t, base, `amtsbote_knowledge_documents{bot="b",collection="DA",state="read"} 2`)
	if a := research(t, d, "Wer genehmigt Dienstreisen?"); strings.Contains(a, "Amtsleitung") {
		t.Errorf("of a removed file: %q", a)
	}
	if err := os.Rename(folder, folder+".weg"); err != nil {
		t.Fatal(err)
	}
	ready := func() string { return fetch(t, base+"/ready") }
	wait(t, "an alarm in /ready", func() bool { return strings.Contains(ready(), "collection DA") })
	stop()
	if got := call(t, "", "knowledge", "forget", "DA", "-c", config); got.code != 0 {
		t.Errorf("forget: %+v", got)
	}
	if left := entries(t, filepath.Join(data, "knowledge")); len(left) > 0 {
		t.Errorf("left after forget: %v", left)
	}
	if err := os.Rename(folder+".weg", folder); err != nil {
		t.Fatal(err)
	}
	_, base, stop = runKnowledge(t, config)
	until(t, base, `state="read"} 2`)
	stop()
	_, _, stop = runKnowledge(t, file(t, "without.yaml", strings.Split(text, "  skills:")[0]))
	wait(t, "the old index is deleted", func() bool { return len(entries(t, filepath.Join(data, "knowledge"))) == 0 })
	stop()
}

func runKnowledge(t *testing.T, config string) (d *daemon, base string, stop func()) {
	t.Helper()
	cfg, err := load(config)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = open(cfg, discard); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	addr, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- d.run(ctx, func(a string) { addr <- a }) }()
	base = "http://" + <-addr
	return d, base, func() {
		cancel()
		if err := errors.Join(<-done, d.close()); err != nil {
			t.Error(err)
		}
	}
}

func research(t *testing.T, d *daemon, question string) string {
	t.Helper()
	for _, s := range d.bots[0].Skills {
		if s.Info().Name == "research" {
			a, err := s.Do(t.Context(), bots.Task{Command: "suche", Text: question, Language: "de", Class: bots.Internal, Now: time.Now(),
				Message: bots.Message{ID: "1", Sender: "x@a.example", Direct: true}})
			if err != nil {
				t.Fatal(err)
			}
			return a.Text.DE
		}
	}
	t.Fatal("no skill")
	return ""
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func until(t *testing.T, base, metric string) {
	t.Helper()
	wait(t, metric, func() bool { return strings.Contains(fetch(t, base+"/metrics"), metric) })
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestKnowledgeClass: a collection whose class is more than the bot's is refused.
func TestKnowledgeClass(t *testing.T) {
	for class, want := range map[string]string{"class: confidential": "more than the bot's class internal", "class: internal": "", "name: DA": "another collection"} {
		extra := class
		if strings.HasPrefix(class, "name") {
			extra = "class: public}, {name: DA, folder: /srv/x"
		}
		config := file(t, "config.yaml", "bots:\n- name: b\n  access: {allow: [a.example]}\n  skills: {knowledge: [{name: DA, folder: /srv/da, "+extra+"}]}\n")
		got := call(t, "", "check", "--offline", "--json", "-c", config)
		var report checkReport
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, f := range report.Faults {
			text += f.Text
		}
		if (want == "") != report.OK || !strings.Contains(text, want) {
			t.Errorf("%s: %+v", class, report)
		}
	}
}

// TestKnowledgeList: the list says what was read only in part and that nothing is known
// of a walk yet, and no file name reaches the terminal as more than text.
func TestKnowledgeList(t *testing.T) {
	data := t.TempDir()
	config := file(t, "config.yaml", fmt.Sprintf("storage: bolt:%s/bot.db\nbots:\n- name: b\n  access: {allow: [a.example]}\n  skills: {knowledge: [{name: DA, folder: /srv/da}]}\n", data))
	st, err := json.Marshal(knowledge.State{Name: "DA", Documents: 1, Unread: []knowledge.Unread{{File: "Ü\x1b[2J.pdf"}, {File: "lang.pdf", Part: true}}})
	path := knowledge.StateFile(knowledge.Dir(filepath.Join(data, "knowledge"), "b", "DA"))
	if err := errors.Join(err, os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, st, 0o600)); err != nil {
		t.Fatal(err)
	}
	got := call(t, "", "knowledge", "-c", config)
	for _, want := range []string{"0 left to read, not read to the end", "  unread: Ü�[2J.pdf: ", "  read in part: lang.pdf: "} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %q", want, got.stdout)
		}
	}
}
