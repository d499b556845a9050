package redact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

// TestMain lets the tests read files in children, as the daemon does.
func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}

// none has no model.
type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

// memo is a bots.Memo.
type memo map[string][]byte

func (m memo) Get(_ context.Context, key string) ([]byte, error) { return m[key], nil }

func (m memo) Put(_ context.Context, key string, value []byte, from ...string) error {
	if len(from) == 0 {
		return errors.New("derives from nothing")
	}
	m[key] = value
	m["from"] = []byte(strings.Join(from, " "))
	return nil
}

// A talk is a conversation with the skill.
type talk struct {
	t      testing.TB
	skill  *Skill
	memo   memo
	files  map[string][]byte
	turns  []bots.Turn
	lang   string
	class  bots.Class
	noMemo bool
}

func newTalk(t testing.TB, models llm.Choose) *talk {
	r := document.New(document.Options{Tesseract: "none"})
	t.Cleanup(func() { r.Close() })
	return &talk{t: t, skill: New(material.New(r.Read), r.Read, models, nil), memo: memo{}, files: map[string][]byte{}, lang: "de"}
}

func (k *talk) do(text string, files ...string) (bots.Answer, error) {
	id := string(rune('a' + len(k.turns)))
	task := bots.Task{Message: bots.Message{ID: id, Sender: "p@stadt.example", Text: text}, Text: text, Memo: k.memo, Language: k.lang, Class: k.class,
		Now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), History: slices.Clone(k.turns),
		Open: func(_ context.Context, f bots.File) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(k.files[f.Name])), nil
		}}
	if k.noMemo {
		task.Memo = nil
	}
	if rest, ok := strings.CutPrefix(text, "!schwärzen"); ok {
		task.Command, task.Text = "schwärzen", strings.TrimSpace(rest)
	}
	for _, name := range files {
		task.Message.Files = append(task.Message.Files, bots.File{Name: name, Size: int64(len(k.files[name]))})
	}
	a, err := k.skill.Do(k.t.Context(), task)
	k.turns = append(k.turns, bots.Turn{ID: id, Text: text, Files: task.Message.Files}, bots.Turn{ID: id + "/answer", Bot: true, Skill: "redact", Text: a.Text.DE})
	return a, err
}

func (k *talk) say(text string, files ...string) bots.Answer {
	k.t.Helper()
	a, err := k.do(text, files...)
	if err != nil {
		k.t.Fatalf("%q: %v", text, err)
	}
	return a
}

func (k *talk) refused(text string) bots.Text {
	k.t.Helper()
	_, err := k.do(text)
	r, ok := errors.AsType[*bots.Refusal](err)
	if !ok {
		k.t.Fatalf("%q: %v is no refusal", text, err)
	}
	return r.Text
}

const letter = "Sehr geehrte Frau Dr. Jana Wieczorek,\n\nHerr Bernd Kaya (Lindenweg 4, 12345 Musterstadt) rief an. Wieczoreks IBAN ist DE89 3704 0044 0532 0130 00. Der Hof Lindenhof liegt nebenan. Kaya wohnt im Lindenweg 4.\n\nIm Auftrag\nAylin Yılmaz"

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

func hasNot(t *testing.T, text string, not ...string) {
	t.Helper()
	for _, w := range not {
		if strings.Contains(text, w) {
			t.Errorf("%q in\n%s", w, text)
		}
	}
}

func TestProposalAndRelease(t *testing.T) {
	k := newTalk(t, none{})
	a := k.say("!schwärzen " + letter)
	has(t, a.Text.DE, "| 1 | Jana Wieczorek | Name | Person A | 2 | 1 |", "| 2 | Bernd Kaya | Name | Person B | 2 | 1 |", `\[Anschrift 1\] | 2 |`, `\[IBAN 1\]`, "Behörde?", textCheck.DE)
	if len(a.Files) > 0 {
		t.Fatal("released unasked")
	}
	a = k.say("ok")
	if len(a.Files) != 1 || a.Files[0].Name != "geschwaerzt-1.txt" {
		t.Fatalf("got %+v", a.Files)
	}
	got := string(a.Files[0].Data)
	want := "Sehr geehrte Frau Dr. Person A,\n\nHerr Person B ([Anschrift 1]) rief an. Person A IBAN ist [IBAN 1]. Der Hof Lindenhof liegt nebenan. Person B wohnt im [Anschrift 1].\n\nIm Auftrag\nPerson C\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	has(t, a.Text.DE, textCheck.DE)
}

