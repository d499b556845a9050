package note

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
	"amtsbote/skills/talk"
)

// pieceTokens is how much of a message or file stands behind one mark: an answer
// about a part of a long one must still be able to name it.
const pieceTokens = 300

// figures in brackets would look like our marks, and like what a model refers by.
var figures = regexp.MustCompile(`[\[(](\d[\d, –-]*)[\])]`)

// marked writes down what a model reads: each message, and each file that came with
// one, on lines of their own that begin with its mark.
func (j job) marked() material.Marked {
	var m material.Marked
	var b strings.Builder
	add := func(head, text string) {
		parts := llm.Split(figures.ReplaceAllString(text, "$1"), pieceTokens)
		for i, part := range parts {
			more := ""
			if len(parts) > 1 {
				more = fmt.Sprintf(" (Stück %d von %d)", i+1, len(parts))
			}
			b.WriteString(head + more + ": " + strings.Join(strings.Fields(part), " ") + "\n")
		}
	}
	for i := range j.talk.All {
		l := &j.talk.All[i]
		m.From = append(m.From, l.ID)
		head := fmt.Sprintf("[%d] %s, %s", i+1, talk.Stamp("de", l.Time, true), l.Name)
		if to, ok := j.talk.Answered(i); ok {
			head += fmt.Sprintf(", Antwort auf Nr. %d", to+1)
		}
		add(head, l.Said)
		for _, f := range l.Attached {
			add(head+", Datei "+talk.CleanName(f.Name, ""), cmp.Or(f.Text, "nicht gelesen"))
		}
	}
	m.Text = strings.TrimSpace(b.String())
	return m
}

// said is what facts of a note are held against: the words, names and times of the
// messages, and the days that they name, in full and counted from their own.
func (j job) said() string {
	var b strings.Builder
	b.WriteString(j.talk.Name("de") + "\n")
	say := func(text string, on time.Time) {
		b.WriteString(text + "\n")
		days := talk.Days(text, on)
		for _, f := range facts.Find(text, on) {
			if !f.Date.IsZero() {
				days = append(days, f.Date)
			}
		}
		for _, day := range days {
			b.WriteString(facts.ShortDate(day, "de") + "\n" + day.Format("02.01.2006") + "\n")
		}
	}
	for i := range j.talk.All {
		l := &j.talk.All[i]
		b.WriteString(l.Name + "\n" + l.Time.Format("15:04") + "\n")
		say(l.Said, l.Time)
		for _, f := range l.Attached {
			b.WriteString(f.Name + "\n")
			say(f.Text, l.Time)
		}
	}
	say(j.wish, j.t.Now)
	say(j.before, j.t.Now)
	return b.String()
}

var (
	// numbered finds how an answer refers to messages: "[3]", "[3, 5]", "(3)".
	numbered = regexp.MustCompile(`[ \t]*[\[(](?:Nr\. ?)?(\d{1,6}(?: ?(?:,|und|and) ?(?:Nr\. ?)?\d{1,6})*)[\])]`)
	digits   = regexp.MustCompile(`\d+`)
)

// refer writes all references as "[3, 5]", and drops those to messages that are not
// there. It reports whether there were such.
func (j job) refer(text string) (string, bool) {
	wrong := false
	text = numbered.ReplaceAllStringFunc(text, func(ref string) string {
		var known []string
		for _, d := range digits.FindAllString(ref, -1) {
			if n, err := strconv.Atoi(d); err == nil && n > 0 && n <= len(j.talk.All) {
				known = append(known, strconv.Itoa(n))
			}
		}
		switch {
		case len(known) > 0:
			return " [" + strings.Join(known, ", ") + "]"
		case strings.HasSuffix(ref, ")"):
			return ref // a year, or what else stands in brackets
		}
		wrong = true
		return ""
	})
	return text, wrong
}

var exact = regexp.MustCompile(`\[\d{1,6}(?:, \d{1,6})*\]`)

