package material

import (
	"regexp"
	"strings"

	"amtsbote/bots"
)

// A Result is what the bot made last in a conversation: what "kürzer" is about.
type Result struct {
	Text  string      // without what stands under it
	From  []string    // the messages before it: any of them may be in it, by the results before
	Draft *bots.Draft // the draft that it was; nil: an answer
}

// under divides a result from remarks on it.
const under = "\n\n---\n\n"

// Under returns a result with a remark under it, which [Last] takes away again.
// Rules that the result itself has are drawn in another way.
func Under(text, remark string) string {
	text = strings.TrimSpace(rules.ReplaceAllString(text, "* * *"))
	if remark == "" {
		return text
	}
	return text + under + remark
}

var rules = regexp.MustCompile(`(?m)^ {0,3}-(?:[ \t]*-){2,}[ \t]*$`)

// Last returns the bot's last result. There is none where it only said how things
// are (help, a refusal), made several drafts, of which none is meant more than the
// others, or a brief: that is made of a letter of which no model may see a word.
func Last(t bots.Task) (Result, bool) {
	for i := len(t.History) - 1; i >= 0; i-- {
		h := t.History[i]
		if !h.Bot || h.Notice.Plain {
			continue
		}
		switch {
		case len(h.Drafts) == 1:
			return Result{Text: h.Drafts[0].Text, From: askedBefore(t.History[:i]), Draft: &h.Drafts[0]}, true
		case len(h.Drafts) > 1 || h.Skill == "draft":
			return Result{}, false
		}
		text := h.Text
		if k := strings.LastIndex(text, under); k > 0 {
			text = text[:k]
		}
		text = strings.TrimSpace(covered.ReplaceAllString(text, ""))
		return Result{Text: text, From: askedBefore(t.History[:i])}, text != ""
	}
	return Result{}, false
}

func askedBefore(turns []bots.Turn) (ids []string) {
	for _, h := range turns {
		if !h.Bot {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// Covering returns an answer with the line under it that says what it was made from,
// which [Last] takes away again.
func Covering(text, line bots.Text) bots.Text {
	return bots.Text{DE: text.DE + "\n\n*" + line.DE + "*", EN: text.EN + "\n\n*" + line.EN + "*"}
}

// covered is the line that says what an answer was made from.
var covered = regexp.MustCompile(`\n\n\*(?:[^*\n\\]|\\.)+\*\s*$`)
