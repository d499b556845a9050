package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amtsbote/skills/llm/llmtest"
)

// TestEvalStarter runs the set that comes with the program on the built-in engine:
// what needs no model passes, what needs one is counted as skipped.
func TestEvalStarter(t *testing.T) {
	got := call(t, "", "eval", "--strict", "--json", "--save", filepath.Join(t.TempDir(), "run.json"))
	if got.code != 0 {
		again := call(t, "", "eval", "--save", filepath.Join(t.TempDir(), "run.json"))
		t.Fatalf("got %d: %s\n%s", got.code, got.err, again.stdout)
	}
	run := evalRun(t, got)
	passed, skills := 0, map[string]int{}
	for _, c := range run.Cases {
		skills[c.Skill]++
		switch {
		case c.State == "passed":
			passed++
		case c.State != "skipped" || c.Why == "":
			t.Errorf("%+v", c)
		}
	}
	if passed < 70 || len(run.Cases) < 110 {
		t.Errorf("%d of %d cases passed", passed, len(run.Cases))
	}
	for skill := range run.Instructions {
		if skills[skill] < 4 {
			t.Errorf("the starter set has %d cases for %s", skills[skill], skill)
		}
	}
	t.Logf("%d of %d cases run on the built-in engine, all passed", passed, len(run.Cases))
}

type evalJSON struct {
	Model, Place string
	Instructions map[string]string
	Cases        []struct {
		Name, Skill, State, Why string
		Tokens_in, Tokens_out   int
		Faults                  []struct{ Check string }
	}
	Worse []string
}

func evalRun(t *testing.T, got result) (run evalJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.stdout), &run); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	return run
}

const evalSet = `now: 2026-11-28T10:00:00+01:00
cases:
- name: gebühr
  requires: model
  by: chat
  text: Wie hoch ist die Gebühr, und bis wann ist sie zu zahlen?
  files: [bescheid.pdf]
  must: ["EUR 148,50", "04.12.2026"]
  must_not: ["5. Januar 2027"]
  sources: [{file: bescheid.pdf, page: 1}]
  length: {words: 35}
- name: ohne modell
  requires: none
  text: Was ist ein Verwaltungsakt?
  must: [Sprachmodell]
`

// TestEvalModel has a scripted server answer: a good answer passes, and each way to
// be worse is seen, makes the exit code 6, and stays seen until it is accepted.
func TestEvalModel(t *testing.T) {
	server := llmtest.NewServer(t, llmtest.Options{})
	t.Setenv("AMTSBOTE_MODEL_URL", server.URL)
	t.Setenv("AMTSBOTE_MODEL", "geheimmodell")
	dir := t.TempDir()
	notice, err := os.ReadFile("../../skills/eval/cases/files/bescheid.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"cases.yaml": []byte(evalSet), "bescheid.pdf": notice} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const good = "Die Gebühr beträgt 148,50 Euro und ist bis zum 4. Dezember 2026 zu zahlen (bescheid.pdf, S. 1)."
	run := func(answer string, args ...string) result {
		server.Answer(func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: answer} })
		return call(t, "", append([]string{"eval", "--json", dir}, args...)...)
	}
	tests := []struct{ name, answer, check string }{
		{"a fact missed", "Die Gebühr beträgt 148,50 Euro (bescheid.pdf, S. 1).", "must"},
		{"a fact added", good + " Eine Mahnung folgt am 5. Januar 2027.", "must_not"},
		{"another page", strings.ReplaceAll(good, "S. 1", "S. 3"), "sources"},
		{"no source", strings.ReplaceAll(good, " (bescheid.pdf, S. 1)", ""), "sources"},
		{"too long", good + " Das Amt hilft Ihnen gern. Es bittet um Geduld. Vieles hängt davon ab, wann die Unterlagen aus den anderen Ämtern kommen, wie schnell die Kasse arbeitet und ob alle Angaben stimmen.", "length.words"},
	}
	first := run(good)
	got := evalRun(t, first)
	if first.code != 0 || got.Model != "geheimmodell" || got.Place == "" || got.Cases[0].State != "passed" || got.Cases[0].Tokens_in == 0 || got.Cases[0].Tokens_out == 0 || got.Cases[1].State != "skipped" {
		t.Fatalf("a good answer: %+v", first)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 2 { // the second run must not make it disappear
				bad := run(test.answer)
				got := evalRun(t, bad)
				if bad.code != exitWorse || len(got.Worse) != 1 || len(got.Cases[0].Faults) != 1 || got.Cases[0].Faults[0].Check != test.check {
					t.Errorf("got %+v", bad)
				}
			}
			if good := run(good); good.code != 0 {
				t.Errorf("mended: %+v", good)
			}
		})
	}
	kept, err := os.ReadFile(filepath.Join(dir, "last-run.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Gebühr", "148", "Dezember", "bescheid"} {
		if strings.Contains(string(kept), secret) {
			t.Errorf("%q was kept", secret)
		}
	}
	if accepted := run(tests[0].answer, "--accept"); accepted.code != 0 {
		t.Errorf("accepted: %+v", accepted)
	}
	if after := run(tests[0].answer); after.code != 0 || len(evalRun(t, after).Worse) != 0 {
		t.Errorf("after it was accepted: %+v", after)
	}
	if strict := run(tests[0].answer, "--strict"); strict.code != exitWorse {
		t.Errorf("strict: %+v", strict)
	}
	if engine := run(good, "--model", "none"); engine.code != 0 || evalRun(t, engine).Cases[0].State != "skipped" || evalRun(t, engine).Cases[1].State != "passed" {
		t.Errorf("without the model: %+v", engine)
	}
	if down := llmDown(t, server, dir); down.code != exitError || !strings.Contains(down.err, "ended in an error") {
		t.Errorf("the server refuses: %+v", down)
	}
}

