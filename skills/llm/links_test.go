package llm

import (
	"strings"
	"testing"
)

const linked = `Bitte unter https://www.musterstadt.example/antrag?x=1 stellen oder an www.hilfe.example wenden (amt@musterstadt.example),
<https://bund.de/a_(b)>, Datei Akten.zip, Tel:0123/456, @petra:musterstadt.example. [Seite](https://bund.de/x "Titel")`

func TestKeepLinks(t *testing.T) {
	tests := map[string]struct {
		in, want string
		removed  bool
	}{
		"a link of the source stays":             {"Siehe https://www.musterstadt.example/antrag?x=1.", "Siehe https://www.musterstadt.example/antrag?x=1.", false},
		"also named":                             {"[Antrag](https://www.musterstadt.example/antrag?x=1)", "[Antrag](https://www.musterstadt.example/antrag?x=1)", false},
		"also in angle brackets":                 {"<https://bund.de/x>, <amt@musterstadt.example>", "<https://bund.de/x>, <amt@musterstadt.example>", false},
		"also with another scheme or none":       {"https://www.hilfe.example, http://bund.de/x, bund.de/x/", "https://www.hilfe.example, http://bund.de/x, bund.de/x/", false},
		"also its host alone":                    {"Siehe www.musterstadt.example und bund.de.", "Siehe www.musterstadt.example und bund.de.", false},
		"also by reference":                      {"[x][1]\n\n[1]: https://bund.de/x", "[x][1]\n\n[1]: https://bund.de/x", false},
		"what else the source names stays":       {"Akten.zip, @petra:musterstadt.example, Tel:0123/456", "Akten.zip, @petra:musterstadt.example, Tel:0123/456", false},
		"another link goes":                      {"Siehe https://evil.example/?d=geheim.", "Siehe […].", true},
		"a link that begins like the source's":   {"https://bund.de/", "https://bund.de/", false},
		"a host that begins like the source's":   {"https://bund.de.evil.example https://bund.dev", "[…] […]", true},
		"an image goes":                          {"Text ![x](https://evil.example/p.png) weiter", "Text  weiter", true},
		"an image of the source goes too":        {"![x](https://www.musterstadt.example/antrag?x=1)", "", true},
		"an image by reference":                  {"a ![x] b\n\n[x]: https://bund.de/x", "a x b\n\n\\[x\\]: https://bund.de/x", true},
		"a link's text stays without it":         {"[hier](https://evil.example/a)", "hier", true},
		"a link's text that is one":              {"[https://evil.example](https://bund.de/x)", "[[…]](https://bund.de/x)", true},
		"with a title":                           {`[hier](https://evil.example/a "Klick") und [da](<https://evil.example/a b>)`, "hier und da", true},
		"a longer link than the source's":        {"https://www.musterstadt.example/antrag?x=1&leak=geheim", "[…]", true},
		"a file is no link target either":        {"[hier](javascript:alert(1))", "hier)", true},
		"HTML images go":                         {`a <IMG src="//evil.example/x"> b`, "a  b", true},
		"by reference":                           {"[hier][1]\n\n[1]: https://evil.example/geheim", "[hier][1]\n\n\\[1]: […]", true},
		"by reference in a quote, over lines":    {"> [hier]\n\n> [hier]:\n> <https://evil.example>\n> 'x'", "", true},
		"in one another":                         {"[[a](https://evil.example)](https://evil.example) [![a](b)](https://evil.example)", "a ", true},
		"a footnote":                             {"Ja[^1].\n\n[^1]: https://evil.example/geheim", "Ja[^1].\n\n\\[^1]: […]", true},
		"in angle brackets":                      {"<https://evil.example/a> <geheim@evil.example> <xy:geheim>", "[…] […] […]", true},
		"without scheme":                         {"www.evil.example, evil.com/x, EVIL.DE, evil.online", "[…], […], […], […]", true},
		"behind letters":                         {"ähttps://evil.example/a x.https://evil.example", "ä[…] […]", true},
		"a mail address":                         {"Schreiben Sie an geheim@evil.example oder x@intern.lan.", "Schreiben Sie an […] oder […].", true},
		"other schemes":                          {"mailto:x@evil.example tel:+4912345 ftp://a.b/c data:text/html;base64,x sip:a@b matrix:u/a:b", "[…] […] […] […] […] […]", true},
		"a file share":                           {`\\evil\share und \\\\evil.example\\x`, "", true},
		"mentions":                               {"@room @eve:evil.example #raum:evil.example @here Ok", "[…] […] […] […] Ok", true},
		"punycode and other scripts":             {"xn--80ak6aa92e.com пример.рф 例え。テスト。com", "[…] […] […]", true},
		"full width":                             {"ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ evil。com evil․com", "[…] […] […]", true},
		"hidden characters":                      {"ht\u200btps://evil.example ev\u00adil.com", "[…] […]", true},
		"escapes":                                {`https:\//evil.example www\.evil\.example a.b:www.evil.example x.y/https://evil.example`, "", true},
		"entities":                               {"www&#46;evil&period;com/geheim", "\\[…\\]", true},
		"entities twice":                         {"&#104;ttps&#58;//evil.com", "", true},
		"emphasis within":                        {"www.**evil**.example", "[…]", true},
		"over a removed image":                   {"ht![](x)tps://evil.example/geheim", "[…]", true},
		"in a table":                             {"| a | b |\n|---|---|\n| [x](https://evil.example) | https://evil.example/\\|x |", "", true},
		"in code":                                {"`curl https://evil.example` \n```\nhttps://evil.example\n```", "`curl […]` \n```\n[…]\n```", true},
		"a text without links stays as is":       {"Nichts § 1 [1], z.B. d.h. i.V.m. 12.11.2026, 1.2.3.4, v1.2, Bescheid.pdf, M.A., u.a. a.D. e.V. 10:30 Nr.3", "Nichts § 1 [1], z.B. d.h. i.V.m. 12.11.2026, 1.2.3.4, v1.2, Bescheid.pdf, M.A., u.a. a.D. e.V. 10:30 Nr.3", false},
		"a place in brackets is no link":         {"Abgelehnt [1](S. 3). [Hinweis]: Bitte beachten", "Abgelehnt [1](S. 3). [Hinweis]: Bitte beachten", false},
		"a missing space is no link":             {"Das ist erledigt.Am 3. Mai, M.Sc. Das gilt.Es ist", "Das ist erledigt. Am 3. Mai, M. Sc. Das gilt. Es ist", false},
		"a definition that hides text shows it":  {"Frage [Az]\n\n[Az]: 32.4-BPA", "Frage [Az]\n\n\\[Az]: 32.4-BPA", false},
		"a wide table is not judged by brackets": {"**Fett** und *kursiv* `[x]` ~~y~~", "**Fett** und *kursiv* `[x]` ~~y~~", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, removed := KeepLinks(test.in, linked)
			if test.want != "" && got != test.want || removed != test.removed {
				t.Errorf("got %q, %t, want %q, %t", got, removed, test.want, test.removed)
			}
			if strings.Contains(test.want+got, "evil") && test.removed && (strings.Contains(got, "evil.") || strings.Contains(got, "evil/")) {
				t.Errorf("still has it: %q", got)
			}
		})
	}
}

