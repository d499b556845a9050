package render

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

func TestTeams(t *testing.T) {
	for _, tt := range []struct{ md, want string }{
		{"", ""},
		{"# Überschrift mit **fett**\n\nGrüße, *bald* und __sehr__ bald.", "**Überschrift mit fett**\n\nGrüße, *bald* und **sehr** bald."},
		{"eins\nzwei  \ndrei", "eins  \nzwei  \ndrei"},
		{"- a\n\n- b\n  - c\n\n  noch b\n1. x\n2. y", "- a\n- b\n    - c\n\n    noch b\n\n1. x\n2. y"},
		{"> Zitat\n> weiter", "> Zitat  \n> weiter"},
		{"a\n\n---\n\nb", "a\n\n———\n\nb"},
		{"```go\nif a < b {}\n```", "```\nif a < b {}\n```"},
		{"    a ``` b", "````\na ``` b\n````"},
		{"`code` und `a<b` und `` ` ``", "`code` und a&lt;b und \\`"},
		{"[Amt](https://amt.example/a_(b)?x=1&y=2 \"t\") <https://amt.example>, <amt@stadt.example>",
			"[Amt](https://amt.example/a_%28b%29?x=1&amp;y=2) [https://amt.example](https://amt.example), [amt@stadt.example](mailto:amt@stadt.example)"},
		{"[x](javascript:alert(1)) [y](&#106;avascript:a) [z](/a) [teams](msteams:/l/x) [d](data:text/html,x) [f](ftp://a.example/b)", "x y z teams d f"},
		{"![Bild](https://evil.example/p.png) ! [a](https://b.example)![b](https://b.example)", "Bild ! [a](https://b.example)b"},
		{`Achtung\![a](https://b.example)`, `Achtung\![a](https://b.example)`},
		{"<at>Anna</at> <b>fett</b> <img src=x> &lt;at&gt;Bernd&lt;/at&gt;", "&lt;at>Anna&lt;/at> &lt;b>fett&lt;/b> &lt;img src=x> &lt;at>Bernd&lt;/at>"},
		{`\# a`, `\# a`},
		{"1\\. a\n\\- b\n\\+ c\n\\> d\n\\=\n\\| e | f\n\\:-", "1\\. a  \n\\- b  \n\\+ c  \n&gt; d  \n&#61;  \n&#124; e | f  \n&#58;-"},
		{"2\\) a", "2\\) a"},
		{`\*a\* \_b\_ a_b \~~c~~ C:\\x §5`, `\*a\* \_b\_ a\_b &#126;&#126;c&#126;&#126; C:\\x §5`},
		{"AT&amp;T &amp;lt; R&D &amp;", "AT&T &amp;lt; R&D &amp;"},
		{"Satz [1], [2][3] und \\[4](https://a.example) [5]: x [wort] [1234]", "Satz [1], [2][3] und \\[4\\](https://a.example) \\[5\\]: x \\[wort\\] \\[1234\\]"},
		{"[a [7] b](https://a.example)", "[a \\[7\\] b](https://a.example)"},
		{"*a***b** ***c*** *d **e***", "*a*b **c** d **e**"},
		{"| A | B |\n|---|---|\n| 1 | ä |\n| 22 | |", "```\nA   B\n-----\n1   ä\n22\n```"},
		{"| A | B |\n|---|---|\n| x [1] | **y** |\n| | z |", "- **A:** x [1]  \n    **B:** **y**\n- **B:** z"},
		{"*- a\nb*", "\\- a  \nb"},
	} {
		if got := Teams(tt.md); got != tt.want {
			t.Errorf("%q:\ngot  %q\nwant %q", tt.md, got, tt.want)
		}
	}
	wide := "| " + strings.Repeat("a", 50) + " | b |\n|---|---|\n| c | " + strings.Repeat("d", 40) + " |"
	if got := Teams(wide); !strings.HasPrefix(got, "- **aaa") {
		t.Errorf("got %q", got)
	}
	if got := Teams(strings.Repeat(">", maxNesting+1) + "<at>x</at>\n- b"); !strings.Contains(got, "&lt;at>x&lt;/at>  \n\\- b") {
		t.Errorf("unformatted: %q", got)
	}
}

