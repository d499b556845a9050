package draft

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// version of the instructions. It goes up with every change of their texts.
const version = "2"

//go:embed instructions/*.txt
var instructions embed.FS

// system is the instruction for the middle part of a letter.
func (w *writer) system() string { return w.skill.instructions.Text("answer.txt") }

const (
	maxAnswer  = 1500 // tokens of a reply
	maxNote    = 600  // bytes up to which a colleague's words are an instruction
	minFile    = 200  // tokens below which a file is not worth giving
	perKey     = 60   // tokens of a key sentence, on average
	reserve    = 100  // tokens kept free for marks and names
	maxKeys    = 60   // key sentences of one file
	lineBreaks = "\n\n"
)

// ask has the model write the middle part. An empty text without an error means
// that the model twice wrote nothing that can be used; the skeleton stands then.
func (w *writer) ask(ctx context.Context, l *letter.Letter, p phrases, b *brief) (string, error) {
	if w.task.Tell != nil {
		w.task.Tell(bots.Progress{Text: bots.Text{DE: "Der Entwurf wird geschrieben", EN: "Writing the draft"}})
	}
	prompt, err := w.prompt(ctx, l, p, b)
	if err != nil {
		return "", err
	}
	text, err := w.complete(ctx, prompt, w.sources(l), b)
	if n, got := len(asked(l)), answers(text); text != "" && n > 1 && got < n {
		b.warn(fmt.Sprintf("Der Brief hat %d Anliegen, der Entwurf %s. Bitte prüfen Sie, ob auf jedes geantwortet wird.", n, count(got, "nummerierte Antwort", "nummerierte Antworten")),
			fmt.Sprintf("The letter asks for %d things, the draft has %s. Please check that each is answered.", n, count(got, "numbered answer", "numbered answers")))
	}
	return text, err
}

var numbered = regexp.MustCompile(`(?m)^[ \t]*(\d{1,2})[.)][ \t]`)

// answers counts the numbered answers of a text.
func answers(text string) int {
	seen := map[string]bool{}
	for _, m := range numbered.FindAllStringSubmatch(text, -1) {
		seen[m[1]] = true
	}
	return len(seen)
}

// complete asks up to twice and returns the checked middle part.
func (w *writer) complete(ctx context.Context, prompt llm.Prompt, src sources, b *brief) (string, error) {
	for range 2 {
		c, err := w.model.Complete(ctx, prompt)
		if errors.Is(err, llm.ErrTooLong) {
			b.warn("Der Brief ist für das Sprachmodell zu lang; der Entwurf ist das Gerüst ohne Modell.", "The letter is too long for the language model; the draft is the skeleton without a model.")
			return "", nil
		}
		if errors.Is(err, llm.ErrPersonal) {
			b.warn(llm.TextPersonal.DE, llm.TextPersonal.EN)
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("draft: model: %w", err)
		}
		short, text := answerParts(c.Text)
		text, forged := answer.Own(middle(text))
		if text == "" || c.Cut && len(text) < 200 {
			continue
		}
		if c.Cut {
			text += lineBreaks + gap("Fortsetzung")
			b.warn("Das Sprachmodell ist nicht fertig geworden; der Entwurf endet mit einer Lücke.", "The language model did not finish; the draft ends with a gap.")
		}
		text, links := guard(text, src)
		if links {
			b.warn("Aus dem Text des Sprachmodells wurde ein Link entfernt, der in keiner Unterlage steht.", "A link that no source has was removed from the model’s text.")
		}
		if forged {
			b.warn("Das Sprachmodell hat etwas geschrieben, das wie eine Angabe von Amtsbote selbst aussah; es wurde entfernt.", "The language model wrote something that looked like a statement of Amtsbote itself; it was removed.")
		}
		short, _ = answer.Own(short)
		// A summary that says what no source has is worse than none.
		if short, links = guard(strings.Join(strings.Fields(short), " "), src); !links && !strings.Contains(short, "**[") {
			b.summary = shorten(short, 400)
		}
		w.said = c
		return text, nil
	}
	b.warn("Das Sprachmodell hat keinen brauchbaren Text geliefert; der Entwurf ist das Gerüst ohne Modell.", "The language model returned nothing of use; the draft is the skeleton without a model.")
	return "", nil
}

// prompt shows the model what is asked of it, within its budget: the letter
// first, then the files in their order; a file that does not fit as key
// sentences from all its pages. What it did not see is said to the colleague.
func (w *writer) prompt(ctx context.Context, l *letter.Letter, p phrases, b *brief) (llm.Prompt, error) {
	budget := w.model.Budget()
	answer := min(maxAnswer, budget/4)
	var parts []string
	parts = append(parts, w.frame(l, p))
	free := budget - answer - llm.Tokens(w.system()) - llm.Tokens(parts[0]) - reserve
	body := original(l)
	if cut := llm.Split(body, max(free*2/3, minFile)); len(cut) > 1 {
		body = cut[0]
		b.coverage = append(b.coverage, document.Text{DE: "Der Brief ist sehr lang: Dem Sprachmodell lag nur sein Anfang vor.", EN: "The letter is very long: the language model saw only its beginning."})
	}
	fenced := llm.Fence("Brief", body)
	parts = append(parts, fenced)
	free -= llm.Tokens(fenced)
	for _, f := range own(l.Files) {
		text, said, err := fileText(ctx, f, free, b.task.Now)
		if err != nil {
			return llm.Prompt{}, err
		}
		if said.DE != "" {
			b.coverage = append(b.coverage, said)
		}
		if text != "" {
			fenced := llm.Fence("Datei "+f.Name, text)
			parts = append(parts, fenced)
			free -= llm.Tokens(fenced)
		}
	}
	return llm.Prompt{System: w.system(), MaxTokens: answer, Turns: []llm.Turn{{Text: strings.Join(parts, "\n\n")}}}, nil
}

