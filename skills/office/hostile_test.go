package office

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
)

// wellFormed parses the parts of a container as XML and returns them as one text.
func wellFormed(t testing.TB, data []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(part)
		if f.Name == "mimetype" {
			continue
		}
		for dec := xml.NewDecoder(bytes.NewReader(part)); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	return all.String()
}

// TestHostileText: whatever a text has in it, the file is sound and shows the rest.
func TestHostileText(t *testing.T) {
	read := readers(t)
	for name, text := range map[string]string{
		"control characters":   "vor\x00\x01\x08\x1b[31m nach\x7f\u0085 Ende",
		"lone surrogates":      "vor \xed\xa0\x80 \xff\xfe nach Ende",
		"markup":               "vor <w:p>&amp;</w:t> ]]> <script>x</script> \"'& nach Ende",
		"noncharacters":        "vor \uFFFE\uFFFF\uFEFF nach Ende",
		"direction turned":     "vor \u202E1234\u202C \u2066x\u2069 nach Ende",
		"one long word":        "vor " + strings.Repeat("a", 1<<20) + " nach Ende",
		"one long line":        "vor " + strings.Repeat("wort ", 20_000) + "nach Ende",
		"deep lists":           strings.Repeat("- ", 90) + "vor nach Ende",
		"deep quotes":          strings.Repeat("> ", 90) + "vor nach Ende",
		"too deep":             strings.Repeat(">", 100_000) + "vor nach Ende",
		"a cell like a page":   "| a | b |\n|---|---|\n| vor " + strings.Repeat("wort ", 5000) + "| nach Ende |",
		"many columns":         "|" + strings.Repeat("k|", 80) + "\n|" + strings.Repeat("-|", 80) + "\n|vor|" + strings.Repeat("w|", 78) + "nach Ende|",
		"brackets of PDF":      `vor (((\)\\( BT ET endstream nach Ende`,
		"many starred letters": "vor " + strings.Repeat("*a* ", 5000) + "nach Ende",
		"no head":              "|   |\n|---|\n\nvor nach Ende",
	} {
		for _, w := range writers {
			d := doc(text)
			d.Title, d.Authority, d.Mark.Model, d.Language = text[:min(len(text), 300)], text[:min(len(text), 300)], text[:min(len(text), 300)], "de)>>\n<\""
			data := write(t, w.write, d)
			if w.name != "a.pdf" {
				if all := wellFormed(t, data); strings.ContainsAny(all, "\u202E\u2066\x00\x1b") {
					t.Errorf("%s: %s holds what it must not", name, w.name)
				}
			}
			if len(text) > 1<<17 { // the reader takes longest
				continue
			}
			got := read(w.name, data).Text()
			if !strings.Contains(got, "nach") || !strings.Contains(got, "Ende") || !strings.Contains(got, "Mit KI erstellt") {
				t.Errorf("%s: %s ends early: …%q", name, w.name, got[max(0, len(got)-200):])
			}
		}
	}
}

// TestTenThousandRows: a long table is whole, and its head stands on each page.
func TestTenThousandRows(t *testing.T) {
	read := readers(t)
	var md strings.Builder
	md.WriteString("| Nr. | Name | Betrag |\n|--:|---|--:|\n")
	for i := range 10_000 {
		md.WriteString("| " + strings.Repeat("9", i%4+1) + " | Müller & Söhne | 1.234,56 € |\n")
	}
	for _, w := range writers {
		d := doc(md.String())
		if w.name == "a.odt" {
			if n := strings.Count(wellFormed(t, write(t, w.write, d)), "Müller &amp; Söhne"); n != 10_000 {
				t.Errorf("%s has %d rows of 10000", w.name, n)
			}
			continue
		}
		got := read(w.name, write(t, w.write, d))
		text := got.Text()
		if n := strings.Count(text, "Müller & Söhne"); n != 10_000 {
			t.Errorf("%s has %d rows of 10000", w.name, n)
		}
		if w.name == "a.pdf" && strings.Count(text, "Betrag") != len(got.Pages) {
			t.Errorf("the head stands %d times on %d pages", strings.Count(text, "Betrag"), len(got.Pages))
		}
	}
}

