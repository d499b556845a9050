package render

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSplit(t *testing.T) {
	para := func(c string, n int) string { return strings.Repeat(c, n) }
	code := "```go\n" + strings.Repeat("x := 1\n\n", 30) + "```"
	tests := map[string]struct {
		md   string
		n    int
		want []string
	}{
		"a text that fits is one part": {"a\n\nb", 300, []string{"a\n\nb"}},
		"nothing has no parts":         {" \n\n ", 300, nil},
		"between paragraphs": {para("a", 200) + "\n\n" + para("b", 200) + "\n\n" + para("c", 90), 300,
			[]string{para("a", 200), para("b", 200) + "\n\n" + para("c", 90)[:90]}},
		"exactly full": {para("a", 299) + "\n\n" + para("b", 300), 300, []string{para("a", 299), para("b", 300)}},
		"between points of a list": {"- " + para("a", 150) + "\n- " + para("b", 150) + "\n  weiter\n- " + para("c", 100), 300,
			[]string{"- " + para("a", 150), "- " + para("b", 150) + "\n  weiter\n- " + para("c", 100)}},
		"between sentences":        {para("a", 200) + ". " + para("b", 100) + ".", 256, []string{para("a", 200) + ". ", para("b", 100) + "."}},
		"between words":            {para("a", 200) + " " + para("b", 200), 256, []string{para("a", 200) + " ", para("b", 200)}},
		"never within a character": {para("ä", 200), 257, []string{para("ä", 128), para("ä", 72)}},
		"not within code that fits": {para("a", 100) + "\n\n" + code + "\n\nb", 300,
			[]string{para("a", 100), code + "\n\nb"}},
		"code too long is fenced again": {"~~~\n" + strings.Repeat("0123456789\n", 30) + "~~~\nb", 256,
			[]string{"~~~\n" + strings.Repeat("0123456789\n", 22) + "~~~", "~~~\n" + strings.Repeat("0123456789\n", 8) + "~~~\nb"}},
		"a table has its head again": {"|a|b|\n|-|-|\n" + strings.Repeat("|0123456789|x|\n", 20), 256,
			[]string{"|a|b|\n|-|-|\n" + strings.TrimSpace(strings.Repeat("|0123456789|x|\n", 16)), "|a|b|\n|-|-|\n" + strings.TrimSpace(strings.Repeat("|0123456789|x|\n", 4))}},
		"a part is never smaller than the smallest": {para("a", 300), 1, []string{para("a", 256), para("a", 44)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Split(tt.md, tt.n); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzSplit holds what Split promises for any text.
func FuzzSplit(f *testing.F) {
	f.Add("a\n\n```\nb\n\nc\n```\nd", 10)
	f.Add(strings.Repeat("- ä\n", 100)+"|a|\n|-|\n"+strings.Repeat("|b|\n", 100), 256)
	f.Add("```"+strings.Repeat("x\n\n\n\n", 100), 256)
	f.Add(strings.Repeat("`", 300)+"\n"+strings.Repeat("a. ", 300), 300)
	f.Add("|"+strings.Repeat("-|", 50)+"\n|-|\n"+strings.Repeat("x", 700)+"\n|a|", 256)
	f.Add("~~~\n"+strings.Repeat("b\n", 200)+"~~~x", 256)
	f.Add("    ~~~~ a\n"+strings.Repeat(" b\r\n", 200)+"\n~~~~", 256)
	f.Fuzz(func(t *testing.T, md string, n int) {
		if len(md) > 1<<16 {
			return
		}
		parts := Split(md, n)
		for _, p := range parts {
			if len(p) > max(n, MinPart) || strings.TrimSpace(p) == "" || !utf8.ValidString(p) {
				t.Errorf("part of %d bytes, limit %d: %q", len(p), max(n, MinPart), p)
			}
		}
		if !slices.Equal(parts, Split(md, n)) {
			t.Error("cut otherwise the second time")
		}
		if all := strings.Join(parts, ""); !contains(letters(all), letters(clean(md))) {
			t.Errorf("something is missing: got %q from %q", all, md)
		}
	})
}

// letters drops what Split may add or take away: blanks and the lines of fences
// and table heads, of which it makes more.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '`' || r == '~' {
			return -1
		}
		return r
	}, s)
}

// contains reports whether the runes of sub occur in s in this order.
func contains(s, sub string) bool {
	for _, r := range sub {
		i := strings.IndexRune(s, r)
		if i < 0 {
			return false
		}
		s = s[i+utf8.RuneLen(r):]
	}
	return true
}

func BenchmarkSplit(b *testing.B) {
	md := strings.Repeat("Ein Absatz mit **Text**, der etwas länger ist. Und noch ein Satz.\n\n", 10_000)
	b.SetBytes(int64(len(md)))
	for b.Loop() {
		Split(md, 40_000)
	}
}