// llmDown runs the set with a server that refuses the key.
func llmDown(t *testing.T, server *llmtest.Server, dir string) result {
	server.Answer(func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Status: 401, Message: "key"} })
	return call(t, "", "eval", dir)
}

// TestEvalTable is what a person reads: head, figures, deltas, and where to look.
func TestEvalTable(t *testing.T) {
	set := file(t, "probe.yaml", "cases:\n- {name: hilfe, by: help, text: '!hilfe', must: [Zusammenfassung]}\n- {name: fehlt, by: help, text: '!hilfe',\n   must: [Geheimwort]}\n- {name: später, needs: [malen], text: '!malen', must: [Bild]}\n")
	first := call(t, "", "eval", set)
	for _, want := range []string{"probe.yaml, 3 cases", "built-in engine", "summary 2", "compared with nothing", "failed\n  fehlt (probe.yaml:3): must[1] (line 4)", "1: there is no skill malen"} {
		if !strings.Contains(first.stdout, want) {
			t.Errorf("no %q in\n%s", want, first.stdout)
		}
	}
	if first.code != 0 || strings.Contains(first.stdout, "Geheimwort") {
		t.Errorf("got %+v", first)
	}
	text, err := os.ReadFile(set)
	if err == nil {
		err = os.WriteFile(set, bytes.Replace(text, []byte("Geheimwort"), []byte("Programm"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	second := call(t, "", "eval", set)
	for _, want := range []string{"the set has changed since", "2 (+1)", "0 (-1)", "better: passes now\n  fehlt"} {
		if !strings.Contains(second.stdout, want) {
			t.Errorf("no %q in\n%s", want, second.stdout)
		}
	}
	against := call(t, "", "eval", set, "--against", strings.TrimSuffix(set, ".yaml")+".last-run.json", "--save", filepath.Join(t.TempDir(), "x.json"))
	if against.code != 0 || strings.Contains(against.stdout, "better") {
		t.Errorf("got %+v", against)
	}
}

// TestEvalWrong: what is wrong is said before anything runs, and nothing is lost.
func TestEvalWrong(t *testing.T) {
	good := file(t, "gut.yaml", "cases: [{name: a, text: '!hilfe', must: [Zusammenfassung]}]\n")
	bad := file(t, "schlecht.yaml", "cases:\n- {name: a, text: x, musst: [y]}\n")
	if err := os.WriteFile(strings.TrimSuffix(bad, ".yaml")+".last-run.json", []byte(`{"format":1,"cases":[{"name":"a","good":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	config := file(t, "config.yaml", "models: [{name: Offen, url: 'https://a.example', model: m, class: public, place: anderswo}]\nbots: [{name: bot, class: internal, models: [Offen], access: {allow: [stadt.example]}}]\n")
	tests := map[string]struct {
		args []string
		code int
		err  string
	}{
		"a model that may not":    {[]string{good, "-c", config, "--model", "Offen"}, exitUsage, "may not see"},
		"a set that is not there": {[]string{"/nowhere"}, exitError, "no such file"},
		"a set with a fault":      {[]string{bad}, exitConfig, "schlecht.yaml:2: field musst not found"},
		"an empty folder":         {[]string{t.TempDir()}, exitConfig, "no .yaml file"},
		"no such run":             {[]string{good, "--against", "/nowhere.json"}, exitError, "no earlier run: /nowhere.json"},
		"no run":                  {[]string{good, "--against", bad}, exitError, "is no earlier run"},
		"no such model":           {[]string{good, "--model", "x"}, exitUsage, `no model "x"`},
		"texts into a pipe":       {[]string{good, "--show"}, exitUsage, "only to a terminal"},
		"nowhere to keep it":      {[]string{good, "--save", "/nowhere/x.json"}, exitError, "keep the run"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := call(t, "", append([]string{"eval"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.err, test.err) {
				t.Errorf("got %+v", got)
			}
		})
	}
	kept, err := os.ReadFile(strings.TrimSuffix(bad, ".yaml") + ".last-run.json")
	if err != nil || !strings.Contains(string(kept), `"good":true`) {
		t.Errorf("the last run of a set that became bad: %s, %v", kept, err)
	}
}

// TestEvalStopped: what was done before Ctrl-C is printed and kept.
func TestEvalStopped(t *testing.T) {
	server := llmtest.NewServer(t, llmtest.Options{})
	t.Setenv("AMTSBOTE_MODEL_URL", server.URL)
	set := file(t, "probe.yaml", "cases:\n- {name: eins, by: chat, text: 'Was ist eine Satzung?', must: [Regel]}\n- {name: zwei, by: chat, text: 'Was ist ein Erlass?', must: [Regel]}\n")
	ctx, stop := context.WithCancel(t.Context())
	server.Answer(func(r llmtest.Request) llmtest.Reply {
		if strings.Contains(r.Last(), "Erlass") {
			stop()
			return llmtest.Reply{Fault: llmtest.Hang}
		}
		return llmtest.Reply{Text: "Das ist eine Regel für alle."}
	})
	var out, errs bytes.Buffer
	code := command(&env{ctx: ctx, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}, []string{"eval", "--parallel", "1", set})
	if code != exitError || !strings.Contains(out.String(), "stopped before the end\n  zwei") || !strings.Contains(out.String(), "chat   2      1") || !strings.Contains(errs.String(), "1 cases have not run") {
		t.Errorf("got %d:\n%s\n%s", code, out.String(), errs.String())
	}
	kept, err := os.ReadFile(strings.TrimSuffix(set, ".yaml") + ".last-run.json")
	if err != nil || !strings.Contains(string(kept), `"good": true`) {
		t.Errorf("kept: %s, %v", kept, err)
	}
}