// TestScripts: what the PDF's font cannot show is refused or marked, never left out
// unseen. DOCX and ODT take it.
func TestScripts(t *testing.T) {
	var b bytes.Buffer
	for _, text := range []string{"الجواب: نعم", "תשובה", "答复", "คำตอบ", "𐌰𐌱"} {
		b.Reset()
		_, err := PDF(&b, doc("Antwort: "+text))
		if u, ok := errors.AsType[*UnwritableError](err); !ok || len(u.Letters) == 0 || b.Len() > 0 {
			t.Errorf("%q: error %v and %d bytes of PDF", text, err, b.Len())
		}
		for _, w := range writers[:2] {
			if all := wellFormed(t, write(t, w.write, doc("Antwort: "+text))); !strings.Contains(all, text) {
				t.Errorf("%s lacks %q", w.name, text)
			}
		}
	}
	boxed, err := PDF(&b, doc("Gut 👍\uFE0F, erledigt ✅, offen ☐, Zw\u00ADei\u200B, Name Nguye\u0302\u0303n"))
	if err != nil || string(boxed) != "✅👍" {
		t.Errorf("boxed %q, %v", string(boxed), err)
	}
	text := readers(t)("a.pdf", b.Bytes()).Text()
	if !strings.Contains(text, "Gut □, erledigt □, offen ☐, Zwei, Name Nguyễn") {
		t.Errorf("the PDF says %q", text)
	}
}

// TestRightToLeft: a paragraph that begins in Arabic runs from right to left.
func TestRightToLeft(t *testing.T) {
	for i, mark := range []string{"<w:bidi/>", `"Standard_r"`} {
		w := writers[i]
		if all := wellFormed(t, write(t, w.write, doc("1) الجواب: نعم"))); !strings.Contains(strings.ReplaceAll(all, `"Item_r"`, `"Standard_r"`), mark) {
			t.Errorf("%s does not turn an Arabic paragraph around", w.name)
		}
		body := wellFormed(t, write(t, w.write, doc("Antwort: الجواب")))
		if strings.Contains(body, "<w:bidi/>") || strings.Contains(body, `text:style-name="Standard_r"`) {
			t.Errorf("%s turns a German paragraph around", w.name)
		}
	}
}

// TestNames: the fonts have the letters of names that German authorities must be able
// to write (DIN 91379), in every style.
func TestNames(t *testing.T) {
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	for i, f := range all {
		for _, r := range "ÄÖÜäöüßẞ€§°„“‚‘–—…•ÇçĞğİıŞşŁłČčĆćĐđŠšŽžŐőŰűȘșȚțÅåÆæØøŊŋÞþÐð" + "ḂḃḄḅḊḋḌḍḞḟḠḡḢḣḤḥḨḩḰḱḲḳḴḵḶḷḺḻṀṁṂṃṄṅṆṇṈṉṔṕṖṗṘṙṚṛṞṟṠṡṢṣṪṫṬṭṮṯẀẁẂẃẄẅẌẍẎẏẐẑẒẓẔẕẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹƏəƠơƯư" +
			"\u0300\u0301\u0304\u0308\u030c\u0323\u0326\u0327\u0328\u0331\u0332" + "ΑΒΓαβγώ" + "АБВабвЁёІіЇїЄєҐґЋћЂђ" {
			if n, err := f.GlyphIndex(&buf, r); err != nil || n == 0 {
				t.Errorf("style %q lacks %q", styleNames[i], r)
			}
		}
	}
}

// TestForeignTools: poppler finds nothing wrong with a PDF, and what it should say;
// LibreOffice opens the others, where it is installed.
func TestForeignTools(t *testing.T) {
	dir := t.TempDir()
	long := doc(sample + strings.Repeat("\n\nEin Absatz, der Platz braucht. "+strings.Repeat("Wort ", 100), 20))
	for _, w := range writers {
		if err := os.WriteFile(dir+"/"+w.name, write(t, w.write, long), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for _, c := range []struct{ args, want []string }{
		{[]string{"pdftotext", "-enc", "UTF-8", dir + "/a.pdf", "-"}, []string{"Nguyễn, ẞ, Ωμέγα, Щербак; 12.500 €", "Seite 1 von 4", "Seite 4 von 4"}},
		{[]string{"pdfinfo", "-enc", "UTF-8", dir + "/a.pdf"}, []string{"Zusammenfassung Größe & Maß", "Stadt Musterstadt", "Mit KI erstellt", "AIGenerated=true", "Pages:           4", "PDF version:     1.4"}},
		{[]string{"pdfinfo", "-meta", dir + "/a.pdf"}, []string{"<amtsbote:AIModel>Mistral Small<", "trainedAlgorithmicMedia", "<rdf:li>de-DE<"}},
	} {
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), c.args[0], c.args[1:]...)
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil || said.Len() > 0 {
			t.Errorf("%s: %v, %s", c.args[0], err, &said)
		}
		for _, want := range c.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s does not say %q", c.args[0], want)
			}
		}
	}
	office(t, dir)
}

// office has LibreOffice, which no test installs, turn files into text.
func office(t *testing.T, dir string) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		return
	}
	for _, name := range []string{"a.docx", "a.odt"} {
		out, err := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", dir, dir+"/"+name).CombinedOutput()
		text, err2 := os.ReadFile(dir + "/a.txt")
		if err != nil || err2 != nil {
			t.Fatalf("LibreOffice: %v, %v\n%s", err, err2, out)
		}
		for _, want := range []string{"2. Zweitens", "3. Drittens", "Porto & Versand", "[bitte ergänzen: Datum]", "Mit KI erstellt"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("LibreOffice shows no %q of %s in\n%.600s", want, name, text)
			}
		}
	}
}

