package letter

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amtsbote/skills/document"
)

// truth is what somebody who has read a letter of the corpus says of it, in its
// header: X-Author, X-Starts and X-Ends for each letter to answer, X-Note, X-Skip,
// X-Unsure. Letters without it are held by their .want alone.
type truth struct {
	known, skip, unsure  bool
	note                 string
	authors, starts, end []string
}

func truthOf(raw []byte) truth {
	var want truth
	head, _, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "X-Skip":
			want.skip, want.known = true, true
		case "X-Unsure":
			want.unsure = true
		case "X-Note":
			want.note, want.known = value, true
		case "X-Author":
			want.authors, want.known = append(want.authors, value), true
		case "X-Starts":
			want.starts = append(want.starts, value)
		case "X-Ends":
			want.end = append(want.end, value)
		}
	}
	return want
}

// errors returns what is wrong with how a mail was split and attributed.
func (want truth) errors(m Mail) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if (m.Skip != "") != want.skip {
		bad("left alone: %q", m.Skip)
	}
	if got := strings.ReplaceAll(m.Note, "\n\n", " | "); got != want.note {
		bad("note %q, want %q", got, want.note)
	}
	if len(m.Letters) != len(want.authors) {
		bad("%d letters, want %d", len(m.Letters), len(want.authors))
		return wrong
	}
	unsure := false
	for i, l := range m.Letters {
		unsure = unsure || l.Unsure
		if l.Unsure != slices.ContainsFunc(l.Warnings, func(w document.Warning) bool { return w.Code == "unsure" }) {
			bad("unsure without a warning, or a warning without it")
		}
		body := strings.Join(strings.Fields(l.Body), " ")
		if !strings.HasPrefix(body, want.starts[i]) || !strings.HasSuffix(body, want.end[i]) {
			bad("letter %d is %q", i+1, body)
		}
		var from, to document.Address
		if len(l.Head.From) > 0 {
			from = l.Head.From[0]
		}
		if len(l.To) > 0 {
			to = l.To[0]
		}
		author := want.authors[i]
		if got := from.Email; got != author && from.Name != author && (author != "-" || from != (document.Address{})) {
			bad("letter %d is by %q", i+1, got)
		}
		if strings.Contains(author, "@") && to.Email != author && author != "thomas.berger@musterstadt.example" || !strings.Contains(author, "@") && to.Email != "" {
			bad("letter %d is to %q", i+1, to.Email)
		}
	}
	if unsure != want.unsure {
		bad("unsure: %t", unsure)
	}
	return wrong
}

// load reads a letter of the corpus: the small format of .txt, or a real .eml, in
// a child.
func load(t *testing.T, r *document.Reader, name string, raw []byte, opt *Options) document.Document {
	t.Helper()
	if filepath.Ext(name) == ".txt" {
		return parse(t, string(raw), opt)
	}
	doc, err := r.Read(t.Context(), filepath.Base(name), bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestCorpus prints how much of the open corpus is read right, and holds what was
// promised: 98 % split and attributed right, 100 % of automatic mails left alone,
// every file listed, no salutation by guess. UPDATE=1 rewrites the .want files.
func TestCorpus(t *testing.T) {
	names, err := filepath.Glob("testdata/letters/*.[te][xm][tl]")
	if err != nil || len(names) < 120 {
		t.Fatalf("%d letters, want 120 at least; %v", len(names), err)
	}
	r := document.New(document.Options{Log: slog.New(slog.DiscardHandler)})
	defer func() { _ = r.Close() }()
	var n, right, auto, alone, files, listed, letters, greeted int
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		opt := office()
		doc := load(t, r, name, raw, &opt)
		m := Read(doc, opt)
		got, want := show(m), truthOf(raw)
		base := filepath.Base(name)
		golden(t, strings.TrimSuffix(name, filepath.Ext(name))+".want", got)
		wrong := []string{}
		if want.known {
			wrong = want.errors(m)
		} else {
			want.skip = m.Skip != "" // as the .want says
		}
		if n++; len(wrong) == 0 {
			right++
		}
		for _, w := range wrong {
			t.Errorf("%s: %s", base, w)
		}
		if want.skip {
			if auto++; m.Skip != "" {
				alone++
			}
		}
		f, l := filesOf(doc, m)
		files, listed = files+f, listed+l
		if f != l && m.Skip == "" {
			t.Errorf("%s: %d of %d files listed", base, l, f)
		}
		for _, l := range m.Letters {
			letters++
			if s := l.Person.Salutation(l.Language); l.Person.Gender == "" || l.Person.Why.DE != "" {
				greeted++
			} else {
				t.Errorf("%s: %q says nobody", base, s)
			}
		}
	}
	rate := func(a, b int) string {
		return fmt.Sprintf("%d of %d (%.1f %%)", a, b, 100*float64(a)/float64(max(b, 1)))
	}
	t.Logf("split and attributed right: %s; automatic mails left alone: %s; files listed: %s; salutations with evidence or without gender: %s",
		rate(right, n), rate(alone, auto), rate(listed, files), rate(greeted, letters))
	if right*100 < 98*n {
		t.Errorf("split and attributed right: %s, want 98 %%", rate(right, n))
	}
}

// filesOf counts the files of a mail and how many of them its letters list. A mail
// that is itself a letter counts by its own files.
func filesOf(doc document.Document, m Mail) (files, listed int) {
	if m.Skip != "" || len(m.Letters) == 0 {
		return 0, 0
	}
	for _, l := range m.Letters {
		listed += len(l.Files) + l.Logos
	}
	var count func(d document.Document)
	count = func(d document.Document) {
		for _, p := range flat(d.Parts) {
			if p.Doc != nil && p.Doc.Mail != nil && !slices.ContainsFunc(m.Letters[0].Files, func(f File) bool { return f.Doc == p.Doc }) {
				count(*p.Doc)
				continue
			}
			files++
		}
	}
	count(doc)
	if doc.Mail == nil {
		files++
	}
	return files, listed
}
