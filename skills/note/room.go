package note

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

// Cues, in folded text.
var (
	// spoken names what is said in a room: "dieses Gespräch", "den Thread". What is
	// with somebody or has a number is another one, or a place.
	spoken = regexp.MustCompile(`\b(?:dies\w*|unser\w*|das|den|dem|des|im|vom|zum|this|our|the) (thread\w*|raum\w*|rooms?|chat\w*|kana[el]\w*|channels?|gespraech\w*|unterhaltung\w*|diskussion\w*|verlauf\w*|austausch\w*|absprachen?|conversation|discussion)\b`)
	other  = regexp.MustCompile(`^ (?:mit|with|\d)`)
	// rooms is how one is named in a direct chat, team where a time is named too.
	rooms = regexp.MustCompile(`\b(?:(?:chat|matrix)?raum\w*|rooms?|kana[el]\w*|channels?)\b`)
	team  = regexp.MustCompile(`\b(?:team\w*|gruppe\w*|chat\w*|runde\w*|group)\b`)
	// written is what is never spoken.
	written  = regexp.MustCompile(`\b(?:thread|raum|rooms?\b|chat|kana[el]|channel)`)
	whole    = regexp.MustCompile(`\b(?:raum\w*|rooms?|kana[el]\w*|channels?)\b`)
	since    = regexp.MustCompile(`\b(?:seit|since|letzte[nrms]?|last|diese[rn]? woche|this week)\b`)
	noteWord = regexp.MustCompile(`(?:vermerk|notiz|\bnote\b)`)
	change   = regexp.MustCompile(`\b(?:ergaenz|fueg|streich|loesch|aender|korrigier|kuerz|laenger|ausfuehrlich|add|remove|change|short|long)`)
	// filler are words that say nothing about what a note is to be of.
	filler = regexp.MustCompile(`^(?:(?:akten)?vermerk|aktennotiz|gespraechs(?:vermerk|notiz)|bitte|schreib\w*|mach\w*|erstell\w*|verfass\w*|formulier\w*|einen?|mal|dar(?:aus|ueber)|davon|dazu|hier(?:zu|ueber|von)?|mir|uns|fuer|alle|die|akte|du|sie|please|an?|note|write|make|file|for|the|of|this|here|us|me|everyone)$`)
)

// maxRequest is how many bytes a request for a note about a room has at most: what
// is longer is what the note is about.
const maxRequest = 200

// aboutRoom says whether a note is wanted of what was written in a room.
func aboutRoom(t bots.Task) bool {
	low := talk.Fold(talk.First(t.Text, 1000))
	if t.Rooms == nil || len(t.Message.Files) > 0 || t.Message.Letter() || t.Command == "" && !noteWord.MatchString(low) {
		return false
	}
	at := strings.IndexAny(low, ":\n")
	if at < 0 {
		at = len(low)
	}
	if head := low[:at]; len(head) > maxRequest || len(strings.TrimSpace(low[at:])) > minText && !(speaks(head) && written.MatchString(head)) {
		return false // key words; but after "über diesen Raum:" a wish
	}
	timed := since.MatchString(low)
	if t.Message.Direct {
		return rooms.MatchString(low) && !door(low) || timed && team.MatchString(low)
	}
	return timed || speaks(low) || bare(low) && !slices.ContainsFunc(t.History, func(h bots.Turn) bool { return !h.Bot && len(h.Files) > 0 })
}

// changes says whether a text asks for a change of the note before.
func changes(text string) bool { return change.MatchString(talk.Fold(talk.First(text, 1000))) }

func speaks(low string) bool {
	at := spoken.FindStringIndex(low)
	return at != nil && !other.MatchString(low[at[1]:])
}

// door says whether a room is one with a door: it has a number.
func door(low string) bool { return other.MatchString(low[rooms.FindStringIndex(low)[1]:]) }

func bare(low string) bool {
	words := strings.FieldsFunc(low, func(r rune) bool { return strings.ContainsRune(" .,;:!?\n\t", r) })
	return !slices.ContainsFunc(words, func(w string) bool { return !filler.MatchString(w) })
}

// stretchOf is what of the room is meant. A note begins where its matter does, not
// where a person was away: without thread or time it is asked.
func stretchOf(t bots.Task) (talk.Stretch, error) {
	what, err := talk.StretchOf(t, true)
	if err != nil || what.Said {
		return what, err
	}
	if t.Message.Thread != "" && !whole.MatchString(talk.Fold(t.Text)) {
		return talk.Stretch{Span: bots.Span{Thread: t.Message.Thread}, Kind: talk.ByThread, Said: true}, nil
	}
	return what, &bots.Refusal{Text: textWhen}
}

var textWhen = bots.Text{
	DE: "Ab wann soll der Vermerk reichen? Schreiben Sie mir in dem Thread, um den es geht, oder nennen Sie einen Zeitraum: „Vermerk über diesen Raum seit Montag“, „… seit 12.11.“, „… seit meiner letzten Nachricht“.",
	EN: "Where shall the note begin? Write to me in the thread in question, or name a time: “note about this room since Monday”, “… since 12 November”, “… since my last message”.",
}

// ofRoom begins an answer about a room: what was read, and who gets it. As in every
// answer about a room that is the person alone, unless they want it before all and
// all may read what it rests on.
func (j job) ofRoom() bots.Answer {
	public := !j.t.Message.Direct && (j.before != "" || talk.Public(talk.Fold(talk.First(j.t.Text, 1000)))) // only one that all saw has a text
	a := bots.Answer{Private: !public || j.talk.Hist.Closed}
	if public && a.Private {
		a.Warnings = append(a.Warnings, talk.TextClosed)
	}
	for _, f := range j.talk.Files {
		a.Read = append(a.Read, f.Read)
		a.Warnings = append(a.Warnings, f.Notes...)
	}
	return a
}

