package render

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
)

func TestHTML(t *testing.T) {
	tests := map[string]struct{ md, want string }{
		"emphasis, as in a gap of a draft":    {"**[bitte ergänzen: Antwort]** *kursiv*", "<p><strong>[bitte ergänzen: Antwort]</strong> <em>kursiv</em></p>"},
		"a line break stays one":              {"Im Auftrag\nAylin Yılmaz", "<p>Im Auftrag<br>\nAylin Yılmaz</p>"},
		"a list goes on where it was cut":     {"3. drei\n4. vier", "<ol start=\"3\">\n<li>drei</li>\n<li>vier</li>\n</ol>"},
		"tags are text":                       {"Antwort <b>fett</b> <script>alert(1)</script>", "<p>Antwort &lt;b&gt;fett&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>"},
		"a block of tags is text":             {"<div onclick=x>\nhallo\n</div>", "<p>&lt;div onclick=x&gt;<br>\nhallo<br>\n&lt;/div&gt;</p>"},
		"a link opens apart and tells nobody": {"[Seite](https://example.org/?a=1&b=2)", `<p><a href="https://example.org/?a=1&amp;b=2" rel="noreferrer noopener" target="_blank">Seite</a></p>`},
		"a mail address is a link":            {"<amt@musterstadt.example>", `<p><a href="mailto:amt@musterstadt.example" rel="noreferrer">amt@musterstadt.example</a></p>`},
		"a link to a script is its text":      {"[klick](javascript:alert(1)) [b](JaVaScRiPt:x) [c](data:text/html,x) [d](vbscript:x)", "<p>klick b c d</p>"},
		"a hidden scheme is no link":          {"[a](java&#115;cript:alert(1)) [b](&#x6A;avascript:x) <javascript:alert(1)>", "<p>a b javascript:alert(1)</p>"},
		"a link without host is its text":     {"[a](/admin/delete) [b](//evil.example) [c](#x)", "<p>a b c</p>"},
		"an image is its alternative text":    {"![Logo der Stadt](https://evil.example/pixel.gif)", "<p>Logo der Stadt</p>"},
		"code keeps its signs":                {"```html\n<b>&amp;\n```", "<pre><code>&lt;b&gt;&amp;amp;\n</code></pre>"},
		"a table":                             {"| | Datei |\n|---|---|\n| 1 | a.pdf |", "<table>\n<thead>\n<tr>\n<th></th>\n<th>Datei</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>a.pdf</td>\n</tr>\n</tbody>\n</table>"},
		"nothing":                             {"", ""},
		"what is no UTF-8 becomes it":         {"a\xff\x00b", "<p>a\uFFFD\uFFFDb</p>"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := HTML(tt.md); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	tests := map[string]struct{ md, want string }{
		"formatting goes, lines stay":    {"# Kopf\n\n**Fett** und `Code`\nzweite Zeile", "Kopf\n\nFett und Code\nzweite Zeile"},
		"a list":                         {"- a\n- b\n  - c\n\n3. d\n4. e\n   f", "- a\n- b\n  - c\n\n3. d\n4. e\n   f"},
		"a list with paragraphs":         {"1. a\n\n   b\n\n2. c", "1. a\n\n   b\n\n2. c"},
		"a quote":                        {"> a\n>\n> - b", "> a\n>\n> - b"},
		"a link is followed by its goal": {"[Seite](https://example.org/x), <https://example.org>", "Seite (https://example.org/x), https://example.org"},
		"a mail address stands once":     {"[a@b.example](mailto:a@b.example)", "a@b.example"},
		"a link to a script is its text": {"[klick](javascript:alert(1))", "klick"},
		"an image is its text":           {"a ![Logo](https://evil.example/x.gif) b", "a Logo b"},
		"tags are text":                  {"Antwort <b>", "Antwort <b>"},
		"escapes are resolved":           {`5\. Mai &amp; \*x\* &quot;`, `5. Mai & *x* "`},
		"code is left alone":             {"```\na  b\n\n&amp;\n```", "a  b\n\n&amp;"},
		"a narrow table has columns":     {"| Nr | Datei |\n|---|---|\n| 1 | a.pdf |\n| 22 | Übersicht.pdf |", "Nr  Datei\n-----------------\n1   a.pdf\n22  Übersicht.pdf"},
		"a wide table has lines":         {"| Datei | Ergebnis |\n|---|---|\n| a.pdf | " + strings.Repeat("x", 80) + " |\n| b.pdf | |", "Datei: a.pdf\nErgebnis: " + strings.Repeat("x", 80) + "\n\nDatei: b.pdf"},
		"nothing":                        {" \n ", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Plain(tt.md); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestBrief holds a whole brief as people get it, in both forms.
func TestBrief(t *testing.T) {
	md, err := os.ReadFile("testdata/brief.md")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "brief.html", HTML(string(md))+"\n")
	golden(t, "brief.txt", Plain(string(md))+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (UPDATE=1 rewrites it); got\n%s", path, got)
	}
}

// TestHostile feeds what keeps a parser busy or swells its output. Each of these
// takes goldmark alone between 2 and 36 seconds or yields 300 MB.
func TestHostile(t *testing.T) {
	const n = 60_000
	tests := map[string]string{
		"deep quotes":          strings.Repeat("> ", n),
		"deep lists":           strings.Repeat("- ", n) + "a",
		"deep numbered lists":  strings.Repeat("1. ", n) + "a",
		"emphasis left open":   strings.Repeat("*a_ ", n),
		"links left open":      strings.Repeat("[a](", n),
		"links across lines":   strings.Repeat("[a](<b\n", n),
		"a table filled up":    strings.Repeat("|a", 500) + "\n" + strings.Repeat("|-", 500) + "\n" + strings.Repeat("|\n", n),
		"more than is allowed": strings.Repeat("a", MaxText+1),
	}
	for name, md := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			for _, got := range []string{HTML(md), Plain(md)} {
				if len(got) > 10*len(md)+100 {
					t.Errorf("%d bytes became %d", len(md), len(got))
				}
			}
			if took := time.Since(start); took > 10*time.Second { // 20 ms, without -race
				t.Errorf("took %v", took)
			}
			safe(t, HTML(md))
		})
	}
	if !formattable(strings.Repeat("- **Punkt** mit [Fundstelle](https://example.org) und *mehr*\n", 1000)) {
		t.Error("a list of a thousand points is not formatted")
	}
}

var allowed = regexp.MustCompile(`^(p|br|hr|h[1-6]|strong|em|ul|ol|li|blockquote|pre|code|table|thead|tbody|tr|th|td|a)$`)
var allowedURL = regexp.MustCompile(`(?i)^(https?:|mailto:)`)

// safe fails unless a fragment has only what a page may show.
func safe(t *testing.T, fragment string) {
	t.Helper()
	if !utf8.ValidString(fragment) {
		t.Error("not UTF-8")
	}
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("has %s", z.Token())
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !allowed.MatchString(tok.Data) {
				t.Errorf("has element %s", tok)
			}
			for _, a := range tok.Attr {
				switch {
				case tok.Data == "a" && a.Key == "href" && allowedURL.MatchString(a.Val):
				case tok.Data == "a" && (a.Key == "title" || a.Key == "rel" || a.Key == "target"):
				case tok.Data == "ol" && a.Key == "start":
				default:
					t.Errorf("has attribute %s=%q in %s", a.Key, a.Val, tok.Data)
				}
			}
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"a **b** `c`\n\n- d\n- e\n\n|a|b|\n|-|-|\n|c|d|", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
		"![a](x \"t\")", "<https://a.example/\"onmouseover=alert(1)>", "[a]: javascript:x 'y'\n\n[a]", "```\"><script>\nx\n```", "> 1. - #\n\t\x00\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, md string) {
		safe(t, HTML(md))
		if got := Plain(md); !utf8.ValidString(got) {
			t.Errorf("Plain: %q is no UTF-8", got)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	md, err := os.ReadFile("testdata/brief.md")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(md)))
	for b.Loop() {
		HTML(string(md))
	}
}