func TestDecisions(t *testing.T) {
	for name, c := range map[string]struct {
		say       []string
		want, not []string
	}{
		"numbers are rejected": {[]string{"1 und 3 nicht"}, []string{"Wieczorek", "Lindenweg 4", "Person B", "[IBAN 1]"}, []string{"Kaya", "DE89"}},
		"a range":              {[]string{"1-3 nicht"}, []string{"Wieczorek", "Kaya", "Lindenweg"}, []string{"DE89"}},
		"a kind":               {[]string{"alle Anschriften nicht"}, []string{"Lindenweg 4, 12345 Musterstadt"}, []string{"Kaya"}},
		"by name":              {[]string{"Frau Wieczorek nicht"}, []string{"Jana Wieczorek", "Wieczoreks IBAN"}, []string{"Kaya"}},
		"the office":           {[]string{"Behörde nicht"}, []string{"Aylin Yılmaz"}, []string{"Kaya", "Wieczorek"}},
		"accepted again":       {[]string{"1 nicht", "1 doch"}, []string{"Person A"}, []string{"Wieczorek"}},
		"something added":      {[]string{"auch Lindenhof"}, []string{"Der Hof [Angabe 1] liegt"}, []string{"Lindenhof"}},
		"renamed":              {[]string{"Frau Wieczorek heißt Mieterin"}, []string{"Frau Dr. Mieterin,", "Mieterin IBAN"}, []string{"Wieczorek"}},
		"blacked out":          {[]string{"als Schwärzung"}, []string{"Herr " + bar + " (" + bar + ")"}, []string{"Person B", "Kaya"}},
		"two things at once":   {[]string{"3 nicht; auch Lindenhof"}, []string{"Lindenweg 4", "[Angabe 1]"}, []string{"Lindenhof"}},
		"a surname that stays": {[]string{"2 nicht"}, []string{"Kaya wohnt", "Bernd Kaya"}, []string{"Wieczorek"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk(t, none{})
			k.say("!schwärzen " + letter)
			for _, text := range c.say {
				if a := k.say(text); len(a.Files) > 0 {
					t.Fatalf("%q released", text)
				}
			}
			a := k.say("Freigeben")
			has(t, string(a.Files[0].Data), c.want...)
			hasNot(t, string(a.Files[0].Data), c.not...)
		})
	}
}

func TestWhatIsNotReleased(t *testing.T) {
	k := newTalk(t, none{})
	k.say("!schwärzen " + letter)
	for _, text := range []string{"nicht freigeben", "ok, auch Nirgendwo", "1 heißt Bernd Kaya"} {
		if a, err := k.do(text); err == nil && len(a.Files) > 0 {
			t.Errorf("%q released", text)
		}
	}
	if _, err := k.do("Wie wird das Wetter?"); !errors.Is(err, bots.ErrPass) {
		t.Errorf("another question: %v", err)
	}
	if _, err := k.do("Mach eine Notiz"); !errors.Is(err, bots.ErrPass) {
		t.Errorf("another skill's: %v", err)
	}
}

func TestAChangedFileIsNotReleased(t *testing.T) {
	k := newTalk(t, none{})
	k.files["a.txt"] = []byte(letter)
	k.say("Schwärze das", "a.txt")
	k.files["a.txt"] = []byte(letter + "\nHerr Anton Neumann war da.")
	k.skill.material = material.New(k.skill.read) // what it keeps for minutes is gone
	if got := k.refused("ok"); got.DE != textGone.DE {
		t.Errorf("got %q", got.DE)
	}
}

func TestOnlyNames(t *testing.T) {
	k := newTalk(t, none{})
	k.files["a.txt"] = []byte(letter)
	k.say("Schwärze die Namen", "a.txt")
	got := string(k.say("ok").Files[0].Data)
	has(t, got, "DE89 3704", "Lindenweg 4")
	hasNot(t, got, "Kaya", "Wieczorek")
}

