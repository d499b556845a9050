package chat

import (
	"fmt"
	"strings"
	"time"

	"amtsbote/bots"
)

// Progress returns one line about how far an answer is, or "" if there is nothing to
// say. What of the answer is there is not in it: where several people read, they
// would see it change.
func Progress(p bots.Progress, lang string) string {
	text := strings.Join(strings.Fields(p.Text.In(lang)), " ")
	if p.Total > 0 {
		done := min(max(p.Done, 0), p.Total)
		if text == "" {
			text = fmt.Sprintf("%d/%d", done, p.Total)
		}
		text += fmt.Sprintf(" · %d %%", done*100/p.Total)
	}
	if text == "" && p.Partial != "" {
		text = Still.In(lang)
	}
	return text
}

// Soonest returns the time until the first of some times that is yet to come, at
// most an hour: when to look again at what is shown of an answer.
func Soonest(now time.Time, all ...time.Time) time.Duration {
	wait := time.Hour
	for _, t := range all {
		if d := t.Sub(now); d > 0 {
			wait = min(wait, d)
		}
	}
	return wait
}
