package draft

import (
	"context"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// maxGerman is how many bytes of a translation the brief shows.
const maxGerman = 6000

// german has the model say in German, for the colleague, what the letter and the
// draft say in another language. It is no part of the draft. That it cannot be had
// does not hold up the answer.
func (w *writer) german(ctx context.Context, l *letter.Letter, d bots.Draft, b *brief) error {
	foreign := l.Language != "" && l.Language != "de"
	if !foreign && d.Language == "de" {
		return nil
	}
	if w.model == nil {
		b.warn("Eine deutsche Fassung kann ich ohne Sprachmodell nicht schreiben.", "Without a language model I cannot write a German version.")
		return nil
	}
	system := w.skill.instructions.Text("german.txt")
	budget := w.model.Budget()
	answer := min(2*maxAnswer, budget/2)
	room := budget - answer - llm.Tokens(system) - 2*reserve
	var parts []string
	add := func(name, text string, room int) {
		cut := llm.Split(text, max(room, minFile))
		if len(cut) == 0 {
			return
		}
		if len(cut) > 1 {
			b.warn("Die deutsche Fassung ist nicht vollständig: Der Text ist für das Sprachmodell zu lang.", "The German version is not complete: the text is too long for the language model.")
		}
		parts = append(parts, llm.Fence(name, cut[0]))
	}
	if foreign {
		add("Brief", original(l), room*2/3)
	}
	if d.Language != "de" {
		add("Entwurf", d.Text, room/3)
	}
	c, err := w.model.Complete(ctx, llm.Prompt{System: system, MaxTokens: answer, Turns: []llm.Turn{{Text: strings.Join(parts, "\n\n")}}})
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err == nil {
		b.german[0], b.german[1] = germanParts(c.Text)
	}
	w.guardGerman(l, d, b, foreign)
	if b.german == [2]string{} {
		b.warn("Eine deutsche Fassung ist dem Sprachmodell nicht gelungen.", "The language model did not manage a German version.")
		return nil
	}
	w.said = c
	return nil
}

// guardGerman keeps what was asked for, takes links out that no source has and
// marks what the originals do not say. The draft's German text is also where a
// decision shows that slipped into another language.
func (w *writer) guardGerman(l *letter.Letter, d bots.Draft, b *brief, foreign bool) {
	if !foreign {
		b.german[0] = ""
	}
	if d.Language == "de" {
		b.german[1] = ""
	}
	src := newSources(l.Head.Date, w.sources(l).Text(), d.Text)
	src.note = w.note
	b.german[1], _ = guard(b.german[1], src)
	src.quote = true
	b.german[0], _ = guard(b.german[0], src)
	for i := range b.german { // gaps of the draft are not gaps of the brief
		b.german[i] = strings.ReplaceAll(b.german[i], "**", "")
	}
}

// germanParts takes the model's answer apart.
func germanParts(s string) (brief, draft string) {
	s = strings.TrimSpace(thinking.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), ""))
	s, _ = answer.Own(strings.Trim(s, "`"))
	s = tag.ReplaceAllString(s, "")
	if at := endMark.FindStringIndex(s); at != nil {
		s = s[:at[0]]
	}
	if at := draftMark.FindStringIndex(s); at != nil {
		s, draft = s[:at[0]], s[at[1]:]
	}
	if at := letterMark.FindStringIndex(s); at != nil {
		brief = s[at[1]:]
	}
	return strings.TrimSpace(brief), strings.TrimSpace(draft)
}