// hostileDOCX has personal data in every place that a Word file offers.
func hostileDOCX(t *testing.T) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	ns := `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wp="urn:wp" xmlns:a="urn:a"`
	for _, m := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"docProps/core.xml", `<c:p xmlns:c="urn:c"><creator>Zacharias Property</creator></c:p>`},
		{"customXml/item1.xml", `<x>Zacharias Custom</x>`},
		{"docProps/thumbnail.jpeg", "Zacharias Thumb"},
		{"word/comments.xml", `<w:comments ` + ns + `><w:comment w:id="1" w:author="Zacharias Comment"><w:p><w:r><w:t>Remark</w:t></w:r></w:p></w:comment></w:comments>`},
		{"word/header1.xml", `<w:hdr ` + ns + `><w:p><w:r><w:t>Akte von Frau Jana Wieczorek</w:t></w:r></w:p></w:hdr>`},
		{"word/document.xml", `<w:document ` + ns + `><w:body>
<w:p><w:r><w:t>Sehr geehrte Frau </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>Wie</w:t></w:r><w:r><w:t>czo</w:t></w:r><w:r><w:t>rek,</w:t></w:r></w:p>
<w:p><w:ins w:author="Zacharias Ins"><w:r><w:t>Ihr Konto DE89 3704 </w:t></w:r></w:ins><w:r><w:t>0044 0532 0130 00.</w:t></w:r><w:del w:author="Zacharias Del"><w:r><w:delText>Zacharias Deleted</w:delText></w:r></w:del></w:p>
<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Zacharias Hidden</w:t></w:r><w:r><w:instrText>HYPERLINK "mailto:zacharias@field.example"</w:instrText></w:r></w:p>
<w:p><w:r><w:drawing><wp:inline><wp:docPr descr="Zacharias Alt" name="x"/></wp:inline></w:drawing></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Name</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Betrag</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>Wieczorek</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>25,00 €</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>`},
	} {
		w, err := z.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestNothingOfTheOriginalGoesAlong(t *testing.T) {
	for _, format := range []string{"docx", "odt", "pdf", "txt"} {
		t.Run(format, func(t *testing.T) {
			k := newTalk(t, none{})
			k.files["Wieczorek.docx"] = hostileDOCX(t)
			a := k.say("Schwärze das bitte", "Wieczorek.docx")
			hasNot(t, a.Text.DE, "Zacharias Hidden", "Zacharias Deleted")
			if format != "docx" {
				k.say(map[string]string{"odt": "als ODT", "pdf": "als PDF", "txt": "als Text"}[format])
			}
			a = k.say("ok")
			if len(a.Files) != 1 || !strings.HasSuffix(a.Files[0].Name, "."+format) {
				t.Fatalf("got %d files", len(a.Files))
			}
			doc, err := k.skill.read(t.Context(), a.Files[0].Name, bytes.NewReader(a.Files[0].Data))
			if err != nil {
				t.Fatal(err)
			}
			has(t, doc.Text(), "Sehr geehrte Frau Person A,", "Akte von Frau Person A", "Ihr Konto [IBAN 1].", "25,00 €")
			members, err := membersOf(a.Files[0].Data, format)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(append(members, doc.Text(), a.Files[0].Name, string(a.Files[0].Data)), "\n")
			hasNot(t, all, "Zacharias", "zacharias", "Wieczorek", "czo", "DE89", "0532", "Remark")
		})
	}
}

// TestVerifyFailsClosed writes files in which something is left.
func TestVerifyFailsClosed(t *testing.T) {
	k := newTalk(t, none{})
	k.files["a.docx"] = hostileDOCX(t)
	k.say("Schwärze das", "a.docx")
	st, err := load(t.Context(), bots.Task{Memo: k.memo})
	if err != nil {
		t.Fatal(err)
	}
	task := bots.Task{Message: bots.Message{ID: "z"}, History: k.turns, Now: time.Now(), Language: "de",
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(k.files["a.docx"])), nil
		}}
	set, err := k.skill.material.Gather(t.Context(), task, material.Want{})
	if err != nil {
		t.Fatal(err)
	}
	j := newJob(task, st, set)
	j.find()
	pages := j.redacted()
	good, _, err := j.write(0, "docx", pages)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.skill.verify(t.Context(), j, 0, "x.docx", good, pages); err != nil {
		t.Fatalf("the good file: %v", err)
	}
	for name, data := range map[string][]byte{
		"the original":         k.files["a.docx"],
		"no file":              []byte("PK\x03\x04 nothing"),
		"a member with a name": withMember(t, good, "docProps/x.xml", "<a>WIECZOREK</a>"),
		"a parted number":      withMember(t, good, "word/y.xml", "<a>DE89 3704</a><b>0044 0532 0130 00</b>"),
		"a member's own name":  withMember(t, good, "word/Wieczorek.xml", "<a/>"),
		"an alternative text":  withMember(t, good, "word/z.xml", `<a descr="Jana Wieczorek"/>`),
	} {
		if err := k.skill.verify(t.Context(), j, 0, "x.docx", data, pages); err == nil {
			t.Errorf("%s: passed", name)
		} else if strings.Contains(err.Error(), "ieczorek") {
			t.Errorf("%s: the error has content: %v", name, err)
		}
	}
}

