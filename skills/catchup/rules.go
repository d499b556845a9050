package catchup

import (
	"context"
	"fmt"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

const maxKey = 6 // sentences under "Sonst"

// rules is the built-in engine: it sorts the sentences of some lines under the
// headings by cue words, verbatim.
func (k *history) rules(ctx context.Context, lines []int, now time.Time) ([]note, error) {
	var notes []note
	var rest []talk.Sentence
	for _, i := range lines {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l := &k.All[i]
		if l.Addressed() {
			notes = append(notes, k.addressedNote(i))
			continue
		}
		more, others := k.sorted(i)
		notes = append(notes, more...)
		if !l.Own {
			rest = append(rest, others...)
		}
	}
	key, err := k.key(ctx, rest, now)
	return append(notes, key...), err
}

// addressedNote quotes what is addressed to the asker: from the first question or
// request on, if there is one.
func (k *history) addressedNote(i int) note {
	l := &k.All[i]
	sentences := talk.Sentences(l.Said)
	from := 0
	for n, s := range sentences {
		if talk.Asks(talk.Fold(s)) {
			from = n
			break
		}
	}
	return note{head: addressed, text: l.Quote(talk.Shorten(sentences, from)), from: []int{i}, asks: talk.Asks(talk.Fold(l.Said)), reply: l.Answers}
}

// headingBy are the headings of sentences.
var headingBy = map[talk.Sort]heading{talk.Agreed: agreed, talk.Open: opened, talk.Other: other}

// sorted returns the sentences of a line that were decided or are open, as notes,
// and the others. Sentences of one heading that follow one another stay together.
func (k *history) sorted(i int) (notes []note, others []talk.Sentence) {
	l := &k.All[i]
	var run []string
	last := other
	flush := func() {
		if len(run) > 0 && last != other {
			notes = append(notes, note{head: last, text: l.Quote(talk.Shorten(run, 0)), from: []int{i}})
		}
		run = nil
	}
	for _, s := range talk.Sentences(l.Said) {
		head := headingBy[talk.SortOf(s, l)]
		if head != last {
			flush()
		}
		if last = head; head == other {
			others = append(others, talk.Sentence{Line: i, Text: s})
			continue
		}
		run = append(run, s)
	}
	flush()
	return notes, others
}

// key returns the most telling of the sentences that stand under no heading, and
// of the files.
func (k *history) key(ctx context.Context, rest []talk.Sentence, now time.Time) ([]note, error) {
	found, err := k.Key(ctx, rest, maxKey, now)
	if err != nil {
		return nil, fmt.Errorf("catchup: %w", err)
	}
	var notes []note
	for _, f := range found {
		notes = append(notes, note{head: other, text: k.All[f.Line].Quote(talk.Shorten([]string{f.Text}, 0)), from: []int{f.Line}})
	}
	return append(notes, k.keyOfFiles(ctx, now)...), nil
}

// keyOfFiles quotes a sentence or two of each file that was read.
func (k *history) keyOfFiles(ctx context.Context, now time.Time) (notes []note) {
	for i := range k.All {
		for _, f := range k.All[i].Attached {
			name := bots.Literal(f.Name)
			for _, q := range f.Key(ctx, now) {
				notes = append(notes, note{head: other, from: []int{i},
					text: bots.Text{DE: "Datei " + name + ": " + q.DE, EN: "File " + name + ": " + q.EN}})
			}
		}
	}
	return notes
}
