package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"maunium.net/go/mautrix/event"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

var brief = bots.Answer{
	Text: bots.Text{DE: "Frau Wieczorek **widerspricht**; die Anlage plan.dwg konnte ich nicht öffnen.", EN: "Ms Wieczorek objects."},
	Drafts: []bots.Draft{
		{To: []string{"Jana Wieczorek <jana@buerger.example>"}, Cc: []string{"amt@stadt.example"}, Subject: "AW: Parken *heute*",
			Text: "Sehr geehrte Frau Wieczorek,\n\n    vier  Leerzeichen\n```\nbleiben\n```\n\nMit freundlichen Grüßen\n"},
		{Subject: "AW: ../x", Text: "Guten Tag"},
	},
	Files: []bots.File{{Name: "Liste.docx", Data: []byte("x")}},
	Read: []bots.ReadFile{{Name: "brief.pdf", Read: true}, {Name: "plan.dwg", Reason: bots.Text{DE: "unbekanntes Format"}},
		{Name: "_geheim_.zip", Reason: bots.Text{DE: "mit Kennwort"}}, {Name: "leer.bin"}},
	Warnings: []bots.Text{{DE: "Frau Wieczorek widerspricht"}, {DE: "Zwei Beträge\nwidersprechen sich"}},
	Notice:   bots.Notice{Model: "m*1", Place: "hier"},
}

func TestCompose(t *testing.T) {
	const want = "Frau Wieczorek **widerspricht**; die Anlage plan.dwg konnte ich nicht öffnen.\n\n" +
		"**Bitte prüfen**\n\n- Zwei Beträge widersprechen sich\n\n" +
		"**Nicht vollständig gelesen**\n\n- \\_geheim\\_.zip: mit Kennwort\n- leer.bin: konnte nicht gelesen werden\n\n" +
		"**Entwurf 1**\nAn: Jana Wieczorek \\<jana@buerger.example>\nKopie: amt@stadt.example\nBetreff: AW: Parken \\*heute\\*\n\n" +
		"````\nSehr geehrte Frau Wieczorek,\n\n    vier  Leerzeichen\n```\nbleiben\n```\n\nMit freundlichen Grüßen\n````\n\n" +
		"**Entwurf 2**\nBetreff: AW: ../x\n\n```\nGuten Tag\n```\n\n" +
		"*Mit KI erstellt (m\\*1, hier). Bitte prüfen, vor allem Fristen, Beträge und Namen.*"
	md := chat.Compose(brief, "de")
	if md != want {
		t.Errorf("got:\n%s\nwant:\n%s", md, want)
	}
	c := plainContent(md, event.MsgText)
	for _, s := range []string{"<pre><code>Sehr geehrte Frau Wieczorek,\n\n    vier  Leerzeichen\n", "An: Jana Wieczorek &lt;jana@buerger.example&gt;<br>", "<p><em>Mit KI erstellt (m*1, hier)."} {
		if !strings.Contains(c.FormattedBody, s) {
			t.Errorf("%q is not in %s", s, c.FormattedBody)
		}
	}
	for _, s := range []string{"\n    vier  Leerzeichen\n", "_geheim_.zip: mit Kennwort", "\nBetreff: AW: Parken *heute*\n"} {
		if !strings.Contains(c.Body, s) {
			t.Errorf("%q is not in %s", s, c.Body)
		}
	}
	if got := chat.Compose(bots.Answer{Text: bots.Say(" nur das "), Notice: bots.Notice{Plain: true}}, "de"); got != "nur das" {
		t.Errorf("got %q", got)
	}
}

func TestComposedFiles(t *testing.T) {
	got := chat.Files(bots.Reply{ID: "x", Answer: brief}, time.Date(2026, 11, 20, 18, 42, 0, 0, time.UTC))
	var names []string
	for _, f := range got {
		names = append(names, f.Name)
	}
	if want := []string{"AW Parken heute.eml", "AW .. x.eml", "Liste.docx"}; fmt.Sprint(names) != fmt.Sprint(want) {
		t.Fatalf("got %q", names)
	}
	head, _, _ := bytes.Cut(got[0].Data, []byte("\r\n\r\n"))
	if got[0].Type != bots.TypeLetter || bytes.Contains(head, []byte("From:")) || !bytes.Contains(head, []byte("\r\nX-Unsent: 1")) || !bytes.Contains(head, []byte("To: ")) {
		t.Errorf("got %s", head)
	}
}

