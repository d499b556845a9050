package draft

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

var (
	needsModel = bots.Text{
		DE: "Ändern kann ich einen Entwurf nur mit einem Sprachmodell, und es ist keines eingerichtet, das diesen Text sehen darf. Bitte ändern Sie ihn von Hand. Ein Modell trägt Ihre Administration unter `models` in die Konfiguration ein.",
		EN: "I can change a draft only with a language model, and none is configured that may see this text. Please change it yourself. Your administrator adds a model under `models` in the configuration.",
	}
	whichDraft = bots.Text{
		DE: "Es liegen mehrere Entwürfe vor. Bitte nennen Sie die Nummer, zum Beispiel: „Entwurf 2 kürzer“, oder „alle kürzer“.",
		EN: "There are several drafts. Please name the number, for example: “draft 2 shorter”, or “all shorter”.",
	}
	whatChange = bots.Text{
		DE: "Was soll ich am Entwurf ändern? Schreiben Sie zum Beispiel „kürzer“, „freundlicher“ oder „Ziffer 2 ablehnen“.",
		EN: "What shall I change in the draft? Write, for example, “shorter”, “friendlier” or “decline number 2”.",
	}
	unchanged = bots.Text{
		DE: "Das Sprachmodell hat daraus keinen brauchbaren Text gemacht. Der Entwurf bleibt, wie er ist; bitte versuchen Sie es mit anderen Worten.",
		EN: "The language model made no usable text of it. The draft stays as it is; please try other words.",
	}
	forgotten = bots.Text{
		DE: "Den Entwurf, auf den Sie antworten, habe ich nicht mehr: Gespräche werden nach einer Frist gelöscht. Bitte leiten Sie mir den Brief noch einmal weiter.",
		EN: "I no longer have the draft that you answer: conversations are deleted after a while. Please forward the letter to me again.",
	}
	draftNumber = regexp.MustCompile(`(?i)\b(?:entwurf|entwürfe|brief|briefe|drafts?|letters?|nr\.?)\s*(\d{1,2}(?:\s*(?:,|/|und|and|&|-|–|bis|to)\s*\d{1,2})*)\b`)
	numberDraft = regexp.MustCompile(`(?i)\b(\d{1,2})\.\s*(?:entwurf|brief|draft|letter)\b`)
	ordinal     = regexp.MustCompile(`(?i)\b(?:(erste[nrs]?|first)|(zweite[nrs]?|second)|(dritte[nrs]?|third)|(vierte[nrs]?|fourth)|(fünfte[nrs]?|fifth)) (?:entwurf|brief|draft|letter)\b`)
	// "alle" alone or "alle Entwürfe", but not "alle Fristen".
	allDrafts = regexp.MustCompile(`\b(?i:alle|allen|beide|beiden|all|both)(?:$|[^\pL ]| +(?:[^\p{Lu}]|(?i:entw|brief|schreiben|draft|letter)))`)
	numbers   = regexp.MustCompile(`(\d{1,2})(?:\s*(?:-|–|bis|to)\s*(\d{1,2}))?`) // or from and to
)

// A version of a draft is how it stands now, and which turn first had it.
type draftVersion struct {
	bots.Draft
	turn int
}

// current returns the drafts of a conversation as they stand, in the order of the
// brief that numbered them. A changed draft takes the place of the one it changes;
// drafts for other letters begin anew.
func current(history []bots.Turn) (all []draftVersion) {
	for i, t := range history {
		if !t.Bot || len(t.Drafts) == 0 || t.Skill != "" && t.Skill != "draft" { // a letter that another skill wrote answers none
			continue
		}
		next := slices.Clone(all)
		for _, d := range t.Drafts {
			at := slices.IndexFunc(next, func(v draftVersion) bool { return sameLetter(v.Draft, d) })
			if at < 0 {
				next = nil
				break
			}
			next[at].Draft = d
		}
		if next == nil {
			for _, d := range t.Drafts {
				next = append(next, draftVersion{d, i})
			}
		}
		all = next
	}
	return all
}

