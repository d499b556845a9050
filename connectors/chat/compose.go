// Package chat is what the connectors of chats have in common: what an answer
// consists of, said in one message ([Compose]), the files that go with it ([Files]), a
// line about how far it is ([Progress]), and what people are told in the same words
// everywhere.
package chat

import (
	"cmp"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/connectors/render"
)

// Compose returns what an answer says, as CommonMark: its text, then what of its
// warnings and of the files that were not read the text does not say itself, then
// its drafts, each as one block to copy, and the AI notice.
func Compose(a bots.Answer, lang string) string {
	text := strings.TrimSpace(a.Text.In(lang))
	var all []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	add(text)
	add(list(textCheck.In(lang), warnings(a, text, lang)))
	add(list(textUnread.In(lang), unread(a, text, lang)))
	for i, d := range a.Drafts {
		add(draft(d, i, len(a.Drafts), lang))
	}
	if line := a.Notice.Line().In(lang); line != "" {
		add("*" + bots.Literal(line) + "*")
	}
	return strings.Join(all, "\n\n")
}

var (
	textCheck      = bots.Text{DE: "Bitte prüfen", EN: "Please check"}
	textUnread     = bots.Text{DE: "Nicht vollständig gelesen", EN: "Not read completely"}
	textDraft      = bots.Text{DE: "Entwurf", EN: "Draft"}
	textTo         = bots.Text{DE: "An", EN: "To"}
	textCc         = bots.Text{DE: "Kopie", EN: "Cc"}
	textTopic      = bots.Text{DE: "Betreff", EN: "Subject"}
	textUnreadable = bots.Text{DE: "konnte nicht gelesen werden", EN: "could not be read"}
)

func list(head string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "**" + head + "**\n\n- " + strings.Join(lines, "\n- ")
}

// warnings returns those that the text does not state itself.
func warnings(a bots.Answer, text, lang string) (lines []string) {
	for _, w := range a.Warnings {
		if s := w.In(lang); s != "" && !render.Says(text, s) {
			lines = append(lines, strings.Join(strings.Fields(s), " "))
		}
	}
	return lines
}

// unread returns the files of which something was not read, unless the text
// speaks of them.
func unread(a bots.Answer, text, lang string) (lines []string) {
	for _, f := range a.Read {
		reason := f.Reason.In(lang)
		if f.Read && reason == "" || strings.Contains(text, f.Name) || render.Says(text, bots.Literal(f.Name)) {
			continue
		}
		lines = append(lines, bots.Literal(bots.CleanName(f.Name))+": "+cmp.Or(strings.Join(strings.Fields(reason), " "), textUnreadable.In(lang)))
	}
	return lines
}

// draft shows a draft: whom it is for, and its text as one block to copy.
func draft(d bots.Draft, i, n int, lang string) string {
	var b strings.Builder
	b.WriteString("**" + textDraft.In(lang))
	if n > 1 {
		b.WriteString(" " + strconv.Itoa(i+1))
	}
	b.WriteString("**\n")
	for _, h := range []struct {
		name  bots.Text
		value string
	}{{textTo, strings.Join(d.To, ", ")}, {textCc, strings.Join(d.Cc, ", ")}, {textTopic, d.Subject}} {
		if h.value != "" {
			b.WriteString(h.name.In(lang) + ": " + bots.Literal(h.value) + "\n")
		}
	}
	text := strings.Trim(d.Text, "\r\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return b.String() + "\n" + fence + "\n" + text + "\n" + fence
}
