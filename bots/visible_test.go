package bots_test

import (
	"testing"

	"amtsbote/bots"
)

func TestVisible(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"plain text":               {"Guten Tag,\n\tFrist: 3. Mai\n", "Guten Tag,\n\tFrist: 3. Mai\n"},
		"umlauts and signs":        {"Größe ≥ 5 €, „ja“ – § 3\u00a0Abs. 1", "Größe ≥ 5 €, „ja“ – § 3\u00a0Abs. 1"},
		"zero width":               {"ht\u200btps\u2060://e\ufeffvil", "https://evil"},
		"a joiner within a word":   {"ev\u200dil\u200c.de", "evil.de"},
		"soft hyphen":              {"Wider\u00adspruch", "Widerspruch"},
		"turned around":            {"rechnung\u202efdp.exe\u202c \u2066x\u2069", "rechnungfdp.exe x"},
		"written in tags":          {"ja\U000e0069\U000e0067\U000e006e", "ja"},
		"data in selectors":        {"ja😀\U000e0101\U000e0120\ufe05", "ja😀"},
		"controls":                 {"a\x00b\x1b[31mc\x7f\u009bd", "ab[31mcd"},
		"fillers":                  {"a\u3164b\u2800c\u115fd", "abcd"},
		"private use":              {"a\ue000b", "ab"},
		"not UTF-8":                {"a\xffb", "ab"},
		"line ends":                {"a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"},
		"Persian keeps its joiner": {"می\u200cخواهم", "می\u200cخواهم"},
		"Hindi keeps its joiner":   {"क्\u200dष", "क्\u200dष"},
		"a family stays together":  {"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		"a red heart stays":        {"❤\ufe0f 1\ufe0f⃣", "❤\ufe0f 1\ufe0f⃣"},
	} {
		if got := bots.Visible(test.in); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
