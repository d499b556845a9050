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

// TestMain lets the reader of documents start this binary as its child.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}

// What the frozen letters must reach, in per cent.
const (
	frozenSplit = 98
	frozenAuto  = 100
)

// TestFrozenLetters measures the reader on letters that it was never tuned by:
// testdata/frozen was written without knowledge of the splitter and before the
// first run. It prints figures only, never which letter failed, so that they
// stay honest. AMTSBOTE_TEST_FROZEN=show names the failures: it is for finding
// faulty expectations, never for tuning the splitter.
//
// An expectation is a .want file of lines "key: value"; "#" begins a comment.
//
//	way: forward (by Petra Lindner) or watched (a functional mailbox)
//	auto: what kind of automatic mail this is; no letter may come of it
//	note:, not-in-note: words that the note has and has not; "-": no note
//	letters: how many; then for each a line "letter" and
//	from: the address, or the name where the mail has no address
//	to:   the addresses of the reply; "-": none
//	subject:, salutation: exactly; "|" separates what is equally right
//	body-begins:, body-ends:, body-has:, not-in-body: words, spaces do not count
//	file:, no-file: what the list of files names, and what not (logos)
//	unsure: no, allowed, required
func TestFrozenLetters(t *testing.T) {
	paths, err := filepath.Glob("testdata/frozen/*.eml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no frozen letters: %v", err)
	}
	r := document.New(document.Options{Tesseract: "none", Log: slog.New(slog.DiscardHandler)})
	defer r.Close()
	var n frozenCount
	for _, path := range paths {
		n.mail(t, r, path)
	}
	t.Log(n.String())
	if show := os.Getenv("AMTSBOTE_TEST_FROZEN"); show == "show" {
		t.Log("\n" + strings.Join(n.misses, "\n"))
	}
	if n.split.below(frozenSplit) || n.auto.below(frozenAuto) || n.files.below(100) || n.guessed > 0 {
		t.Error("the frozen letters are not read well enough")
	}
}

// A rate is how many of how many were right.
type rate struct{ hits, of int }

func (r *rate) count(ok bool) {
	r.of++
	if ok {
		r.hits++
	}
}

func (r rate) below(percent int) bool { return r.of == 0 || r.hits*100 < percent*r.of }

func (r rate) String() string {
	return fmt.Sprintf("%d/%d (%.1f %%)", r.hits, r.of, 100*float64(r.hits)/float64(max(1, r.of)))
}

type frozenCount struct {
	split, auto, salutation, files, logos rate
	guessed                               int // salutations with a gender that nothing in the letter says
	misses                                []string
}

func (n *frozenCount) String() string {
	return fmt.Sprintf("frozen: split and attribution %v, automatic left alone %v, salutation %v (%d by gender guess), attachments listed %v, logos kept out %v",
		n.split, n.auto, n.salutation, n.guessed, n.files, n.logos)
}

// miss notes a failure for AMTSBOTE_TEST_FROZEN=show.
func (n *frozenCount) miss(path, what string, got any) {
	n.misses = append(n.misses, fmt.Sprintf("%s: %s: got %q", filepath.Base(path), what, fmt.Sprint(got)))
}

// mail reads a frozen mail and counts what was right.
func (n *frozenCount) mail(t *testing.T, r *document.Reader, path string) {
	want := readFrozen(t, strings.TrimSuffix(path, ".eml")+".want")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := r.Read(t.Context(), filepath.Base(path), bytes.NewReader(raw))
	if err != nil {
		n.miss(path, "read", err)
	}
	opt := Options{
		Own:      []string{"musterstadt.example"},
		Forms:    []Form{{From: "formular@musterstadt.example"}},
		Scanners: []string{"kopierer@musterstadt.example"},
	}
	if want.one("way") == "watched" {
		opt.Watched = true
	} else {
		opt.Sender = "petra.lindner@musterstadt.example"
	}
	got := Read(doc, opt)
	if want.has("auto") {
		ok := got.Skip != "" && len(got.Letters) == 0
		n.auto.count(ok)
		if !ok {
			n.miss(path, "automatic", got.Skip)
		}
		return
	}
	n.letters(path, want, got)
}

// letters compares the letters of a mail. A wrong note, or a wrong number of
// letters, makes all letters of the mail wrong.
func (n *frozenCount) letters(path string, want frozenWant, got Mail) {
	bad := ""
	if note := squeeze(got.Note); got.Skip != "" {
		bad = "skipped: " + got.Skip
	} else if len(got.Letters) != len(want.letters) {
		bad = fmt.Sprintf("%d letters", len(got.Letters))
	} else if !want.words("note", "not-in-note", note) {
		bad = "note: " + note
	}
	if bad != "" {
		n.miss(path, "mail", bad)
	}
	for i, w := range want.letters {
		if i >= len(got.Letters) {
			n.split.count(false)
			n.salutation.count(false)
			n.list(path, w, Letter{})
			continue
		}
		l := got.Letters[i]
		wrong := w.wrong(l)
		n.split.count(bad == "" && wrong == "")
		if wrong != "" {
			n.miss(path, wrong, fmt.Sprintf("%+v %+v unsure=%v %q", l.Head.From, l.To, l.Unsure, l.Body))
		}
		n.salute(path, w, l)
		n.list(path, w, l)
	}
}

