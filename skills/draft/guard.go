package draft

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/check"
	"amtsbote/skills/facts"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// Sources are what a draft may draw its facts from.
type sources struct {
	*check.Sources
	note  string // what the colleague wants said
	quote bool   // the text speaks for its author: it may promise and decide
}

// sources of a letter: its own text, its files, what colleagues wrote, and the
// office's own lines.
func (w *writer) sources(l *letter.Letter) sources {
	texts := []string{l.Head.Subject, l.Body, l.Signature, l.Quoted, l.Internal, w.note, strings.Join(w.skill.cfg.Footer, "\n"), w.skill.cfg.Signer, w.skill.cfg.Style, w.task.Bot.Authority, w.task.Bot.Contact}
	for _, f := range own(l.Files) {
		texts = append(texts, f.Name)
		if f.Doc != nil {
			texts = append(texts, f.Doc.Text())
		}
	}
	for _, t := range []time.Time{l.Head.Date, l.Received, l.Notice.Date, w.task.Now} {
		if !t.IsZero() {
			texts = append(texts, sie.long(t))
		}
	}
	src := newSources(l.Head.Date, texts...)
	src.note = w.note
	return src
}

func newSources(ref time.Time, texts ...string) sources {
	return sources{Sources: check.Read(ref, texts...)}
}

var (
	salutationLine = regexp.MustCompile(`(?i)^(?:sehr geehrte|sehr verehrte|liebe[rs]?\s|guten (?:tag|morgen)|hallo\b|dear\b|hello\b|betreff:|subject:|an:|to:)`)
	thanksLine     = regexp.MustCompile(`(?i)^(?:(?:haben sie )?vielen dank für ihr(?:e|en)? (?:e-?mail|schreiben|nachricht|brief|anfrage)|thank you for your (?:e-?mail|letter|message))`)
	closingLine    = regexp.MustCompile(`(?i)^(?:mit (?:freundlichen|besten|herzlichen) gr(?:ü|ue)(?:ß|ss)en|freundliche grüße|beste grüße|viele grüße|hochachtungsvoll|kind regards|best regards|yours (?:sincerely|faithfully)|sincerely)\b`)
	markdown       = regexp.MustCompile(`(?m)^ {0,3}#{1,6} +|^[ \t]*(?:---+|\*\*\*+|___+)[ \t]*$`)
	anyGap         = regexp.MustCompile(`(?i)\*{0,2}\[\s*(?:bitte\s+)?(?:ergänzen|einfügen|eintragen|ausfüllen)\s*:?\s*([^\]\n]{0,120})\]\*{0,2}`)
	otherGap       = regexp.MustCompile(`\*{0,2}\[\s*((?:(?:Ihr|Ihre|der|die|das)\s+)?(?:Name|Datum|Betrag|Ort|Uhrzeit|Telefonnummer|Telefon|Adresse|Ansprechpartner|Frist|Zimmer|E-Mail|Sachstand|Link)[^\]\n]{0,60}|[A-Z]{2,4}|\.{2,3}|…)\s*\]\*{0,2}`)
	unproven       = regexp.MustCompile(`(?i)\*{0,2}\[\s*bitte prüfen:\s*([^\]\n]*)\]\*{0,2}`)
	bullet         = regexp.MustCompile(`(?m)^[ \t]*[*•][ \t]+`)
	promises       = regexp.MustCompile(`(?i)\b(?:form- und fristgerecht\pL*|frist- und formgerecht\pL*|fristgerecht\pL*|formgerecht\pL*|fristgemäß\pL*|innerhalb der frist|verfristet|verspätet eingegangen|rechtzeitig eingegangen|within the time limit|in due (?:form|time)|received in time|on time\b)`)
	tag            = regexp.MustCompile(`</?[A-Za-z][A-Za-z0-9]*(?:\s[^>\n]*)?/?>`)
	innerGap       = regexp.MustCompile(`\*\*\[bitte ergänzen: ([^\n]*?)\]\*\*`)
	foreign        = regexp.MustCompile(`[^\s]*(?:[@\[\]]|://|www\.)[^\s]*|(?:[\pL\d-]+\.)+[a-z]{2,}/[^\s]*|\b[A-Z]{2}\d{2}[A-Z0-9 ]{10,}`)
	forExample     = regexp.MustCompile(`(?i)[\s,;:(–-]*(?:zum beispiel|z\. ?b\.|etwa|ca\.|siehe)?[\s,;:(]*$`)
	digits         = regexp.MustCompile(`\p{Nd}[\p{Nd}.,:/-]*\p{Nd}|\p{Nd}{2,}`)
	gapSpan        = regexp.MustCompile(`\*\*\[bitte (?:ergänzen|prüfen): [^\]\n]*\]\*\*`)
)