// link puts the links of the messages where refer left their numbers, and lists the
// messages, each once.
func (j job) link(text, lang string) (string, []bots.Source) {
	var sources []bots.Source
	seen := map[int]bool{}
	text = exact.ReplaceAllStringFunc(text, func(ref string) string {
		var links []string
		for _, d := range digits.FindAllString(ref, -1) {
			n, err := strconv.Atoi(d)
			if err != nil || n < 1 || n > len(j.talk.All) {
				continue
			}
			links = append(links, j.talk.Link(lang, n-1))
			if !seen[n] {
				seen[n] = true
				l := &j.talk.All[n-1]
				sources = append(sources, bots.Source{N: len(sources) + 1, ID: l.ID, Link: l.Link})
			}
		}
		return strings.Join(links, " ")
	})
	return text, sources
}

// unlink is the other way round, of a note that is to be changed.
func (j job) unlink(note string) string {
	for i := range j.talk.All {
		mark := fmt.Sprintf("[%d]", i+1)
		for _, lang := range []string{"de", "en"} {
			if link := j.talk.Link(lang, i); strings.HasPrefix(link, "[") {
				note = strings.ReplaceAll(note, link, mark)
			}
		}
	}
	return note
}

// checked is an answer whose references are of one form, without links of a model's
// own, and with the facts marked that no message has.
func (j job) checked(a answer.Answer) answer.Answer {
	text, linked := llm.KeepLinks(a.Text)
	text, wrong := j.refer(text)
	// "morgen" counts from the day of its message (said), not from one for all.
	text, warnings := answer.Hold(text, check.Read(time.Time{}, j.said()), j.t.Language)
	a.Text, a.Warnings = text, append(a.Warnings, warnings...)
	if linked {
		a.Warnings = append(a.Warnings, talk.TextLink)
	}
	if wrong {
		a.Warnings = append(a.Warnings, textNumber)
	}
	return a
}

var textNumber = bots.Text{
	DE: "Das Modell nannte Nachrichten, die es nicht gibt; die Verweise wurden entfernt.",
	EN: "The model named messages that do not exist; the references were removed."}

// finish marks the lines that name no message, and puts the links in.
func (j job) finish(parts []bots.Text, lang string) []bots.Source {
	mark := talk.Pick(lang, " **[bitte prüfen: keine Nachricht genannt]**", " **[please check: names no message]**")
	var all []string
	for i := range parts {
		lines := strings.Split(parts[i].DE, "\n")
		for n, line := range lines {
			if j.unbacked(i, line) {
				lines[n] += mark
			}
		}
		all = append(all, lines...)
		text, _ := j.link(strings.Join(lines, "\n"), lang)
		parts[i] = bots.Say(text)
	}
	_, sources := j.link(strings.Join(all, "\n"), lang)
	return sources
}

// unbacked says whether a line under a heading names no message and should. What a
// person adds who changes a note has none, and neither has a gap.
func (j job) unbacked(head int, line string) bool {
	if head == 0 || head > 1 && j.before != "" {
		return false
	}
	line = strings.TrimSpace(line)
	return line != "" && !gaps.MatchString(line) && !strings.HasSuffix(line, ":") && !exact.MatchString(line)
}

var gaps = regexp.MustCompile(`\*\*\[(?:bitte ergänzen|please add): `)

// refuseRoom says what a note about a room lacks, for the model.
func (j job) refuseRoom(text string) string {
	text, _ = j.refer(text)
	for i, p := range divide(text) {
		for line := range strings.SplitSeq(p.DE, "\n") {
			if j.unbacked(i, line) {
				return "Hinter Aussagen fehlte die Nummer der Nachricht in eckigen Klammern."
			}
		}
	}
	return ""
}

// period writes from when to when the messages go.
func (j job) period(lang string) string {
	first, last := j.talk.All[0].Time, j.talk.All[len(j.talk.All)-1].Time
	if sameDay(first, last) {
		if first.Format("15:04") == last.Format("15:04") {
			return talk.Long(lang, first)
		}
		return talk.Long(lang, first) + "–" + last.Format("15:04")
	}
	return talk.Long(lang, first) + talk.Pick(lang, " bis ", " to ") + talk.Long(lang, last)
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }
