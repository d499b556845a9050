package draft

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/letter"
	"amtsbote/skills/llm"
)

// lastDrafts returns the newest of the bot's turns that has drafts.
func lastDrafts(history []bots.Turn) (int, bool) {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Bot && len(history[i].Drafts) > 0 {
			return i, true
		}
	}
	return 0, false
}

var (
	needsModel = bots.Text{
		DE: "Ändern kann ich einen Entwurf nur mit einem Sprachmodell, und es ist keines eingerichtet, das diesen Text sehen darf. Bitte ändern Sie ihn von Hand. Ein Modell trägt Ihre Administration unter `models` in die Konfiguration ein.",
		EN: "I can change a draft only with a language model, and none is configured that may see this text. Please change it yourself. Your administrator adds a model under `models` in the configuration.",
	}
	whichDraft = bots.Text{
		DE: "Es liegen mehrere Entwürfe vor. Bitte nennen Sie die Nummer, zum Beispiel: „Entwurf 2 kürzer“.",
		EN: "There are several drafts. Please name the number, for example: “draft 2 shorter”.",
	}
	whatChange = bots.Text{
		DE: "Was soll ich am Entwurf ändern? Schreiben Sie zum Beispiel „kürzer“, „freundlicher“ oder „Ziffer 2 ablehnen“.",
		EN: "What shall I change in the draft? Write, for example, “shorter”, “friendlier” or “decline number 2”.",
	}
	unchanged = bots.Text{
		DE: "Das Sprachmodell hat daraus keinen brauchbaren Text gemacht. Der Entwurf bleibt, wie er ist; bitte versuchen Sie es mit anderen Worten.",
		EN: "The language model made no usable text of it. The draft stays as it is; please try other words.",
	}
	draftNumber = regexp.MustCompile(`(?i)\b(?:entwurf|brief|draft|letter|nr\.?)\s*(\d{1,2})\b`)
)

// again changes an earlier draft as the person wishes. Recipient, subject,
// salutation and signature stay as they were.
func (s *Skill) again(ctx context.Context, t bots.Task) (bots.Answer, error) {
	at, _ := lastDrafts(t.History)
	drafts := t.History[at].Drafts
	wish := strings.TrimSpace(t.Text)
	if wish == "" {
		return bots.Answer{}, &bots.Refusal{Text: whatChange}
	}
	var model llm.Model
	if s.models != nil {
		model = s.models.For(t.Class)
	}
	if model == nil {
		return bots.Answer{}, &bots.Refusal{Text: needsModel}
	}
	d, ok := pick(drafts, wish)
	if !ok {
		return bots.Answer{}, &bots.Refusal{Text: whichDraft}
	}
	w := writer{skill: s, task: t, note: wish, model: model}
	l, err := s.earlier(ctx, t, at, d)
	if err != nil {
		return bots.Answer{}, err
	}
	b := brief{letter: l, task: t, cfg: s.cfg, zone: t.Bot.Zone}
	head, old, tail := sections(d.Text, s.cfg)
	src := w.sources(l)
	src = newSources(d.Date, src.text, unproven.ReplaceAllString(old, ""), d.Quote)
	src.note = wish
	text, err := w.complete(ctx, w.change(old, l, d), src, &b)
	if err != nil {
		return bots.Answer{}, err
	}
	if text == "" {
		return bots.Answer{}, &bots.Refusal{Text: unchanged, Err: errors.New("draft: nothing of use from the model")}
	}
	d.Text = strings.TrimSpace(head + "\n\n" + text + "\n\n" + tail)
	d.Gaps = strings.Count(d.Text, "**[bitte ergänzen:")
	marks := strings.Count(d.Text, "**[bitte prüfen:")
	a := bots.Answer{Drafts: []bots.Draft{d}, Text: changed(d.Gaps, marks), Notice: bots.Notice{Skill: "draft", Version: version, Model: w.said.Model, Place: w.said.Place}}
	for _, x := range b.warnings {
		a.Warnings = append(a.Warnings, plain(x))
	}
	return a, nil
}

func changed(gaps, marks int) bots.Text {
	de, en := "Der Entwurf ist geändert.", "The draft is changed."
	if gaps > 0 {
		de += " Er hat **" + count(gaps, "Lücke", "Lücken") + "**."
		en += " It has **" + count(gaps, "gap", "gaps") + "**."
	}
	if marks > 0 {
		de += " **" + count(marks, "Angabe", "Angaben") + "** " + plural(marks, "steht", "stehen") + " in keiner Unterlage und " + plural(marks, "ist", "sind") + " markiert."
		en += " **" + count(marks, "detail", "details") + "** " + plural(marks, "stands", "stand") + " in no source and " + plural(marks, "is", "are") + " marked."
	}
	return bots.Text{DE: de, EN: en}
}

// pick chooses the draft that the wish names, or the only one.
func pick(drafts []bots.Draft, wish string) (bots.Draft, bool) {
	if len(drafts) == 1 {
		return drafts[0], true
	}
	m := draftNumber.FindStringSubmatch(wish)
	if m == nil {
		return bots.Draft{}, false
	}
	n, _ := strconv.Atoi(m[1])
	if n < 1 || n > len(drafts) {
		return bots.Draft{}, false
	}
	return drafts[n-1], true
}

// earlier reads the letter of an earlier draft again, so that the change can be
// checked against it. If it is gone, what the draft quotes of it has to do.
func (s *Skill) earlier(ctx context.Context, t bots.Task, at int, d bots.Draft) (*letter.Letter, error) {
	l := letter.Letter{Body: d.Quote, Original: d.Quote, Language: d.Language}
	l.Head.Subject, l.Head.Date = d.Subject, d.Date
	for i := at; i >= 0; i-- {
		if t.History[i].Bot {
			continue
		}
		f, ok := letterFile(t.History[i].Files)
		if !ok {
			continue
		}
		mail, err := s.open(ctx, t, f)
		if _, gone := errors.AsType[*bots.Refusal](err); gone {
			return &l, nil
		}
		if err != nil {
			return nil, err
		}
		for j := range mail.Letters {
			if mail.Letters[j].Head.MessageID == d.InReplyTo && original(&mail.Letters[j]) == d.Quote {
				return &mail.Letters[j], nil
			}
		}
		return &l, nil
	}
	return &l, nil
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
func (w *writer) change(old string, l *letter.Letter, d bots.Draft) llm.Prompt {
	budget := w.model.Budget()
	answer := min(maxAnswer, budget/4)
	p := phrases{language: d.Language}
	frame := w.frame(l, p)
	parts := []string{frame, llm.Fence("Bisheriger Mittelteil", old)}
	free := budget - answer - llm.Tokens(system) - llm.Tokens(parts[0]) - llm.Tokens(parts[1]) - reserve
	if cut := llm.Split(original(l), max(free, minFile)); len(cut) > 0 {
		parts = append(parts, llm.Fence("Brief", cut[0]))
	}
	parts = append(parts, "Schreibe den Mittelteil neu, so wie es die Anweisung verlangt. Was sie nicht berührt, bleibt; Lücken bleiben Lücken.")
	return llm.Prompt{System: system, MaxTokens: answer, Turns: []llm.Turn{{Text: strings.Join(parts, "\n\n")}}}
}