// middle cuts a model's text down to what may stand between salutation and
// closing, and brings its gaps to one form.
func middle(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "")
	s = tag.ReplaceAllString(bots.Visible(s), "")
	var lines []string
	for i, line := range strings.Split(strings.TrimSpace(s), "\n") {
		t := strings.Trim(strings.TrimSpace(line), "*_ ")
		if closingLine.MatchString(t) {
			break
		}
		if i < 6 && len(t) < 120 && salutationLine.MatchString(t) {
			continue
		}
		lines = append(lines, strings.TrimRight(line, " \t"))
	}
	s = strings.TrimSpace(strings.Join(lines, "\n"))
	if first := facts.Sentences(s); len(first) > 0 && thanksLine.MatchString(s[first[0].Start:first[0].End]) {
		s = strings.TrimSpace(s[first[0].End:])
	}
	s = markdown.ReplaceAllString(s, "")
	s = bullet.ReplaceAllString(s, "– ")
	// What was marked before is checked anew.
	s = unproven.ReplaceAllString(s, "$1")
	// Gaps first become a mark that no other rule touches.
	s = anyGap.ReplaceAllString(s, "\x01$1\x02")
	s = otherGap.ReplaceAllString(s, "\x01$1\x02")
	s = strings.NewReplacer("**", "", "__", "", "`", "").Replace(s)
	s = strings.NewReplacer("\x01", "**[bitte ergänzen: ", "\x02", "]**").Replace(s)
	s = strings.ReplaceAll(s, "**[bitte ergänzen: ]**", gap("Angabe"))
	return strings.TrimSpace(blankLines.ReplaceAllString(s, "\n\n"))
}

var blankLines = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)

// guard takes links out of a model's text that no source has, and marks what it
// says without a source: dates, amounts, numbers, laws, names, addresses; that a
// form or a term was kept, which only the office can find; and decisions that the
// colleague did not ask for. It reports whether it took a link out.
func guard(s string, src sources) (string, bool) {
	s = plainGaps(s, src)
	s, removed := llm.LinksOf(src.Text()).KeepPlain(s)
	return mark(s, src), removed
}

// plainGaps cuts what only looks like a gap: a gap says what is missing, and
// states nothing.
func plainGaps(s string, src sources) string {
	return innerGap.ReplaceAllStringFunc(s, func(hit string) string {
		what := innerGap.FindStringSubmatch(hit)[1]
		end := len(what)
		for _, at := range append(digits.FindAllStringIndex(what, -1), foreign.FindAllStringIndex(what, -1)...) {
			if !src.Says(what[at[0]:at[1]]) {
				end = min(end, at[0])
			}
		}
		if end == len(what) {
			return hit
		}
		if what = forExample.ReplaceAllString(what[:end], ""); len(what) < 3 {
			what = "Angabe"
		}
		return gap(what)
	})
}

// mark marks what a text says without a source (package check says what that
// is), and what only the office can say.
func mark(s string, src sources) string {
	var marks []facts.Span
	gaps := gapSpan.FindAllStringIndex(s, -1)
	add := func(start, end int) {
		for _, g := range gaps {
			if start < g[1] && end > g[0] {
				return
			}
		}
		marks = slices.DeleteFunc(marks, func(m facts.Span) bool {
			if start >= m.End || end <= m.Start {
				return false
			}
			start, end = min(start, m.Start), max(end, m.End)
			return true
		})
		marks = append(marks, facts.Span{Start: start, End: end})
	}
	for _, f := range src.Facts(s) {
		end := f.End
		if i := strings.IndexAny(f.Text, "]\n"); i > 0 { // what would end the mark
			end = f.Start + i
		}
		add(f.Start, end)
	}
	if !src.quote {
		for _, at := range append(promises.FindAllStringIndex(s, -1), decided(s, src.note)...) {
			add(at[0], at[1])
		}
	}
	slices.SortFunc(marks, func(a, b facts.Span) int { return b.Start - a.Start })
	for _, m := range marks {
		s = s[:m.Start] + "**[bitte prüfen: " + s[m.Start:m.End] + "]**" + s[m.End:]
	}
	return s
}
