package research

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/facts"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm"
)

const (
	maxQuery  = 400 // bytes of what is searched for
	maxBefore = 6   // questions before this one that complete it
)

// filler are words of a request that stand in no document for its sake. Unknown words
// weigh most, so that they would hide what was asked.
var filler = regexp.MustCompile(`(?i)\b(?:such(?:e|en)?|recherche|recherchier(?:e|en|t)?|durchsuch(?:e|en)?|nachschau(?:e|en)?|nachseh(?:e|en)?|bitte|danke|please|thanks|wo steht|wo finde ich|was sagt|was sagen)\b`)

// order is what a person writes before a question to have it searched for. "Sucht" is
// an illness, and part of "Suchtberatung".
var order = regexp.MustCompile(`(?i)^\s*(?:(?:bitte|please)\s+)?(?:suche?|suchen|recherche|recherchier(?:e|en|t)?|durchsuche?n?|(?:re)?search|look up)(?:\s+(?:sie|bitte|mal|mir|uns|alle|doch))*(?:\s+(?:nach|for))?\s*[:,]?\s+`)

// complement makes the query of what the person wrote: without the order to search,
// only in the collections that it names, completed if it goes on with the last
// question.
func (q *search) complement(ctx context.Context, model llm.Model) error {
	text := strings.TrimSpace(filler.ReplaceAllString(order.ReplaceAllString(q.t.Text, ""), " "))
	if len(words(text)) == 0 {
		text = q.t.Text
	}
	text = q.narrow(text)
	q.query = clip(text, maxQuery)
	before := questionsBefore(q.t.History)
	if len(before) == 0 || q.t.Command != "" || !goesOn(q.t.Text) {
		return nil
	}
	q.complete = true
	if model != nil {
		full, err := q.rewrite(ctx, model, before, text)
		if err != nil {
			return err
		}
		if full != "" {
			q.query = full
			return nil
		}
	}
	// What was asked in between is most often what this question replaces.
	q.query = clip(text+" "+before[len(before)-1], maxQuery)
	return nil
}

// follow is how a question begins that goes on with the last one.
var follow = []string{"und", "auch", "gilt", "sonst", "dort", "darin", "ab wann", "was ist mit", "and", "also", "what about", "does that"}

var followUp = regexp.MustCompile(`(?i)^\s*(?:` + strings.Join(follow, "|") + `)\b`)

// followCues are these for the router: words that follow on one another from the first.
func followCues() (all []string) {
	for _, f := range follow {
		all = append(all, "^"+strings.ReplaceAll(f, " ", " ^"))
	}
	return all
}

// otherWork is what another skill is asked for, also where it begins with "und": what was
// found is to become a letter, or shorter. "Wer schreibt" asks.
var otherWork = regexp.MustCompile(`(?i)(?:^|\s)(?:schreibe?|fasse?|formuliere?|übersetze?|erstelle?|kürze?|entwirf|write|draft|summari[sz]e|translate|rewrite)\b`)

// goesOn reports whether a question needs the one before to be understood.
func goesOn(text string) bool {
	return !order.MatchString(text) && (followUp.MatchString(text) || len(words(text)) <= 1)
}

// narrow keeps to the collections that a text names, if it names any, and returns the
// text without their names: every document has to do with these.
func (q *search) narrow(text string) string {
	var named []*knowledge.Collection
	for _, c := range q.cols {
		// \b would not see that "Öffentliche" begins a word.
		re := regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(?:(?:in|aus|laut)\s+(?:(?:den|der|dem|die|das|unseren|the)\s+)?)?[„"»]?` + regexp.QuoteMeta(c.Name) + `[“"«]?(?:$|[\s\pP])\s*(?:nach\s)?`)
		if re.MatchString(text) {
			rest := strings.TrimSpace(re.ReplaceAllString(text, " "))
			if len(words(rest)) > 0 {
				text = rest
			}
			named = append(named, c)
		}
	}
	if len(named) > 0 {
		q.cols = named
	}
	return text
}

// questionsBefore returns the last questions that this skill answered, the newest
// first, back to one that went on with none; none if its was not the last answer.
func questionsBefore(history []bots.Turn) (all []string) {
	for i := len(history) - 1; i > 0 && len(all) < maxBefore; i-- {
		h := history[i]
		if !h.Bot {
			continue
		}
		if h.Skill != "research" {
			break
		}
		for i--; i >= 0 && history[i].Bot; i-- {
		}
		if i < 0 {
			break
		}
		text := strings.TrimSpace(history[i].Text)
		alone := strings.HasPrefix(text, "!") || !goesOn(text)
		if _, rest, ok := strings.Cut(text, " "); ok && strings.HasPrefix(text, "!") {
			text = rest
		}
		all = append(all, clip(order.ReplaceAllString(text, ""), maxQuery))
		if alone {
			break
		}
	}
	return all
}

// rewrite has the model complete a question. What it gives is taken only if it is one
// short line that has to do with the question; else "".
func (q *search) rewrite(ctx context.Context, model llm.Model, before []string, text string) (string, error) {
	older := slices.Clone(before)
	slices.Reverse(older)
	p := llm.Prompt{System: q.s.instructions.Text("query.txt"), MaxTokens: 120, Turns: []llm.Turn{{Text: llm.Fence("Frühere Fragen", strings.Join(older, "\n")) +
		"\n\n" + llm.Fence("Anschlussfrage", clip(text, maxQuery))}}}
	c, err := model.Complete(ctx, p)
	if ctx.Err() != nil {
		return "", fmt.Errorf("research: %w", context.Cause(ctx))
	}
	if err != nil {
		return "", nil // words of the questions before do as well, if not as nicely
	}
	full := strings.TrimSpace(strings.Trim(strings.TrimSpace(c.Text), `"„“»«`))
	if full == "" || len(full) > maxQuery || strings.Contains(full, "\n") || strings.Contains(full, "<<<") {
		return "", nil
	}
	all := words(text + " " + strings.Join(before, " "))
	for w := range words(full) {
		if all[w] {
			return full, nil
		}
	}
	return "", nil
}

// words returns the stems of the words that say something.
func words(text string) map[string]bool {
	all := map[string]bool{}
	facts.Words(text, func(w string) {
		if s := facts.Stem(w); len(s) > 1 && !facts.IsStopWord(w) {
			all[s] = true
		}
	})
	return all
}

// clip cuts a text at a word, without a mark.
func clip(text string, most int) string {
	text = strings.TrimSpace(text)
	if len(text) <= most {
		return text
	}
	text = strings.ToValidUTF8(text[:most], "")
	if i := strings.LastIndexAny(text, " \n"); i > most/2 {
		text = text[:i]
	}
	return strings.TrimSpace(text)
}