func (n *frozenCount) salute(path string, want frozenWant, l Letter) {
	got := l.Person.Salutation(l.Language)
	choices := want.choices("salutation")
	ok := slices.Contains(choices, got)
	n.salutation.count(ok)
	if !ok {
		n.miss(path, "salutation "+want.one("salutation"), got)
	}
	if g := gendered(got); g != "" && !slices.ContainsFunc(choices, func(c string) bool { return gendered(c) == g }) {
		n.guessed++
	}
}

// list counts the files that the brief must name, and the logos that it must not.
func (n *frozenCount) list(path string, want frozenWant, l Letter) {
	listed := func(name string) bool {
		return slices.ContainsFunc(l.Files, func(f File) bool { return f.Name == name })
	}
	for _, name := range want.all("file") {
		n.files.count(listed(name))
		if !listed(name) {
			n.miss(path, "file "+name, len(l.Files))
		}
	}
	for _, name := range want.all("no-file") {
		n.logos.count(!listed(name))
		if listed(name) {
			n.miss(path, "no-file "+name, len(l.Files))
		}
	}
}

// gendered returns "f" or "m" for a salutation that names a gender.
func gendered(salutation string) string {
	for _, word := range strings.Fields(salutation) {
		switch word {
		case "Frau", "Ms", "Mrs", "Mrs.", "Ms.":
			return "f"
		case "Herr", "Mr", "Mr.", "geehrter":
			return "m"
		}
	}
	return ""
}

// frozenKeys are the keys of expectations; a mistyped one would expect nothing.
var frozenKeys = []string{"way", "auto", "note", "not-in-note", "letters", "from", "to", "subject", "salutation",
	"body-begins", "body-ends", "body-has", "not-in-body", "file", "no-file", "unsure"}

// frozenWant is what a person expects of a mail or of one of its letters.
type frozenWant struct {
	values  map[string][]string
	letters []frozenWant
}

func (w frozenWant) has(key string) bool       { return len(w.values[key]) > 0 }
func (w frozenWant) all(key string) []string   { return w.values[key] }
func (w frozenWant) one(key string) string     { return strings.Join(w.values[key], " ") }
func (w frozenWant) choices(k string) []string { return strings.Split(w.one(k), " | ") }

// words reports whether a text has all words of one key and none of another;
// "-" stands for an empty text.
func (w frozenWant) words(has, hasNot, text string) bool {
	for _, words := range w.all(has) {
		if words == "-" && text != "" || words != "-" && !strings.Contains(text, words) {
			return false
		}
	}
	return !slices.ContainsFunc(w.all(hasNot), func(words string) bool { return strings.Contains(text, words) })
}

// wrong returns the first thing that is wrong about the split or attribution of
// a letter, or "".
func (w frozenWant) wrong(l Letter) string {
	body := squeeze(l.Body)
	switch {
	case w.has("from") && !slices.ContainsFunc(w.choices("from"), func(c string) bool { return isFrom(l, c) }):
		return "from"
	case w.has("to") && !sameAddresses(l, w.one("to")):
		return "to"
	case w.has("subject") && squeeze(l.Head.Subject) != w.one("subject"):
		return "subject " + l.Head.Subject
	case !strings.HasPrefix(body, w.one("body-begins")):
		return "body-begins"
	case !strings.HasSuffix(body, w.one("body-ends")):
		return "body-ends"
	case !w.words("body-has", "not-in-body", body):
		return "body"
	case w.one("unsure") == "no" && l.Unsure, w.one("unsure") == "required" && !l.Unsure:
		return "unsure"
	}
	return ""
}

// isFrom reports whether a letter is from an address, or from a name without one.
func isFrom(l Letter, want string) bool {
	if len(l.Head.From) == 0 {
		return false
	}
	from := l.Head.From[0]
	if strings.Contains(want, "@") {
		return strings.EqualFold(from.Email, want)
	}
	return from.Email == "" && from.Name == want
}

func sameAddresses(l Letter, want string) bool {
	var got []string
	for _, a := range l.To {
		if a.Email != "" {
			got = append(got, strings.ToLower(a.Email))
		}
	}
	if want == "-" {
		return len(got) == 0
	}
	return slices.Equal(got, strings.Split(want, ", "))
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

func readFrozen(t *testing.T, path string) frozenWant {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w := frozenWant{values: map[string][]string{}}
	at := &w
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, ": ")
		switch {
		case line == "" || line[0] == '#':
		case line == "letter":
			w.letters = append(w.letters, frozenWant{values: map[string][]string{}})
			at = &w.letters[len(w.letters)-1]
		case ok && slices.Contains(frozenKeys, key):
			at.values[key] = append(at.values[key], value)
		default:
			t.Fatalf("%s: %q", path, line)
		}
	}
	if !w.has("auto") && w.one("letters") != fmt.Sprint(len(w.letters)) {
		t.Fatalf("%s: not %s letters", path, w.one("letters"))
	}
	return w
}