func withMember(t *testing.T, data []byte, name, content string) []byte {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range r.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestModelNames: of what a model says only names that stand in the text count.
func TestModelNames(t *testing.T) {
	m := llmtest.Script(`{"names": ["Xyrilla Quandt", "Nicht Da", "und", "Der", "Frau", "rief an", "[x](http://evil.example)"]}`)
	k := newTalk(t, m)
	a := k.say("!schwärzen Gestern kam Xyrilla Quandt und rief an. Nach Quandts Ansicht ist der Bescheid falsch.")
	has(t, a.Text.DE, "| 1 | Xyrilla Quandt | Name | Person A | 2 | 1 |", "Namen suchte auch das Sprachmodell")
	hasNot(t, a.Text.DE, "evil", "\n| 2 |")
	if a.Notice.Model == "" {
		t.Error("the notice names no model")
	}
	if got := string(k.say("ok").Files[0].Data); got != "Gestern kam Person A und rief an. Nach Person A Ansicht ist der Bescheid falsch.\n" {
		t.Errorf("got %q", got)
	}
}

func TestModelThatWritesNonsense(t *testing.T) {
	k := newTalk(t, llmtest.Script(`{"names": 7}`))
	a := k.say("!schwärzen Herr Bernd Kaya rief gestern an und fragte.")
	has(t, a.Text.DE, "Bernd Kaya")
	if !slices.Contains(a.Warnings, textMissed) {
		t.Error("the person is not told")
	}
}

// TestAServedModel asks a real server, which stands where the class allows.
func TestAServedModel(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	s.Script(llmtest.Reply{Text: `{"names": ["Xyrilla Quandt"]}`})
	p, err := llm.New([]llm.Config{{Name: "Mistral Small", URL: s.URL, Model: "mistral", Place: "Keller", Class: bots.Internal, Context: 8192}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	b, err := p.Bot([]string{"Mistral Small"})
	if err != nil {
		t.Fatal(err)
	}
	k := newTalk(t, b)
	text := "!schwärzen Gestern kam Xyrilla Quandt vorbei und sprach mit der Leitung."
	k.class = bots.Confidential
	hasNot(t, k.say(text).Text.DE, "Quandt |")
	if n := len(s.Requests()); n != 0 {
		t.Fatalf("a model that may not see the class was asked %d times", n)
	}
	k.class = bots.Internal
	has(t, k.say(text).Text.DE, "| 1 | Xyrilla Quandt |", "Mistral Small")
	if n := len(s.Requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// FuzzRedacted: whatever the text, nothing accepted is left where nothing keeps it.
func FuzzRedacted(f *testing.F) {
	f.Add(letter, "auch Lindenhof; 2 nicht")
	f.Add("Herr Koch kocht. Der Koch. KOCH, Ko-\nch 0176 12345678 / 0176-12345678", "1 heißt Koch, auch Koch")
	f.Add("Frau A. B. Li, Li und Li-Li | Li \x00\xff", "als schwarz; alle nicht; 1 doch")
	f.Fuzz(func(t *testing.T, text, say string) {
		set := material.Set{Files: []document.File{{Doc: document.Document{Pages: []document.Page{{N: 1, Text: strings.ToValidUTF8(text, "")}}}}}}
		j := newJob(bots.Task{Language: "de", Now: time.Now()}, &state{}, set)
		if len(j.files) == 0 {
			return
		}
		j.find()
		if _, err := j.decide(say); err != nil && !errors.Is(err, errNotUnderstood) {
			t.Fatal(err)
		}
		j.find()
		pages := j.redacted()
		if err := j.searched(0, []string{pages[0].text}, pages); err != nil {
			left := 0
			for _, it := range j.st.Items { // a stand-in of the person's may say anything
				left += strings.Count(it.Word, "Person ") + strings.Count(it.Word, "[")
			}
			if left == len(j.st.Items) {
				t.Fatalf("%v in %q of %q", err, pages[0].text, text)
			}
		}
		j.propose(bots.Text{})
	})
}