// own returns the files that are surely the letter's: only what they say may stand
// in a reply to its author.
func own(files []letter.File) (all []letter.File) {
	for _, f := range files {
		if !f.Loose {
			all = append(all, f)
		}
	}
	return all
}

// fileText returns what of a file the model is shown, and what to say of it.
func fileText(ctx context.Context, f letter.File, free int, now time.Time) (string, document.Text, error) {
	if f.Doc == nil {
		return "", document.Text{}, nil
	}
	text := f.Doc.Text()
	if free > minFile && llm.Tokens(text) <= free-reserve {
		return text, document.Text{}, nil
	}
	n := min((free-reserve)/perKey, maxKeys)
	if n < 3 {
		return "", document.Text{DE: esc(f.Name) + " lag dem Sprachmodell nicht vor: kein Platz mehr.", EN: esc(f.Name) + " was not shown to the language model: no room left."}, nil
	}
	keys, err := extract.Key(ctx, *f.Doc, n, now)
	if err != nil {
		return "", document.Text{}, fmt.Errorf("draft: key sentences: %w", err)
	}
	var lines []string
	used := 0
	for _, k := range keys {
		line := k.Text
		if k.Page > 0 {
			line = fmt.Sprintf("(S. %d) %s", k.Page, k.Text)
		}
		if used += llm.Tokens(line); used > free-reserve {
			break
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), document.Text{
		DE: fmt.Sprintf("%s ist lang: Dem Sprachmodell lagen %d Schlüsselsätze aus allen Seiten vor.", esc(f.Name), len(lines)),
		EN: fmt.Sprintf("%s is long: the language model saw %d key sentences from all pages.", esc(f.Name), len(lines))}, nil
}

// frame says what the program knows: outside the fence only the office's own
// words and the colleague's, inside what comes from the letter.
func (w *writer) frame(l *letter.Letter, p phrases) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if w.task.Bot.Authority != "" {
		line("Behörde: %s", w.task.Bot.Authority)
	}
	if !w.task.Now.IsZero() {
		line("Heute: %s", sie.long(w.task.Now))
	}
	line("Sprache des Mittelteils: %s", languageName(p.language).DE)
	line("Form der Anrede: %s", map[bool]string{true: "du", false: "Sie"}[p.hello != ""])
	if w.skill.cfg.Style != "" {
		line("Stil des Hauses: %s", w.skill.cfg.Style)
	}
	switch {
	case w.note == "":
		line("Anweisung der Kollegin oder des Kollegen: keine")
	case len(w.note) <= maxNote:
		line("Anweisung der Kollegin oder des Kollegen: %s", strings.Join(strings.Fields(w.note), " "))
	default:
		line("%s", llm.Fence("Text der Kollegin oder des Kollegen", w.note))
	}
	b.WriteString("\n" + llm.Fence("Erkannt", known(l)))
	return b.String()
}

// known lists what rules found in the letter; all of it is the letter's text.
func known(l *letter.Letter) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Art: %s", l.KindText().DE)
	if !l.Notice.Date.IsZero() {
		line("Bescheid vom %s", sie.long(l.Notice.Date))
	}
	for i, r := range l.Requests {
		if i == 0 {
			line("Anliegen:")
		}
		line("%d. „%s“", i+1, r.Quote)
	}
	for _, f := range own(l.Files) {
		if f.Doc == nil {
			line("Datei %s: nicht gelesen, %s", f.Name, f.Reason.Text.DE)
		} else {
			line("Datei %s: gelesen", f.Name)
		}
	}
	for _, m := range l.Missing {
		if m.Name != "" {
			line("Genannt, aber nicht beigefügt: %s", m.Name)
		}
	}
	return strings.TrimSpace(b.String())
}

var (
	letterMark = regexp.MustCompile(`(?mi)^[\s*#]*BRIEF[\s*]*:[\s*]*`)
	draftMark  = regexp.MustCompile(`(?mi)^[\s*#]*ENTWURF[\s*]*:[\s*]*`)
	shortMark  = regexp.MustCompile(`(?i)^[\s*#]*KURZ[\s*]*:[\s*]*`)
	endMark    = regexp.MustCompile(`(?mi)^[\s*#]*ENDE[\s*.]*$`)
	thinking   = regexp.MustCompile(`(?is)<think>.*?</think>`)
)

// answerParts takes the model's answer apart. Without its marks all of it is the
// letter.
func answerParts(s string) (short, text string) {
	s = strings.TrimSpace(thinking.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), ""))
	s = strings.TrimSpace(strings.Trim(s, "`"))
	if at := letterMark.FindStringIndex(s); at != nil {
		short, s = shortMark.ReplaceAllString(s[:at[0]], ""), s[at[1]:]
	} else if shortMark.MatchString(s) {
		_, s, _ = strings.Cut(s, "\n")
	}
	if at := endMark.FindStringIndex(s); at != nil {
		s = s[:at[0]]
	}
	return strings.TrimSpace(short), strings.TrimSpace(s)
}
