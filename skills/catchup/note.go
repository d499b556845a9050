package catchup

import (
	"cmp"
	"slices"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

// A heading is under which a statement stands.
type heading int

const (
	anything  heading = iota // no heading: of a focus
	addressed                // to the person who asks
	agreed
	opened
	other
)

// A note is a statement about a room, with the messages that it rests on.
type note struct {
	head heading
	// text is CommonMark. A mark of markOf(i) in it becomes the link of line i.
	text  bots.Text
	from  []int  // lines, oldest first; at least one
	asks  bool   // it is a question or request to the asker
	reply []int  // lines that answer it
	plain string // a model's words, to be merged; empty: a quote
}

// maxNotes is how many statements stand under each heading. The newest stay.
var maxNotes = map[heading]int{addressed: 20, agreed: 15, opened: 15, other: 10}

// A history is a room's, with what this skill makes of it.
type history struct{ *talk.Talk }

// A report is what an answer is made from.
type report struct {
	talk         *history
	focus        heading
	notes        []note
	left         map[heading]int // statements that are not shown
	warnings     []bots.Text
	model, place string    // empty: rules
	replaced     bots.Text // before the model
}

// order puts the notes into the order in which they are shown, within limits: what
// waits for an answer of the asker first, all else by time. A focus leaves only
// its own heading and what is addressed to the asker.
func (r *report) order() {
	r.notes = slices.DeleteFunc(r.notes, func(n note) bool {
		return n.head == addressed && r.talk.Asker == "" || r.focus != anything && n.head != r.focus && n.head != addressed
	})
	waits := func(n note) bool { return n.head == addressed && n.asks && len(n.reply) == 0 }
	slices.SortStableFunc(r.notes, func(a, b note) int {
		if c := cmp.Compare(a.head, b.head); c != 0 {
			return c
		}
		if waits(a) != waits(b) {
			if waits(a) {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.from[0], b.from[0])
	})
	r.left = map[heading]int{}
	var kept []note
	for head, most := range maxNotes {
		var of []note
		for _, n := range r.notes {
			if n.head == head {
				of = append(of, n)
			}
		}
		if n := len(of) - most; n > 0 {
			r.left[head] = n
			if head == addressed {
				of = of[:most]
			} else {
				of = of[n:]
			}
		}
		kept = append(kept, of...)
	}
	slices.SortStableFunc(kept, func(a, b note) int { return cmp.Compare(a.head, b.head) })
	r.notes = kept
}

// sources lists the messages that the notes rest on, each once.
func (r *report) sources() (all []bots.Source) {
	seen := map[int]bool{}
	for _, n := range r.notes {
		for _, i := range slices.Concat(n.from, n.reply) {
			if l := &r.talk.All[i]; !seen[i] {
				seen[i] = true
				all = append(all, bots.Source{N: len(all) + 1, ID: l.ID, Link: l.Link})
			}
		}
	}
	return all
}