func TestCut(t *testing.T) {
	line := "Der Bescheid ist rechtswidrig, weil die Anhörung fehlt. "
	if got := cut("kurz", "de"); len(got.Text) != 1 || got.Whole {
		t.Errorf("got %+v", got)
	}
	if got := cut("", "de"); len(got.Text) != 0 || got.Whole {
		t.Errorf("got %+v", got)
	}
	got := cut(strings.Repeat(strings.Repeat(line, 10)+"\n\n", 60), "de") // 34 kB
	if len(got.Text) != 3 || got.Whole {
		t.Errorf("%d parts, whole %v", len(got.Text), got.Whole)
	}
	got = cut(strings.Repeat(strings.Repeat(line, 10)+"\n\n", 600), "de")
	if len(got.Text) != 1 || !got.Whole || !strings.HasSuffix(got.Text[0], textWhole.DE) || len(got.Text[0]) > beginText+300 {
		t.Errorf("%d parts, whole %v", len(got.Text), got.Whole)
	}
}

// TestLinks holds what is formatted to what Matrix allows.
func TestLinks(t *testing.T) {
	if got, want := formatted(`[a](https://x.example/?a=1&b=%22 "T \" rel=x>")`), `<p><a href="https://x.example/?a=1&amp;b=%22">a</a></p>`; got != want {
		t.Errorf("got %s", got)
	}
	if got := formatted("[a](https://x.example \"T\")"); got != `<p><a href="https://x.example">a</a></p>` {
		t.Errorf("got %s", got)
	}
}

// allowed is what Matrix allows of elements (Client-Server API, m.room.message).
var allowed = regexp.MustCompile(`^(del|h[1-6]|blockquote|p|a|ul|ol|sup|sub|li|b|i|u|strong|em|s|code|hr|br|div|table|thead|tbody|tr|th|td|caption|pre|span|img|details|summary)$`)

func FuzzCompose(f *testing.F) {
	f.Add("kurz", "Text", "Betreff", "datei.pdf")
	f.Add(strings.Repeat("|a|b|\n", 3000), strings.Repeat("`", 400), "\x00\u202e", "../..")
	f.Add(strings.Repeat("<&>\"'", 9000), "", "", "")
	f.Add("|"+strings.Repeat("a|", 500)+"\n|"+strings.Repeat("-|", 500)+"\n"+strings.Repeat("|"+strings.Repeat("b|", 500)+"\n", 40), "x", "y", "z")
	f.Add("```\n"+strings.Repeat("ü\n", 30000)+"```\n", strings.Repeat("\xff", 50000), "s", "n")
	f.Fuzz(func(t *testing.T, text, letter, subject, name string) {
		a := bots.Answer{Text: bots.Say(text), Drafts: []bots.Draft{{To: []string{subject}, Subject: subject, Text: letter}}, Read: []bots.ReadFile{{Name: name}},
			Warnings: []bots.Text{bots.Say(subject)}, Notice: bots.Notice{Model: name, Place: subject}}
		p := cut(chat.Compose(a, "de"), "de")
		if len(p.Text) == 0 || len(p.Text) > maxParts {
			t.Errorf("%d parts", len(p.Text))
		}
		for i, md := range p.Text {
			c := plainContent(md, event.MsgText)
			c.Mentions.Add("@anna:stadt.example")
			c.RelatesTo = (&event.RelatesTo{}).SetThread("$"+"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "$yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")
			whole, err := json.Marshal(marked(c, mark{Reply: markOf("x", "0"), AI: true, Model: "m"}))
			if err != nil || len(whole) > maxContent {
				t.Errorf("part %d has %d bytes, %v", i, len(whole), err)
			}
			if !utf8.ValidString(c.Body) || !utf8.ValidString(c.FormattedBody) {
				t.Error("invalid UTF-8")
			}
			if len(c.Body)+len(c.FormattedBody) <= maxEdit {
				whole, err := json.Marshal(marked(edit(c, "$zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), mark{}))
				if err != nil || len(whole) > maxContent+5_000 || !json.Valid(whole) {
					t.Errorf("an edit of %d bytes, %v", len(whole), err)
				}
			}
			z := html.NewTokenizer(strings.NewReader(c.FormattedBody))
			for z.Next() != html.ErrorToken {
				tok := z.Token()
				if tok.Type == html.StartTagToken && !allowed.MatchString(tok.Data) {
					t.Errorf("element %q", tok.Data)
				}
				for _, a := range tok.Attr {
					if !(tok.Data == "a" && a.Key == "href" || tok.Data == "ol" && a.Key == "start") {
						t.Errorf("attribute %s of %s", a.Key, tok.Data)
					}
				}
			}
		}
		for _, f := range chat.Files(bots.Reply{ID: "x", Answer: a}, time.Unix(0, 0)) {
			if bots.CleanName(f.Name) != f.Name {
				t.Errorf("file %q", f.Name)
			}
		}
	})
}