// A text that a model writes line by line is streamed: what was shown must stay.
func TestTeamsGrows(t *testing.T) {
	const md = "# Kurz\n\nFrau Öztürk **widerspricht** dem [Bescheid](https://a.example) vom 3.\nSie *bittet* um Frist.\n\n" +
		"- erstens [1]\n- zweitens `x`\n\n- drittens\n  - darunter\n\n1. a\n2. b\n\n> Zitat\n> weiter\n\nEnde!\n"
	last := ""
	for i := range md {
		if md[i] != '\n' {
			continue
		}
		got := Teams(md[:i+1])
		if !strings.HasPrefix(got, last) {
			t.Errorf("%q does not begin with %q", got, last)
		}
		last = got
	}
}

// strict reads as much Markdown as Teams could.
var strict = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList))

// active names what of a text is active though the bot may not make it so.
func active(md string) (bad []string) {
	root := strict.Parser().Parse(text.NewReader([]byte(md)))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock, *ast.Image, *extast.Table, *extast.Strikethrough, *extast.TaskCheckBox, *ast.Heading, *ast.ThematicBreak,
			*extast.Footnote, *extast.FootnoteLink, *extast.DefinitionList:
			bad = append(bad, n.Kind().String())
		case *ast.Link:
			u, err := url.Parse(string(n.Destination))
			if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
				bad = append(bad, "link to "+string(n.Destination))
			}
			if n.Reference != nil {
				bad = append(bad, "reference")
			}
		}
		return ast.WalkContinue, nil
	})
	return bad
}

// shown returns what a person reads of a tree, without white space.
func shown(root ast.Node, source []byte) string {
	var b bytes.Buffer
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(unescape(n, source))
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.Write(n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), "")
}

func FuzzTeams(f *testing.F) {
	for _, s := range []string{"# a\n*b* **c** `d` [e](https://f.example)", "<at>x</at>", "![a](b)", "- a\n  1. b\n\n> c", "| a | b |\n|--|--|\n| c | d |",
		"[1]: https://evil.example\n\n\\[1]", "\\![a](http://b.example)", "a\n\\===", "a | b\n\\-|-", "~~a~~", "```\n<b>\n```", "&lt;b&gt;", "***a** b*", "x[^1]\n\n[^1]: y",
		"<!-- -->", "<https://a.example/\"onclick>", "[a](<https://b.example/ )(>)", "- [ ] todo", "a\n: b", "*1*. a", "`a`b`", "\v#", "\\", "!\\[a](b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, md string) {
		if len(md) > 4_000 {
			return
		}
		got := Teams(md)
		if bad := active(got); len(bad) > 0 {
			t.Errorf("%q became %q: %v", md, got, bad)
		}
		if strings.Contains(outside(got), "<") {
			t.Errorf("%q became %q", md, got)
		}
		if strings.ContainsFunc(md, func(r rune) bool { return r == '|' || unicode.IsControl(r) && r != '\n' }) || !formattable(md) {
			return // a table has a line that was not in the text
		}
		source := []byte(got)
		said := strings.ReplaceAll(shown(strict.Parser().Parse(text.NewReader(source)), source), "———", "")
		if want := shown(parse(clean(md))); said != strings.ReplaceAll(want, "———", "") {
			t.Errorf("%q became %q: shows %q, not %q", md, got, said, want)
		}
	})
}

// outside returns a text without its fenced code.
func outside(md string) string {
	source := []byte(md)
	keep := make([]byte, len(source))
	copy(keep, source)
	root := strict.Parser().Parse(text.NewReader(source))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n, ok := n.(*ast.FencedCodeBlock); ok && entering {
			for _, s := range n.Lines().Sliced(0, n.Lines().Len()) {
				for i := s.Start; i < s.Stop; i++ {
					keep[i] = '.'
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return string(keep)
}
