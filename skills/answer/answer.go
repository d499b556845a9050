// Package answer asks a model for a text that a person will read, and takes
// nothing that comes back on trust.
//
//	prompt ──▶ model ──▶ of use? ──no──▶ once more, with the reason ──▶ else said plainly
//	                       └─yes─▶ links, pictures and references without source go, and
//	                               what only Amtsbote says; facts that no source has
//	                               are marked
//
// Of no use is an answer that is empty, runs in circles, is in another language
// than was asked for, names passages that do not exist, or is refused by the
// skill that asked. What the second try still has is taken out, if it can be, and
// named in a warning. Packages llm and check have the single checks; here is the
// one place that says what follows from them.
package answer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/check"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
)

// An Ask is a request for one text.
type Ask struct {
	Task   bots.Task
	Model  llm.Model
	Prompt llm.Prompt // without OnText: the answer is shown as it grows if Task.Tell is set
	// Given is what the answer may refer to as "(Bescheid.pdf, S. 3)".
	Given []llm.Given
	// Sources is what links may come from, beside the turns of the prompt.
	Sources []string
	// Facts are what figures, dates, names and quotes of the answer are held
	// against: one that they do not have is marked, and the person told. Nil: the
	// answer may say what it likes.
	Facts *check.Sources
	// Language is the ISO 639-1 code of the language that the answer must be in;
	// "" any.
	Language string
	// Refuse says in a German sentence for the model why an answer is of no use,
	// or "". It is the skill's own check, of the answer as the model gave it; nil: none.
	Refuse func(text string) string
}

// An Answer is what a model gave, as far as it can be shown. What follows where it
// is empty or cut is for the skill to say: it knows what the person can do.
type Answer struct {
	Text     string // CommonMark; "" if twice nothing of use came
	Cut      bool   // it ended at the limit of its length
	Sources  []bots.Source
	Warnings []bots.Text
	Notice   bots.Notice
}

// Do asks, at most twice. Errors are the model's: llm.ErrTooLong wants a shorter
// prompt.
func (k Ask) Do(ctx context.Context) (Answer, error) {
	p := k.Prompt
	links := llm.LinksOf(k.links()...)
	if k.Task.Tell != nil {
		var next time.Time
		p.OnText = func(soFar string) {
			start := time.Now()
			if start.Before(next) {
				return
			}
			text, _ := Own(whole(soFar))
			text, _ = links.Keep(text)
			text, _, _ = llm.KeepReferences(text, k.Given)
			// Each piece has the whole text checked again, so that a long answer would
			// cost the square of its length: at most a tenth of the time goes into it.
			next = time.Now().Add(9 * time.Since(start))
			k.Task.Tell(bots.Progress{Partial: text})
		}
	}
	c, err := k.Model.Complete(ctx, p)
	if err != nil {
		return Answer{}, fmt.Errorf("answer: %w", err)
	}
	fault := k.fault(c, links)
	if again := retry(p, fault.model); fault.model != "" && again.Need()+again.MaxTokens <= k.Model.Budget() {
		second, err := k.Model.Complete(ctx, again)
		if err != nil {
			return Answer{}, fmt.Errorf("answer: %w", err)
		}
		if next := k.fault(second, links); next.rank <= fault.rank {
			c, fault = second, next
		}
	}
	return k.finish(c, fault, links), nil
}

// links returns what links may come from.
func (k Ask) links() []string {
	all := append([]string(nil), k.Sources...)
	for _, t := range k.Prompt.Turns {
		all = append(all, t.Text)
	}
	return all
}

// retry returns the prompt for a second try. The turns are copied: they are the
// skill's.
func retry(p llm.Prompt, why string) llm.Prompt {
	p.Turns = append([]llm.Turn(nil), p.Turns...)
	p.Turns[len(p.Turns)-1].Text += "\n\nDeine letzte Antwort war nicht brauchbar: " + why + " Antworte jetzt noch einmal, ohne diesen Fehler."
	return p
}

// A fault is why an answer is of no use.
type fault struct {
	rank  int       // the worse the higher; 0: none
	model string    // the reason, for the model
	text  bots.Text // for the person, if it stays
}

// minLanguage is how many bytes an answer must have before its language is judged.
const minLanguage = 120

func (k Ask) fault(c llm.Completion, links llm.Links) fault {
	text, _ := Own(c.Text)
	text, _ = links.Keep(text)
	if text = strings.TrimSpace(text); text == "" {
		return fault{rank: 5, model: "Sie war leer."}
	}
	if at := circle(text); at >= 0 {
		return fault{rank: 4, model: "Sie wiederholte sich ohne Ende.", text: textCircle}
	}
	if got := facts.Language(text); k.Language != "" && len(text) >= minLanguage && got != "" && got != k.Language {
		return fault{rank: 3, model: "Sie war nicht auf " + llm.LanguageName(k.Language) + ".", text: textLanguage(k.Language)}
	}
	if k.Refuse != nil && !c.Cut {
		if why := k.Refuse(text); why != "" {
			return fault{rank: 2, model: why}
		}
	}
	if _, _, wrong := llm.KeepReferences(text, k.Given); wrong {
		return fault{rank: 1, model: "Sie nannte Fundstellen, die es im Material nicht gibt."}
	}
	return fault{}
}

// finish makes of a completion what can be shown.
func (k Ask) finish(c llm.Completion, f fault, links llm.Links) Answer {
	a := Answer{Notice: bots.Notice{Model: c.Model, Place: c.Place, Replaced: c.Replaced}, Cut: c.Cut}
	text := strings.TrimSpace(c.Text)
	if at := circle(text); at >= 0 {
		text = text[:at]
	}
	text, forged := Own(text)
	text, linked := links.Keep(text)
	text, cited, wrong := llm.KeepReferences(text, k.Given)
	a.Text, a.Sources = strings.TrimSpace(text), cited
	if k.Facts != nil {
		a.Text, a.Warnings = Hold(a.Text, k.Facts, k.Task.Language)
	}
	if !f.text.IsZero() {
		a.Warnings = append(a.Warnings, f.text)
	}
	if wrong {
		a.Warnings = append(a.Warnings, textReference)
	}
	if linked {
		a.Warnings = append(a.Warnings, textLink)
	}
	if forged {
		a.Warnings = append(a.Warnings, textForged)
	}
	return a
}

// Hold marks in a text what its sources do not have, and returns what the person is
// told of it. Ask does it by itself.
func Hold(text string, sources *check.Sources, language string) (marked string, warnings []bots.Text) {
	found := sources.Facts(text)
	if w := bots.Text(check.Warning(found)); !w.IsZero() {
		warnings = append(warnings, w)
		if sources.Partial() {
			warnings = append(warnings, bots.Text(check.Cut))
		}
	}
	return check.Mark(text, found, language), warnings
}