// TestMark: a machine finds what made a text, also that no model did.
func TestMark(t *testing.T) {
	for _, c := range []struct {
		mark Mark
		want []string
		not  string
	}{
		{Mark{Model: "M & Co", Place: "hier", Skill: "chat 1", Line: "Mit KI"}, []string{"AIGenerated", ">true<", "digitalsourcetype/trainedAlgorithmicMedia", "M &amp; Co", "hier", "chat 1"}, ">false<"},
		{Mark{Model: "M", Mixed: true}, []string{"digitalsourcetype/compositeWithTrainedAlgorithmicMedia"}, ">false<"},
		{Mark{Skill: "summary 2", Line: "Ohne Sprachmodell"}, []string{"AIGenerated", ">false<", "summary 2", "Ohne Sprachmodell"}, "DigitalSourceType"},
	} {
		for i, w := range writers {
			d := doc("Text")
			d.Mark = c.mark
			data := string(write(t, w.write, d)) // XMP stands in a PDF as it is
			if i < 2 {
				data = wellFormed(t, []byte(data))
			}
			for _, want := range c.want {
				if !strings.Contains(data, want) {
					t.Errorf("%s of %+v lacks %q", w.name, c.mark, want)
				}
			}
			if strings.Contains(data, c.not) {
				t.Errorf("%s of %+v has %q", w.name, c.mark, c.not)
			}
		}
	}
}

func FuzzFromMarkdown(f *testing.F) {
	f.Add(sample)
	f.Add("1. a\n   > - b\n     | x |\n     |---|\n\n   c\n<div>\n[a](javascript:x) ![b](http://c)")
	f.Add("0. a\n99999999999. b\n\x00\xff\u202e&#x202e;&#0;**a*b**")
	f.Add("~~~")
	f.Fuzz(func(t *testing.T, md string) {
		if len(md) > 1<<16 {
			return
		}
		d := doc(md)
		for _, b := range d.Blocks {
			for _, s := range b.Spans {
				if s.Text == "" || !utf8.ValidString(s.Text) || s.Text != clean(s.Text) {
					t.Errorf("span %q of %q", s.Text, md)
				}
			}
		}
		for _, w := range writers[:2] {
			wellFormed(t, write(t, w.write, d))
		}
		if _, err := fit(d.ready(maxPDFColumns)); err != nil {
			if _, ok := errors.AsType[*UnwritableError](err); !ok {
				t.Error(err)
			}
		}
	})
}

// BenchmarkWrite writes a document of about ten pages in each format.
func BenchmarkWrite(b *testing.B) {
	d := doc(strings.Repeat(sample+"\n\n"+strings.Repeat("Der Antrag vom 3. November 2026 wird abgelehnt, weil die Frist versäumt ist. ", 25)+"\n\n", 13))
	for _, w := range writers {
		b.Run(strings.TrimPrefix(w.name, "a."), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = len(write(b, w.write, d))
			}
			b.ReportMetric(float64(n), "file-bytes")
		})
	}
}

// TestFormattable: what takes goldmark the square of its marks is taken as plain text;
// as many marks over many paragraphs are not.
func TestFormattable(t *testing.T) {
	for text, want := range map[string]bool{
		strings.Repeat("*a ", 20_000):            false,
		strings.Repeat("[", 20_000):              false,
		strings.Repeat("*a* b\n\n", 10_000):      true,
		strings.Repeat("> ", 150) + "a":          false,
		strings.Repeat(" ", 250) + "- a":         false,
		strings.Repeat("|", 500) + "\n|\n":       true,
		strings.Repeat("|a|b|c|d|e\n", 50_000):   false,
		strings.Repeat("a", 2<<20+1):             false,
		"1. a\n   - b\n\n> **c** [d](https://e)": true,
	} {
		if got := formattable(text); got != want {
			t.Errorf("%.20q… (%d bytes): %v", text, len(text), got)
		}
	}
}

// TestOnlyHarmlessAddressesAreShown: of a link that does something else only its text.
func TestOnlyHarmlessAddressesAreShown(t *testing.T) {
	for md, want := range map[string]string{
		"[a](https://b.example/c)":     "a (https://b.example/c)",
		"[a](mailto:b@c.example)":      "a (mailto:b@c.example)",
		"[a](javascript:alert)":        "a",
		"[a](file:///etc/passwd)":      "a",
		"[a](\\\\\\\\server\\\\share)": "a",
	} {
		if b := FromMarkdown(md); len(b) != 1 || plainText(b[0].Spans) != want {
			t.Errorf("%s: got %+v", md, b)
		}
	}
}
