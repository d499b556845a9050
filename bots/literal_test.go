package bots

import "testing"

func TestLiteral(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"words stay":                        {"Gebühr von 25,00 €", "Gebühr von 25,00 €"},
		"no link hides its target":          {"[Hier](https://boese.example)", `\[Hier\](https://boese.example)`},
		"no picture":                        {"![x](https://boese.example/p)", `!\[x\](https://boese.example/p)`},
		"no emphasis":                       {"**wichtig** ~~nicht~~", `\*\*wichtig\*\* \~\~nicht\~\~`},
		"no HTML":                           {"<img src=x>", `\<img src=x>`},
		"a name with low lines stays":       {"Bescheid_2026_11.pdf", "Bescheid_2026_11.pdf"},
		"low lines at the ends":             {"_a_", `\_a\_`},
		"an entity is no sign":              {"a &lt; b", `a \&lt; b`},
		"an ampersand stays":                {"Müller & Söhne", "Müller & Söhne"},
		"a line break ends nothing":         {"a\n\n# b", "a # b"},
		"an escape escapes nothing of ours": {`\*`, `\\\*`},
	} {
		if got := Literal(test.in); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestQuoted(t *testing.T) {
	if got, want := Quoted("Der Rat nahm die „Mühle“ [an]"), (Text{DE: `„Der Rat nahm die ‚Mühle‘ \[an\]“`, EN: `“Der Rat nahm die „Mühle“ \[an\]”`}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
