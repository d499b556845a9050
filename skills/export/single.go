package export

import (
	"fmt"
	"path"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/office"
)

// A draftOrAnswer is what becomes a file.
type draftOrAnswer struct {
	doc      office.Document
	name     string    // of the file, without its ending
	what     bots.Text // in a sentence: "die Zusammenfassung"
	gaps     int
	warnings []bots.Text
}

const maxTurn = 64<<10 - 4 // bytes from which on the core may have cut a turn's text

// single returns one of the bot's turns: its drafts, or its text.
func single(t bots.Task, i int, w wish) draftOrAnswer {
	h := t.History[i]
	if len(h.Drafts) > 0 && w.what != text {
		return letters(t, h)
	}
	kind := label(h.Skill)
	about := subject(t.History, i)
	d := draftOrAnswer{name: fileName(kind.In(t.Language), about, t), what: bots.Text{DE: "die letzte Antwort", EN: "the last answer"}}
	body := office.FromMarkdown(h.Text)
	d.doc = base(t, kind.In(t.Language), h.Notice)
	if about != "" {
		d.doc.Title += ": " + about
	}
	if !titled(body) {
		d.doc.Blocks = append(d.doc.Blocks, office.Block{Kind: office.Heading, Level: 1, Spans: office.Text(d.doc.Title)})
	}
	d.doc.Blocks = append(d.doc.Blocks, body...)
	if len(h.Text) >= maxTurn {
		d.warnings = append(d.warnings, textCut)
		d.doc.Blocks = append(d.doc.Blocks, cutHere(t.Language))
	}
	d.doc.Blocks = append(d.doc.Blocks, cited(h, t.Language)...)
	return d
}

// letters returns the drafts of a turn, each on its own page.
func letters(t bots.Task, h bots.Turn) draftOrAnswer {
	first := h.Drafts[0]
	word := bots.Text{DE: "Entwurf", EN: "Draft"}.In(t.Language)
	about := shortSubject(first.Subject)
	d := draftOrAnswer{name: fileName(word, about, t), what: bots.Text{DE: "der Entwurf", EN: "the draft"}, doc: base(t, word, h.Notice)}
	if about != "" {
		d.doc.Title += ": " + about
	}
	if len(h.Drafts) > 1 {
		d.what = bots.Text{DE: "jeder Entwurf auf eigener Seite", EN: "each draft on a page of its own,"}
	}
	if first.Language != "" {
		d.doc.Language = first.Language
	}
	d.doc.Mark.Line = word + ". " + d.doc.Mark.Line
	for i, l := range h.Drafts {
		if i > 0 {
			d.doc.Blocks = append(d.doc.Blocks, office.Block{Kind: office.PageBreak})
		}
		d.doc.Blocks = append(d.doc.Blocks, letter(l, t.Language)...)
		d.gaps += l.Gaps
	}
	return d
}

// letter returns a draft as people read it: to whom, about what, the letter. Its gaps
// stay as they are.
func letter(l bots.Draft, language string) []office.Block {
	var head []office.Span
	for _, h := range []struct {
		name  bots.Text
		value string
	}{{bots.Text{DE: "An", EN: "To"}, strings.Join(l.To, ", ")}, {bots.Text{DE: "Kopie", EN: "Cc"}, strings.Join(l.Cc, ", ")}, {bots.Text{DE: "Betreff", EN: "Subject"}, l.Subject}} {
		if h.value == "" {
			continue
		}
		if len(head) > 0 {
			head = append(head, office.Span{Text: "\n"})
		}
		head = append(head, office.Span{Text: h.name.In(language) + ": ", Bold: true}, office.Span{Text: h.value})
	}
	blocks := []office.Block{{Spans: head}, {Kind: office.Rule}}
	return append(blocks, office.FromPlain(l.Text)...)
}

// base returns a document with what all have.
func base(t bots.Task, title string, n bots.Notice) office.Document {
	n.Said = false
	return office.Document{Title: title, Authority: t.Bot.Authority, Language: t.Language, Created: t.Now,
		Mark: office.Mark{Model: n.Model, Place: n.Place, Skill: strings.TrimSpace(n.Skill + " " + n.Version), Line: n.Line().In(t.Language)}}
}

// titled reports whether a text has a title of its own.
func titled(blocks []office.Block) bool {
	return len(blocks) > 0 && blocks[0].Kind == office.Heading && blocks[0].Level <= 2
}

// subject returns what an answer is about: the first file of its question, or the last
// one before.
func subject(history []bots.Turn, i int) string {
	for ; i >= 0; i-- {
		if h := history[i]; !h.Bot && len(h.Files) > 0 {
			name := bots.CleanName(h.Files[0].Name)
			return strings.TrimSuffix(name, path.Ext(name))
		}
	}
	return ""
}

// shortSubject returns a subject without what answers put before it.
func shortSubject(s string) string {
	for {
		before, after, ok := strings.Cut(s, ":")
		if p := strings.ToLower(strings.TrimSpace(before)); !ok || p != "aw" && p != "re" && p != "wg" && p != "fwd" && p != "fw" {
			return strings.Join(strings.Fields(s), " ")
		}
		s = after
	}
}

// fileName returns a name that a person recognises in a folder: what it is, about
// what, of which day.
func fileName(kind, about string, t bots.Task) string {
	const most = 60 // letters of what it is about
	about = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%`, r) || r < ' ' {
			return ' '
		}
		return r
	}, about)
	if r := []rune(about); len(r) > most {
		about = string(r[:most])
	}
	return strings.Join(strings.Fields(strings.Trim(kind+" "+about, ". ")+" "+t.Now.Format("2006-01-02")), " ")
}

// cutHere stands where the conversation has not kept the rest.
func cutHere(language string) office.Block {
	return office.Block{Spans: []office.Span{{Bold: true, Text: bots.Text{DE: "[Hier endet, was aufbewahrt ist: Der Beitrag war länger als 64 KB.]", EN: "[What was kept ends here: the entry was longer than 64 KB.]"}.In(language)}}}
}

// cited returns the sources that a text names as [n].
func cited(h bots.Turn, language string) (blocks []office.Block) {
	for _, s := range h.Sources {
		if !strings.Contains(h.Text, fmt.Sprintf("[%d]", s.N)) {
			continue
		}
		if len(blocks) == 0 {
			blocks = append(blocks, office.Block{Kind: office.Heading, Level: 2, Spans: office.Text(bots.Text{DE: "Quellen", EN: "Sources"}.In(language))})
		}
		line := fmt.Sprintf("[%d] %s", s.N, source(s, language))
		if s.Quote != "" {
			line += ": „" + strings.Join(strings.Fields(s.Quote), " ") + "“"
		}
		blocks = append(blocks, office.Block{Spans: office.Text(line)})
	}
	return blocks
}

// source returns where something comes from.
func source(s bots.Source, language string) string {
	where := s.File
	if where == "" {
		where = s.ID
	}
	if s.Page > 0 {
		where += fmt.Sprintf(bots.Text{DE: ", S. %d", EN: ", p. %d"}.In(language), s.Page)
	}
	if s.Link != "" {
		where = strings.TrimSpace(where + " " + s.Link)
	}
	return where
}
