package phrase

import (
	"regexp"
	"strings"

	"amtsbote/bots"
)

var (
	subjectLine = regexp.MustCompile(`(?i)^\**(?:betreff|betr\.|subject)\**:?\**\s*:?\s*(.*?)\**$`)
	closingLine = regexp.MustCompile(`(?i)^(?:mit (?:freundlichen|besten|herzlichen|kollegialen) gr(?:ü|ue)(?:ß|ss)en|(?:freundliche|beste|viele|herzliche|liebe|schöne) gr(?:ü|ue)(?:ß|ss)e|hochachtungsvoll|kind regards|best regards|yours (?:sincerely|faithfully)|sincerely)\b`)
	greeting    = regexp.MustCompile(`(?i)^(?:sehr geehrte|sehr verehrte|liebe[rs]?\s|guten (?:tag|morgen)|hallo\b|dear\b|hello\b)`)
	titleWord   = regexp.MustCompile(`^(?i:sehr|geehrte[rsn]?|verehrte[rsn]?|liebe[rs]?|guten|tag|morgen|hallo|dear|hello|und|and|damen|herren|kolleginnen|kollegen|mr|mrs|ms|sir|madam|or|alle|team|zusammen)$`)
	gapWord     = regexp.MustCompile(`\*\*\[[^\]]*\]\*\*`)
)

// body parts a letter into what stands above the closing and the closing with all
// that follows. A text that is no letter may close too: then it is left whole.
func body(text string, letter bool) (above, closing string) {
	if !letter {
		return text, ""
	}
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if closingLine.MatchString(strings.Trim(strings.TrimSpace(lines[i]), "*_ ")) {
			return strings.TrimSpace(strings.Join(lines[:i], "\n")), strings.Join(lines[i:], "\n")
		}
	}
	return text, ""
}

// letter makes a draft of a text. It has no recipient unless the draft that was
// rewritten had one.
func (j job) letter(text, language, form string, a *bots.Answer) {
	d := bots.Draft{Language: language}
	changed := j.wish.familiar || j.wish.formal || j.wish.language != ""
	tail := ""
	if j.src.draft != nil {
		d = *j.src.draft
		changed = changed || d.Language != language
		d.Language = language
		_, tail = body(d.Text, true)
	}
	if first, rest, _ := strings.Cut(text, "\n"); subjectLine.MatchString(strings.TrimSpace(first)) {
		d.Subject, text = strings.Trim(subjectLine.FindStringSubmatch(strings.TrimSpace(first))[1], "*_ "), strings.TrimSpace(rest)
		d.Subject = strings.ReplaceAll(j.mark(d.Subject, a), "**", "") // plain text
	}
	text, _ = body(text, true)
	text = j.mark(j.greet(text, language, form), a)
	if tail == "" || changed {
		tail = j.skill.sign(j.task.Message.Connector, language, j.task.Bot.Authority, j.familiar())
	}
	d.Text = strings.TrimSpace(text) + "\n\n" + tail
	d.Gaps = strings.Count(d.Text, "**[bitte ergänzen:")
	a.Drafts = []bots.Draft{d}
	a.Text = textDraft(form, d.Gaps, j.src.draft != nil)
}

// greet looks at the salutation: one that names what nobody said is replaced by one
// that fits everybody, and one that is missing is put in.
func (j job) greet(text, language, form string) string {
	neutral := map[bool]string{true: "Dear Sir or Madam,", false: "Guten Tag,"}[language == "en"]
	if form == "letter" && language == "de" {
		neutral = "Sehr geehrte Damen und Herren,"
	}
	if language != "de" && language != "en" {
		return text
	}
	first, rest, _ := strings.Cut(text, "\n")
	first = strings.TrimSpace(first)
	if !greeting.MatchString(first) || len(first) > 150 {
		return neutral + "\n\n" + text
	}
	head, tail, ok := strings.Cut(first, ",")
	sources := j.sources().Text()
	for word := range strings.FieldsFuncSeq(gapWord.ReplaceAllString(head, ""), func(r rune) bool { return strings.ContainsRune(" .,!", r) }) {
		if !titleWord.MatchString(word) && !hasWord(sources, word) {
			first = neutral
			if ok && strings.TrimSpace(tail) != "" { // the letter goes on in the same line
				first += "\n\n" + strings.TrimSpace(tail)
			}
			return strings.TrimSpace(first + "\n" + rest)
		}
	}
	return text
}
