package llm_test

import (
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer"

	"amtsbote/skills/llm"
)

// TestTokens holds the estimate against real vocabularies: never below, and not
// so far above that half of the context would be wasted.
func TestTokens(t *testing.T) {
	letter, err := os.ReadFile("testdata/office.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]struct {
		text string
		most float64 // times the real number
	}{
		"an office's letter": {string(letter), 2},
		"English":            {"The deadline for an objection is one month after the notice was received. Please note that fees are not refunded.", 2.5},
		"a table":            {"| Nr. | Betrag | Datum |\n|---|---|---|\n| 1 | 25,00 € | 20.11.2026 |\n| 2 | 1.204,50 € | 05.11.2026 |", 2},
		"Turkish":            {"Sayın Bayan Yılmaz, başvurunuz değerlendirilmiştir. Lütfen eksik belgeleri gönderiniz.", 2.5},
		"Ukrainian":          {"Шановна пані, прошу надіслати мені копію рішення щодо моєї заяви.", 3.5},
		"Arabic":             {"السلام عليكم، أرجو إرسال نسخة من القرار.", 3.5},
		"emoji":              {"👍🏽👨‍👩‍👧‍👦🎉", 3},
	}
	for _, vocabulary := range []tokenizer.Encoding{tokenizer.Cl100kBase, tokenizer.O200kBase} {
		codec, err := tokenizer.Get(vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range texts {
			real, err := codec.Count(test.text)
			if err != nil {
				t.Fatal(err)
			}
			got := llm.Tokens(test.text)
			t.Logf("%s, %s: estimated %d, real %d: %.2f", name, vocabulary, got, real, float64(got)/float64(real))
			if got < real || float64(got) > test.most*float64(real) {
				t.Errorf("%s, %s: estimated %d, real %d", name, vocabulary, got, real)
			}
		}
	}
	if llm.Tokens("") != 0 || llm.Tokens("a") != 1 {
		t.Error("the smallest texts are wrong")
	}
}

func TestSplit(t *testing.T) {
	para := strings.Repeat("wort ", 20) // 34 tokens
	tests := map[string]struct {
		text string
		max  int
		want []string
	}{
		"what fits is one part":                       {"Ein Satz.", 10, []string{"Ein Satz."}},
		"white space is no part":                      {" \n\n\t ", 10, nil},
		"between paragraphs":                          {"eins zwei drei\n\nvier fünf sechs\n\nsieben", 12, []string{"eins zwei drei\n\nvier fünf sechs", "sieben"}},
		"not at a paragraph too far in front":         {"eins\n\nzwei drei vier fünf sechs sieben", 12, []string{"eins\n\nzwei drei vier fünf sechs", "sieben"}},
		"else between lines":                          {"eins zwei drei vier\nfünf sechs sieben", 12, []string{"eins zwei drei vier", "fünf sechs sieben"}},
		"else between sentences":                      {"Der Antrag ist eingegangen. Er war unvollständig.", 14, []string{"Der Antrag ist eingegangen.", "Er war unvollständig."}},
		"a date and an abbreviation end no sentence":  {"Das kam gem. Nr. 5 am 5. November mit der Post an uns", 15, []string{"Das kam gem. Nr. 5 am 5. November mit", "der Post an uns"}},
		"else between words":                          {"eins zwei drei vier fünf", 6, []string{"eins zwei drei", "vier fünf"}},
		"a word that is too long is cut":              {"Bewohnerparkausweisverlängerung", 6, []string{"Bewohnerparkauswei", "sverlängerung"}},
		"never within a letter":                       {"äöüäöü", 2, []string{"äöüä", "öü"}},
		"a limit that is too small still makes parts": {"ab🎉c", 0, []string{"ab", "🎉", "c"}},
		"many paragraphs":                             {para + "\n\n" + para + "\n\n" + para, 40, []string{strings.TrimSpace(para), strings.TrimSpace(para), strings.TrimSpace(para)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := llm.Split(test.text, test.max)
			if strings.Join(got, "¦") != strings.Join(test.want, "¦") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzSplit holds what Split promises: parts that fit, nothing lost, nothing moved.
func FuzzSplit(f *testing.F) {
	f.Add("Ein Satz. Noch einer.\n\nUnd ein Absatz mit 25,00 €.", 5)
	f.Add("äöü \xff\xfe🎉\n \n\r\n", 2)
	f.Fuzz(func(t *testing.T, text string, max int) {
		parts := llm.Split(text, max)
		for _, p := range parts {
			if p == "" || p != strings.TrimSpace(p) || llm.Tokens(p) > floor(max) {
				t.Errorf("%q has %d tokens of %d", p, llm.Tokens(p), max)
			}
		}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		if utf8.ValidString(text) && bare(strings.Join(parts, " ")) != bare(text) {
			t.Errorf("%q became %q", text, parts)
		}
	})
}

// floor is the least that Split takes for a limit.
func floor(n int) int { return max(n, 3) }
