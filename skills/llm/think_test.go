package llm

import (
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no thoughts":                            {"  Antwort ", "Antwort"},
		"thoughts in front":                      {"<think>a\n\nb</think>\n\nAntwort", "Antwort"},
		"thoughts of Magistral":                  {"[THINK]a[/THINK]Antwort", "Antwort"},
		"thoughts by another name":               {"\n<thinking>a</think></thinking> Antwort", "Antwort"},
		"thoughts without an opening mark":       {"erst dies </think>\nAntwort", "Antwort"},
		"empty thoughts":                         {"<think></think>Antwort", "Antwort"},
		"thoughts without an end":                {"<think>a", ""},
		"the mark is what the answer is about":   {"Das Zeichen <think>x</think> umgibt Gedanken.", "Das Zeichen <think>x</think> umgibt Gedanken."},
		"something that only begins like a mark": {"<thi", ""},
		"something else in brackets":             {"<b>Antwort</b>", "<b>Antwort</b>"},
		"nothing":                                {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= len(test.text)+1; size++ { // in pieces of every size
				var a answer
				seen := ""
				for rest := test.text; rest != ""; {
					n := min(size, len(rest))
					if a.add(rest[:n]) {
						if !strings.HasPrefix(a.text(), seen) {
							t.Errorf("after %q came %q", seen, a.text())
						}
						seen = a.text()
					}
					rest = rest[n:]
				}
				if got := a.whole(); got != test.want {
					t.Fatalf("in pieces of %d: got %q, want %q", size, got, test.want)
				}
			}
		})
	}
}

func TestObject(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`:                          `{"a":1}`,
		"```json\n{\"a\": {}}\n```":        `{"a": {}}`,
		`Hier: {"a":"}"} Gern geschehen.`:  `{"a":"}"}`,
		`[1]`:                              "",
		`{"a":`:                            "",
		`}{`:                               "",
		`zwei {"a":1} und {"b":2} Objekte`: "",
	} {
		got, ok := object(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v", text, got, ok)
		}
	}
}

func TestGuess(t *testing.T) {
	for name, want := range map[string]bool{
		"o3": true, "o3-mini": true, "openai/o4-mini": true, "gpt-5": true, "gpt-5.1": true, "gpt-5-nano": true,
		"gpt-4o": false, "o365-copilot": false, "olmo": false, "mistral-small": false, "gpt-50": false,
	} {
		if got := guess(name) == reasoning; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
