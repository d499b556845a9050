package main

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"amtsbote/bots"

	"amtsbote/skills/document"
)

var discard = slog.New(slog.DiscardHandler)

func TestRead(t *testing.T) {
	text := file(t, "brief.txt", "Sehr geehrte Frau Weiß,\n\nder Antrag wird abgelehnt.\n")
	garbage := file(t, "kaputt.pdf", "%PDF-1.7\nnichts")
	tests := map[string]struct {
		args           []string
		stdin          string
		code           int
		stdout, stderr string
	}{
		"text":                         {args: []string{text}, stdout: "der Antrag wird abgelehnt."},
		"standard input":               {args: []string{"-"}, stdin: "Grüße aus Köln", stdout: "Grüße aus Köln"},
		"JSON":                         {args: []string{"--json", text}, stdout: `"pages":[{"n":1,"text":"Sehr geehrte Frau Weiß`},
		"a damaged file":               {args: []string{garbage}, code: exitUnreadable, stderr: "kaputt.pdf: "},
		"a damaged file, JSON":         {args: []string{"--json", garbage}, code: exitUnreadable, stdout: `"code":"damaged"`},
		"others are read all the same": {args: []string{garbage, text}, code: exitUnreadable, stdout: "der Antrag wird abgelehnt."},
		"a file that is not there":     {args: []string{"/nowhere.txt"}, code: exitError, stderr: "no such file"},
		"others are read also then":    {args: []string{"/nowhere.txt", text}, code: exitError, stdout: "der Antrag wird abgelehnt.", stderr: "no such file"},
		"not there, JSON":              {args: []string{"--json", "/nowhere.txt"}, code: exitError, stdout: `"reason":"open /nowhere.txt: no such file`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := call(t, test.stdin, append([]string{"read"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.err, test.stderr) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestSkillDraft prints the object that other programs read.
func TestSkillDraft(t *testing.T) {
	got := call(t, "", "skill", "draft", "--json", "demo/widerspruch.eml")
	if got.code != 0 {
		t.Fatalf("got %+v", got)
	}
	var a struct {
		Skip, To, Language, Draft, Brief string
		Attachments                      []struct {
			Name, Reason string
			Read         bool
		}
		Warnings []string
	}
	if err := json.Unmarshal([]byte(got.stdout), &a); err != nil {
		t.Fatal(err)
	}
	if a.Skip != "" || a.Language != "de" || !strings.Contains(a.To, "jana.wieczorek@example.org") {
		t.Errorf("got skip %q, language %q, to %q", a.Skip, a.Language, a.To)
	}
	for _, want := range []string{"Sehr geehrte Frau Wieczorek", "[bitte ergänzen:"} {
		if !strings.Contains(a.Draft, want) {
			t.Errorf("the draft lacks %q:\n%s", want, a.Draft)
		}
	}
	for _, want := range []string{"Widerspruch", "25,00 €", "20,50 €", "Fahrzeugschein", "Rechenvorschlag"} {
		if !strings.Contains(a.Brief, want) {
			t.Errorf("the brief lacks %q:\n%s", want, a.Brief)
		}
	}
	if len(a.Attachments) != 2 || !a.Attachments[0].Read || a.Attachments[1].Read || !strings.Contains(a.Attachments[1].Reason, "Passwort") {
		t.Errorf("got attachments %+v", a.Attachments)
	}
}

func TestSkill(t *testing.T) {
	notice := file(t, "bescheid.txt", "Der Antrag wird abgelehnt. Die Gebühr beträgt 20,50 €. Widerspruch ist binnen eines Monats möglich.")
	tests := map[string]struct {
		args   []string
		stdin  string
		code   int
		stdout string
		stderr string
	}{
		"summary of a file":       {args: []string{"summary", notice}, stdout: "20,50 €"},
		"summary of input":        {args: []string{"summary", "-", "--text", "in zwei Sätzen"}, stdin: "Der Antrag wird abgelehnt. Die Gebühr beträgt 20,50 €.", stdout: "Ausgewertet:"},
		"in English":              {args: []string{"summary", "--language", "en", notice}, stdout: "Covered:"},
		"help":                    {args: []string{"help"}, stdout: "!zusammenfassung"},
		"an exported room":        {args: []string{"catchup", "../../skills/catchup/testdata/export.json"}, stdout: "Die Samstagsöffnung am 28.11. entfällt.“ [Fr 09:14](https://matrix.to/#/!buergerbuero:musterstadt.example/$dec?via=musterstadt.example)"},
		"for a person in it":      {args: []string{"catchup", "../../skills/catchup/testdata/export.json", "--as", "Anna Petersen", "--language", "en", "-t", "since Friday 10am"}, stdout: "**Addressed to you**\n- Thomas Berger:"},
		"for nobody in it":        {args: []string{"catchup", "../../skills/catchup/testdata/export.json", "--as", "Niemand"}, code: exitUnreadable, stderr: "kommt im Export nicht vor"},
		"an export to watch by":   {args: []string{"catchup", "../../skills/catchup/testdata/export.json", "-t", "Was hat Elif Kaya diese Woche gemacht?"}, code: exitUnreadable, stderr: "Überwachung"},
		"an export on input":      {args: []string{"catchup", "-"}, stdin: `{"messages": []}`, stdout: "niemand etwas geschrieben"},
		"a broken export":         {args: []string{"catchup", "-"}, stdin: `{"messages": [`, code: exitUnreadable, stderr: "kein vollständiges JSON"},
		"no export":               {args: []string{"catchup"}, code: exitUsage, stderr: "nothing to work on"},
		"two exports":             {args: []string{"catchup", notice, notice}, code: exitUsage, stderr: "one export at a time"},
		"no such skill":           {args: []string{"fliegen"}, code: exitUsage, stderr: "there are draft, summary"},
		"a question to a file":    {args: []string{"research", notice, "--text", "Wie hoch ist die Gebühr?"}, stdout: "20,50 €"},
		"nothing to work on":      {args: []string{"summary"}, code: exitUsage, stderr: "nothing to work on"},
		"an unreadable file":      {args: []string{"summary", file(t, "x.pdf", "%PDF-1.4 x")}, code: exitUnreadable, stderr: "„x.pdf“"},
		"an automatic mail":       {args: []string{"draft", "--json", file(t, "auto.eml", "From: a@b.example\r\nAuto-Submitted: auto-replied\r\nSubject: Abwesend\r\n\r\nBin weg.\r\n")}, stdout: `"draft": ""`},
		"labels in German":        {args: []string{"draft", "demo/widerspruch.eml"}, stdout: "\n---\nAn: Jana Wieczorek <jana.wieczorek@example.org>\nBetreff: AW:"},
		"labels in English":       {args: []string{"draft", "--language", "en", "demo/widerspruch.eml"}, stdout: "\n---\nTo: Jana Wieczorek <jana.wieczorek@example.org>\nSubject: AW:"},
		"nobody to address":       {args: []string{"draft", notice}, stdout: "\n---\nBetreff: AW:"},
		"a colleague's forward":   {args: []string{"draft", "--forwarded", "anna.petersen@musterstadt.example", "demo/weiterleitung.eml"}, stdout: "Deniz Öztürk"},
		"a configuration's skill": {args: []string{"help", "--config", file(t, "c.yaml", "bots:\n- name: Bürgi\n  access: {allow: [a.example]}\n")}, stdout: "**Bürgi**"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := call(t, test.stdin, append([]string{"skill"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.err, test.stderr) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestPrintAnswer: what a person must know stands below the answer, once.
func TestPrintAnswer(t *testing.T) {
	var b strings.Builder
	printAnswer(&b, bots.Answer{Text: bots.Say("Antwort. Beträge weichen ab."), Warnings: []bots.Text{{DE: "abgeschnitten", EN: "cut"}, {DE: "Beträge weichen ab."}}, Notice: bots.Notice{Plain: true}}, "de")
	if got, want := b.String(), "Antwort. Beträge weichen ab.\n\nHinweis: abgeschnitten\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestVersion(t *testing.T) {
	if got := call(t, "", "version"); got.code != 0 || !strings.HasPrefix(got.stdout, "amtsbote ") {
		t.Errorf("got %+v", got)
	}
}

func TestUnread(t *testing.T) {
	locked := &document.Reason{Code: document.Password}
	text := document.Document{Pages: []document.Page{{N: 1, Text: "Bescheid"}}}
	tests := map[string]struct {
		doc  document.Document
		want document.Code
	}{
		"text":                           {doc: text},
		"an empty file":                  {},
		"a scan":                         {document.Document{Pages: []document.Page{{N: 1, Unread: &document.Reason{Code: document.NoOCR}}}}, document.NoOCR},
		"a scan with one page of text":   {doc: document.Document{Pages: []document.Page{{N: 1, Unread: locked}, {N: 2, Text: "x"}}}},
		"an archive of locked files":     {document.Document{Parts: []document.Part{{Reason: locked}, {Reason: locked}}}, document.Password},
		"an archive with a file to read": {doc: document.Document{Parts: []document.Part{{Reason: locked}, {Doc: &text}}}},
		"a locked file two deep":         {document.Document{Parts: []document.Part{{Doc: &document.Document{Parts: []document.Part{{Reason: locked}}}}}}, document.Password},
		"a mail with a locked file":      {doc: document.Document{Pages: text.Pages, Parts: []document.Part{{Reason: locked}}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got document.Code
			if why := unread(test.doc); why != nil {
				got = why.Code
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