// readRoom reads what a note is wanted of. What watches a person is refused.
func (s *Skill) readRoom(ctx context.Context, t bots.Task) (*talk.Talk, error) {
	if talk.Watches(t.Text) {
		return nil, &bots.Refusal{Text: talk.TextWatch}
	}
	what, err := stretchOf(t)
	if err != nil {
		return nil, err
	}
	room, err := talk.RoomOf(ctx, t, "note")
	if err != nil {
		return nil, err
	}
	what.Span.Tell = func(n int) {
		t.Tell(bots.Progress{Done: n, Text: bots.Text{DE: "Nachrichten gelesen", EN: "messages read"}})
	}
	hist, err := t.Rooms.Read(ctx, room, what.Span)
	if err != nil {
		return nil, fmt.Errorf("note: read room: %w", err)
	}
	k := talk.Of(hist, what, t)
	if len(k.All) == 0 {
		return nil, &bots.Refusal{Text: bots.Text{DE: k.Empty("de"), EN: k.Empty("en")}}
	}
	return k, k.Attach(ctx, t, s.read)
}

const (
	maxPeople = 15 // who is named in the head
	maxShown  = 15 // quotes under a heading, the newest
)

// what says what the note is of, for its head.
func (j job) what() bots.Text {
	in := func(lang string) string {
		kind := talk.Pick(lang, "Gespräch", "Conversation")
		if j.talk.What.Kind == talk.ByThread {
			kind = "Thread"
		}
		return kind + talk.Pick(lang, " im Raum ", " in the room ") + bots.Literal(j.talk.Name(lang)) + ", " + j.period(lang)
	}
	return bots.Text{DE: in("de"), EN: in("en")}
}

// people lists who wrote.
func (j job) people() bots.Text {
	all := j.talk.People
	names := bots.Literal(strings.Join(all[:min(len(all), maxPeople)], ", "))
	if n := len(all) - maxPeople; n > 0 {
		return bots.Text{DE: fmt.Sprintf("%s und %d weitere", names, n), EN: fmt.Sprintf("%s and %d more", names, n)}
	}
	return bots.Text{DE: names, EN: names}
}

// quotes are what the built-in engine chooses from a room: what was decided, what is
// open, and the most telling of the rest, verbatim.
func (j job) quotes(ctx context.Context) (agreed, open []talk.Sentence, err error) {
	var rest []talk.Sentence
	for i := range j.talk.All {
		l := &j.talk.All[i]
		for _, text := range talk.Sentences(l.Said) {
			s := talk.Sentence{Line: i, Text: text}
			switch talk.SortOf(text, l) {
			case talk.Agreed:
				agreed = append(agreed, s)
			case talk.Open:
				open = append(open, s)
			default:
				rest = append(rest, s)
			}
		}
	}
	key, err := j.talk.Key(ctx, rest, maxQuotes, j.t.Now)
	agreed = append(agreed, key...)
	slices.SortStableFunc(agreed, func(a, b talk.Sentence) int { return a.Line - b.Line })
	return agreed, open, err
}

// roomByRules writes the note without a model.
func (j job) roomByRules(ctx context.Context, a *bots.Answer) error {
	agreed, open, err := j.quotes(ctx)
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	var sources []int
	list := func(of []talk.Sentence) (all bots.Text) {
		if n := len(of) - maxShown; n > 0 {
			of = of[n:]
			all = bots.Text{DE: fmt.Sprintf("- %d frühere, hier nicht gezeigt", n), EN: fmt.Sprintf("- %d earlier, not shown here", n)}
		}
		for _, s := range of {
			sources = append(sources, s.Line)
			all = join(all, "\n", j.point(s.Line, j.talk.All[s.Line].Quote(talk.Shorten([]string{s.Text}, 0))))
		}
		return all
	}
	facts, next := list(agreed), list(open)
	for i := range j.talk.All {
		for _, f := range j.talk.All[i].Attached {
			sources = append(sources, i)
			name := bots.Literal(f.Name)
			text := bots.Text{DE: "Datei " + name, EN: "File " + name}
			for n, q := range f.Key(ctx, j.t.Now) {
				text = join(text, map[bool]string{true: ": ", false: " "}[n == 0], q)
			}
			facts = join(facts, "\n", j.point(i, text))
		}
	}
	if facts.DE == "" {
		facts = gap(heads[1])
	}
	if next.DE != "" {
		next = bots.Text{DE: "Im Gespräch offen geblieben:\n" + next.DE + "\n\n", EN: "Left open in the conversation:\n" + next.EN + "\n\n"}
	}
	what := j.what()
	a.Text = j.write([]bots.Text{{DE: what.DE + ".", EN: what.EN + "."}, facts, gapAssessment, {DE: next.DE + gapNext.DE, EN: next.EN + gapNext.EN}})
	slices.Sort(sources)
	for _, i := range slices.Compact(sources) {
		l := &j.talk.All[i]
		a.Sources = append(a.Sources, bots.Source{N: len(a.Sources) + 1, ID: l.ID, Link: l.Link})
	}
	return nil
}

// point is an item of a list, with the link of its message.
func (j job) point(line int, text bots.Text) bots.Text {
	return bots.Text{DE: "- " + text.DE + " " + j.talk.Link("de", line), EN: "- " + text.EN + " " + j.talk.Link("en", line)}
}
