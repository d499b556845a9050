package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/office"
)

// record returns the whole conversation as it is put on file: who wrote when, what
// answered, with which files and sources.
func record(t bots.Task) draftOrAnswer {
	say := func(de, en string) string { return bots.Text{DE: de, EN: en}.In(t.Language) }
	title := say("Gespräch mit ", "Conversation with ") + t.Bot.Name
	d := draftOrAnswer{name: fileName(title, "", t), what: bots.Text{DE: "das Gespräch", EN: "the conversation"}, doc: base(t, title, bots.Notice{Plain: true})}
	d.doc.Mark = recordMark(t)
	add := func(b ...office.Block) { d.doc.Blocks = append(d.doc.Blocks, b...) }
	add(office.Block{Kind: office.Heading, Level: 1, Spans: office.Text(title)}, facts(t))
	add(office.Block{Small: true, Spans: office.Text(say(
		"Enthält, was von diesem Gespräch noch aufbewahrt ist (höchstens die letzten 40 Beiträge). Befehle, Hilfetexte und Gelöschtes fehlen; von Dateien stehen hier nur die Namen.",
		"Holds what is still kept of this conversation (the last 40 entries at most). Commands, help texts and what was deleted are missing; of files only the names stand here."))})
	for _, h := range t.History {
		add(turn(h, t)...)
		if len(h.Text) >= maxTurn {
			add(cutHere(t.Language))
			d.warnings = []bots.Text{textCut}
		}
	}
	return d
}

// facts returns the table at the head of a record.
func facts(t bots.Task) office.Block {
	say := func(de, en string) string { return bots.Text{DE: de, EN: en}.In(t.Language) }
	b := office.Block{Kind: office.Table}
	row := func(name, value string) {
		if value != "" {
			b.Rows = append(b.Rows, []office.Cell{{Spans: office.Text(name)}, {Spans: office.Text(value)}})
		}
	}
	row(say("Angabe", "Item"), say("Wert", "Value"))
	row(say("Behörde", "Authority"), t.Bot.Authority)
	row(say("Assistent", "Assistant"), t.Bot.Name)
	row(say("Beteiligte", "People"), strings.Join(collect(t.History, func(h bots.Turn) string { return h.Person }), ", "))
	if first, last := t.History[0].Time, t.History[len(t.History)-1].Time; !first.IsZero() {
		row(say("Zeitraum", "Period"), at(first, t)+" – "+at(last, t))
	}
	row(say("Modelle", "Models"), strings.Join(models(t.History), "; "))
	row(say("Fähigkeiten, Anweisungen", "Skills, instructions"), strings.Join(collect(t.History, func(h bots.Turn) string {
		return strings.TrimSpace(h.Notice.Skill + " " + h.Notice.Version)
	}), ", "))
	row(say("Datenklasse", "Data class"), t.Class.Text().In(t.Language))
	row(say("Erstellt", "Made"), at(t.Now, t)+say(" für ", " for ")+t.Message.Sender)
	return b
}

// turn returns one entry of a record.
func turn(h bots.Turn, t bots.Task) []office.Block {
	say := func(de, en string) string { return bots.Text{DE: de, EN: en}.In(t.Language) }
	who := h.Person
	if h.Bot {
		who = t.Bot.Name
	}
	blocks := []office.Block{{Kind: office.Heading, Level: 2, Spans: office.Text(at(h.Time, t) + " · " + who)}}
	note := func(s string) { blocks = append(blocks, office.Block{Small: true, Spans: office.Text(s)}) }
	if !h.Bot {
		blocks = append(blocks, plain(h.Text)...)
		for _, f := range h.Files {
			note(say("Datei: ", "File: ") + bots.CleanName(f.Name) + size(f.Size, t.Language))
		}
		return blocks
	}
	for _, b := range office.FromMarkdown(h.Text) {
		if b.Kind == office.Heading {
			b.Level += 2
		}
		blocks = append(blocks, b)
	}
	for _, l := range h.Drafts {
		blocks = append(blocks, office.Block{Kind: office.Heading, Level: 3, Spans: office.Text(say("Entwurf", "Draft"))})
		blocks = append(blocks, letter(l, t.Language)...)
	}
	if len(h.Sources) > 0 {
		all := collect(h.Sources, func(s bots.Source) string { return source(s, t.Language) })
		note(say("Quellen: ", "Sources: ") + strings.Join(all, "; "))
	}
	n := h.Notice
	n.Said = false
	if line := n.Line().In(t.Language); line != "" {
		note(line + fmt.Sprintf(say(" Fähigkeit: %s, Anweisungen in Version %s.", " Skill: %s, instructions version %s."), n.Skill, n.Version))
	}
	return blocks
}

// plain returns what a person wrote, in which nothing is markup.
func plain(s string) (blocks []office.Block) {
	for p := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n") {
		if strings.TrimSpace(p) != "" {
			blocks = append(blocks, office.Block{Spans: office.Text(strings.Trim(p, "\n"))})
		}
	}
	return blocks
}

// recordMark says that people and a program wrote the conversation.
func recordMark(t bots.Task) office.Mark {
	m := office.Mark{Mixed: true, Skill: "export " + version}
	all := models(t.History)
	if len(all) == 0 {
		m.Line = bots.Text{DE: "Aufzeichnung eines Gesprächs. Die Antworten von " + t.Bot.Name + " sind ohne Sprachmodell erstellt, nach festen Regeln.",
			EN: "Record of a conversation. The answers of " + t.Bot.Name + " were made without a language model, by fixed rules."}.In(t.Language)
		return m
	}
	m.Model = strings.Join(collect(t.History, func(h bots.Turn) string { return h.Notice.Model }), "; ")
	m.Place = strings.Join(collect(t.History, func(h bots.Turn) string { return h.Notice.Place }), "; ")
	list := strings.Join(all, "; ")
	m.Line = bots.Text{DE: "Aufzeichnung eines Gesprächs mit einer KI. Antworten von " + t.Bot.Name + " sind mit KI erstellt (" + list + ").",
		EN: "Record of a conversation with an AI. Answers of " + t.Bot.Name + " were made with AI (" + list + ")."}.In(t.Language)
	return m
}

// models returns which models answered, and where they run.
func models(history []bots.Turn) []string {
	return collect(history, func(h bots.Turn) string {
		if h.Notice.Model != "" && h.Notice.Place != "" {
			return h.Notice.Model + ", " + h.Notice.Place
		}
		return h.Notice.Model
	})
}

// collect returns what of says of each, without repetitions and empty ones, in order.
func collect[T any](all []T, of func(T) string) (out []string) {
	for _, v := range all {
		if s := of(v); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// at returns a time as people write it, in the bot's zone.
func at(when time.Time, t bots.Task) string {
	return when.In(t.Now.Location()).Format("02.01.2006, 15:04")
}

// size returns the size of a file in brackets, if it is known.
func size(n int64, language string) string {
	switch {
	case n <= 0:
		return ""
	case n < 1<<20:
		return fmt.Sprintf(" (%d KB)", (n+1023)/1024)
	}
	s := fmt.Sprintf(" (%.1f MB)", float64(n)/(1<<20))
	if language != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