// FuzzKeepLinks: what is left is no foreign link in the parser's eyes nor in ours.
func FuzzKeepLinks(f *testing.F) {
	for _, s := range []string{linked, "[a](https://evil.example)", "[a]\n\n[a]: <https://evil.example> (x)", "![a](b)", "<a:b>", "www\\.evil\\.com", "&#119;ww.evil.com", "> - [a][b]\n>\n> [b]: //x.de 'y'",
		"|a|\n|-|\n|evil.com|", "```\nevil.com\n```", "`a.com`", "erledigt.Am", "a。com", "**evil**.com", "[[a](b)](c)", "![[a](b)](c)", "\\[a](b.de)", "1. evil.com\n   - x.de"} {
		f.Add(s)
	}
	l := LinksOf(linked)
	f.Fuzz(func(t *testing.T, s string) {
		got, _ := l.Keep(s)
		if parsable(got) && !l.clean(got) || l.foreign(got) {
			t.Errorf("%q became %q, which has a link", s, got)
		}
	})
}

func BenchmarkKeepLinks(b *testing.B) {
	source := strings.Repeat("Der Bescheid vom 5. November 2026 lehnt den Antrag ab, siehe www.musterstadt.example/a, z. B. S. 3.\n", 1000)
	answer := strings.Repeat("- **Der Bescheid** vom 5. November 2026 lehnt den Antrag ab (Bescheid.pdf, S. 3).\n", 50)
	b.Run("sources of 100 KB", func(b *testing.B) {
		b.SetBytes(int64(len(source)))
		for b.Loop() {
			LinksOf(source)
		}
	})
	l := LinksOf(source)
	b.Run("an answer of 4 KB", func(b *testing.B) {
		b.SetBytes(int64(len(answer)))
		for b.Loop() {
			l.Keep(answer)
		}
	})
}
