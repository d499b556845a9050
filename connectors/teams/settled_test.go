package teams

import (
	"strings"
	"testing"
)

// What is settled of a text is its beginning, and what Teams has been shown of it
// stays: else the stream would be broken.
func FuzzSettled(f *testing.F) {
	for _, s := range []string{partial, "a\n```\nb. c\n```\nd. e", "| a | b |\n|--|--|\n| c | d |\n\nx", "**a. b** c. d", "~~~~\n~~~\n~~~~\n", "1. a\n2. b", "# A. b\n", "x <y. z> a"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, md string, n int) {
		if len(md) > 3_000 || n <= 0 {
			return
		}
		for i := 0; i <= len(md); i += n {
			if got := settled(md[:i]); !strings.HasPrefix(md[:i], got) {
				t.Fatalf("%q of %q", got, md[:i])
			}
		}
	})
}

func TestSettled(t *testing.T) {
	for md, want := range map[string]string{
		"": "", "Ein Wort": "", "Ein Satz. Und": "Ein Satz.", "Eins.\nZwei": "Eins.\n", "Am 3. Mai": "", "**Ein Satz. Und": "", "**Ein** Satz. Und": "**Ein** Satz.",
		"a.\n\n| b | c |\n": "a.\n\n", "a.\n\n```\ncode. x\n": "a.\n\n", "a.\n\n```\ncode\n```\nb. c": "a.\n\n```\ncode\n```\nb.", "# Kopf. Und\nText. X": "# Kopf. Und\nText.", "# Kopf. Und": "",
		"a. b [c. d": "a.", "a. b <c. d": "a.", "a.\n```\nx": "a.\n", strings.Repeat("Ein Satz. ", 3_000): "", "a.\n\n````\nx\n```\ny\n````\n": "a.\n\n````\nx\n```\ny\n````\n",
	} {
		if got := settled(md); got != want {
			t.Errorf("%q: %q, not %q", clip(md, 40), got, want)
		}
	}
}