// letterID tells letters apart, also those that have no Message-ID and are not
// quoted, as several scans in one mail.
func letterID(l *letter.Letter) string {
	return digest(l.Head.MessageID, l.Head.Subject, l.Head.Date.UTC().Format(time.RFC3339), l.Original)
}

// digest names something by texts without telling them.
func digest(parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// sameLetter says whether two drafts answer the same letter.
func sameLetter(a, b bots.Draft) bool {
	if a.Letter != "" && b.Letter != "" {
		return a.Letter == b.Letter
	}
	return a.InReplyTo == b.InReplyTo && a.Quote == b.Quote && a.Date.Equal(b.Date) && slices.Equal(a.To, b.To)
}

// again changes earlier drafts as the person wishes. Recipient and subject stay as
// they were, and so do salutation and signature unless the wish is about these.
func (s *Skill) again(ctx context.Context, t bots.Task) (bots.Answer, error) {
	all := current(t.History)
	text := strings.TrimSpace(t.Text)
	if text == "" {
		return bots.Answer{}, &bots.Refusal{Text: whatChange}
	}
	w := writer{skill: s, task: t, note: text, wish: readWish(text)}
	if s.models != nil {
		w.model = s.models.For(t.Class)
	}
	if w.model == nil && w.wish.language == "" && w.wish.address == "" {
		return bots.Answer{}, &bots.Refusal{Text: needsModel}
	}
	chosen := pick(all, text)
	if len(chosen) == 0 {
		return bots.Answer{}, &bots.Refusal{Text: whichDraft}
	}
	a := bots.Answer{Notice: bots.Notice{Skill: "draft", Version: s.instructions.Version()}}
	var said []bots.Text
	for _, i := range chosen {
		b := brief{task: t, cfg: s.cfg, zone: t.Bot.Zone, note: text, wish: w.wish}
		d, err := w.rewrite(ctx, all[i], &b)
		if err != nil {
			return bots.Answer{}, err
		}
		a.Drafts = append(a.Drafts, d)
		name := ""
		if len(all) > 1 {
			name = " " + strconv.Itoa(i+1)
		}
		said = append(said, b.changed(d, name))
		for _, x := range b.warnings {
			a.Warnings = append(a.Warnings, plain(x))
		}
	}
	for _, x := range said {
		a.Text.DE, a.Text.EN = strings.TrimSpace(a.Text.DE+"\n\n"+x.DE), strings.TrimSpace(a.Text.EN+"\n\n"+x.EN)
	}
	a.Notice.Model, a.Notice.Place, a.Notice.Replaced = w.said.Model, w.said.Place, w.said.Replaced
	return a, nil
}

// rewrite makes the next version of a draft.
func (w *writer) rewrite(ctx context.Context, v draftVersion, b *brief) (bots.Draft, error) {
	l, found, err := w.skill.earlier(ctx, w.task, v)
	if err != nil {
		return bots.Draft{}, err
	}
	b.letter = l
	d := v.Draft
	head, old, tail := sections(d.Text, w.skill.cfg)
	p := w.reframed(d, head)
	framed := p.language != d.Language || (p.hello != "") != familiar(head)
	text := ""
	if w.model == nil {
		if !found {
			return bots.Draft{}, &bots.Refusal{Text: needsModel}
		}
		text = skeleton(l, p)
	} else {
		src := newSources(d.Date, w.sources(l).Text(), unproven.ReplaceAllString(old, ""), d.Quote)
		src.note = w.note
		if text, err = w.complete(ctx, w.change(old, l, p), src, b); err != nil {
			return bots.Draft{}, err
		}
		if text == "" {
			return bots.Draft{}, &bots.Refusal{Text: unchanged, Err: errors.New("draft: nothing of use from the model")}
		}
		b.byModel = true
	}
	switch {
	case framed && found:
		n := w.skill.cfg.compose(l, p, w.task.Bot.Authority, text, b)
		d.Text, d.Subject, d.Language, d.QuoteFrom = n.Text, n.Subject, n.Language, n.QuoteFrom
	case framed:
		b.warn("Anrede, Einleitung und Grußformel sind nicht umgestellt: Der Brief ist nicht mehr da.", "Salutation, opening and closing are not changed: the letter is no longer there.")
		fallthrough
	default:
		d.Text = strings.TrimSpace(head + "\n\n" + text + "\n\n" + tail)
	}
	d.Gaps = strings.Count(d.Text, "**[bitte ergänzen:")
	b.gaps, b.marks = d.Gaps, strings.Count(d.Text, "**[bitte prüfen:")
	if d.Language != "de" {
		return d, w.german(ctx, &letter.Letter{Head: l.Head}, d, b)
	}
	return d, nil
}

// reframed returns the fixed words of the next version: those of the last one
// where the wish says nothing else.
func (w *writer) reframed(d bots.Draft, head string) phrases {
	c := Config{Language: d.Language, Address: map[bool]string{true: "du", false: "sie"}[familiar(head)]}
	return c.phrases("", w.wish)
}

var familiarWords = regexp.MustCompile(`(?i)\b(?:du|dir|dich|dein\pL*)\b|^Hallo `)

// familiar says whether salutation and opening of a draft say "du".
func familiar(head string) bool { return familiarWords.MatchString(head) }

// changed says what is new, and what a person still has to do.
func (b *brief) changed(d bots.Draft, name string) bots.Text {
	gaps, marks := b.gaps, b.marks
	de, en := fmt.Sprintf("Der Entwurf%s ist geändert.", name), fmt.Sprintf("The draft%s is changed.", name)
	if name != "" {
		de, en = fmt.Sprintf("Entwurf%s ist geändert.", name), fmt.Sprintf("Draft%s is changed.", name)
	}
	if gaps > 0 {
		de += " Er hat **" + count(gaps, "Lücke", "Lücken") + "**."
		en += " It has **" + count(gaps, "gap", "gaps") + "**."
	}
	if marks > 0 {
		de += " **" + count(marks, "Angabe", "Angaben") + "** " + plural(marks, "steht", "stehen") + " in keiner Unterlage und " + plural(marks, "ist", "sind") + " markiert."
		en += " **" + count(marks, "detail", "details") + "** " + plural(marks, "stands", "stand") + " in no source and " + plural(marks, "is", "are") + " marked."
	}
	if b.draft = &d; !b.byModel {
		de, en = de+" "+b.noted("de"), en+" "+b.noted("en")
	}
	text := bots.Text{DE: de, EN: en}
	for _, part := range b.inGerman("de") {
		text.DE += "\n\n" + part
	}
	for _, part := range b.inGerman("en") {
		text.EN += "\n\n" + part
	}
	return text
}

// pick returns which drafts a wish names: the only one, by number, by the name of
// who is addressed, or all. None: it is not clear.
func pick(all []draftVersion, wish string) (chosen []int) {
	if len(all) == 1 {
		return []int{0}
	}
	add := func(n int) {
		if n >= 1 && n <= len(all) && !slices.Contains(chosen, n-1) {
			chosen = append(chosen, n-1)
		}
	}
	numbered := append(draftNumber.FindAllStringSubmatch(wish, -1), numberDraft.FindAllStringSubmatch(wish, -1)...)
	for _, m := range numbered {
		for _, n := range numbers.FindAllStringSubmatch(m[1], -1) {
			from, _ := strconv.Atoi(n[1]) // two digits always are a number
			to, err := strconv.Atoi(n[2])
			if err != nil {
				to = from
			}
			for i := from; i <= to; i++ {
				add(i)
			}
		}
	}
	if len(numbered) > 0 { // a number that no draft has names no other one
		slices.Sort(chosen)
		return chosen
	}
	for _, m := range ordinal.FindAllStringSubmatch(wish, -1) {
		add(1 + slices.IndexFunc(m[1:], func(s string) bool { return s != "" }))
	}
	if len(chosen) == 0 && allDrafts.MatchString(wish) {
		for i := range all {
			add(i + 1)
		}
	}
	if len(chosen) == 0 {
		chosen = byName(all, wish)
	}
	slices.Sort(chosen)
	return chosen
}

// byName returns the draft whose addressee a wish names, if it is one. Names are
// their bearers' choice: one that is a word of wishes ("Kurz", "Bitte") counts only
// as a name is written, and never if it is filler or a wish itself.
func byName(all []draftVersion, wish string) (chosen []int) {
	words := strings.FieldsFunc(wish, func(r rune) bool { return strings.ContainsRune(" \t\n.,;:!?„“\"()", r) })
	for i, v := range all {
		for _, to := range v.To {
			name, _, _ := strings.Cut(to, "<")
			parts := strings.Fields(strings.Trim(name, `" `))
			if len(parts) > 0 && names(words, parts[len(parts)-1]) {
				chosen = append(chosen, i)
				break
			}
		}
	}
	if len(chosen) > 1 {
		return nil
	}
	return chosen
}

// names says whether one of the words of a wish is this name.
func names(words []string, name string) bool {
	low := strings.ToLower(name)
	if filler[low] || slices.ContainsFunc(follow, func(cue string) bool { return strings.HasPrefix(low, cue) }) {
		return false
	}
	return slices.Contains(words, name)
}

// earlier reads the letter of an earlier draft again, so that the change can be
// checked against it. If it is gone, what the draft quotes of it has to do.
func (s *Skill) earlier(ctx context.Context, t bots.Task, v draftVersion) (*letter.Letter, bool, error) {
	l := letter.Letter{Body: v.Quote, Original: v.Quote, Language: v.Language}
	l.Head.Subject, l.Head.Date = v.Subject, v.Date
	for i := v.turn; i >= 0; i-- {
		if t.History[i].Bot {
			continue
		}
		f, ok := letterFile(t.History[i].Files)
		if !ok {
			continue
		}
		_, mail, err := s.open(ctx, t, f)
		if _, gone := errors.AsType[*bots.Refusal](err); gone {
			return &l, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for j := range mail.Letters {
			if m := &mail.Letters[j]; v.Letter != "" && v.Letter == letterID(m) || m.Head.MessageID == v.InReplyTo && original(m) == v.Quote || m.Scan && v.Quote == "" && len(mail.Letters) == 1 {
				return m, true, nil
			}
		}
		return &l, false, nil
	}
	return &l, false, nil
}

// sections takes a draft apart: salutation and opening, middle, closing.
func sections(text string, c Config) (head, middle, tail string) {
	head, rest, _ := strings.Cut(text, "\n\n")
	opening, rest, ok := strings.Cut(rest, "\n\n")
	if !ok {
		return "", text, ""
	}
	head += "\n\n" + opening
	for _, closing := range []string{c.Closing, sie.closing, du.closing, english.closing} {
		if i := strings.LastIndex(rest, "\n"+closing+"\n"); closing != "" && i >= 0 {
			return head, strings.TrimSpace(rest[:i]), strings.TrimSpace(rest[i:])
		}
		if t, ok := strings.CutSuffix(rest, "\n"+closing); closing != "" && ok {
			return head, strings.TrimSpace(t), closing
		}
	}
	return head, strings.TrimSpace(rest), ""
}

// change is the prompt for a changed draft.
func (w *writer) change(old string, l *letter.Letter, p phrases) llm.Prompt {
	budget := w.model.Budget()
	answer := min(maxAnswer, budget/4)
	parts := []string{w.frame(l, p), llm.Fence("Bisheriger Mittelteil", old)}
	free := budget - answer - llm.Tokens(w.system()) - llm.Tokens(parts[0]) - llm.Tokens(parts[1]) - reserve
	if cut := llm.Split(original(l), max(free, minFile)); len(cut) > 0 {
		parts = append(parts, llm.Fence("Brief", cut[0]))
	}
	parts = append(parts, "Schreibe den Mittelteil neu, so wie es die Anweisung verlangt. Was sie nicht berührt, bleibt; Lücken bleiben Lücken.")
	return llm.Prompt{System: w.system(), MaxTokens: answer, Turns: []llm.Turn{{Text: strings.Join(parts, "\n\n")}}}
}
