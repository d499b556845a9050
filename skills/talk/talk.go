// Package talk is what skills know about the rooms of a messenger: which room is
// meant and which stretch of time, what was written in it, by whom and with which
// files, which sentences decide or leave something open, and how an answer says
// what it covers and leads to the messages.
//
// A skill reads a room for the person who asks (bots.Rooms), and by the rules here:
// questions that watch a person are refused before anything is read (watch.go), and
// the answer goes to that person alone unless they want it before all (Public) and
// all may read what it rests on (bots.History.Closed).
//
// Names, texts and files are untrusted: they come out of here on one line, without
// characters that nobody sees, so that no message can feign another.
package talk

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/bots"
)

// A Talk is the history of a room as it is worked on: what people wrote and can be
// read, oldest first.
type Talk struct {
	Hist   bots.History
	What   Stretch
	Asker  string // ID; empty: nobody is said to ask
	Zone   *time.Location
	All    []Line
	Locked []bots.Entry // what could not be decrypted
	People []string     // display names of those who wrote, as CleanName makes them
	Days   int          // over how many days the messages go
	Files  []*File      // that came with the messages; Attach reads them
}

// A Line is a message of a person. Its Name is clean, its Time in the bot's zone.
type Line struct {
	bots.Entry
	Said     string  // its text on one line, so that no message can feign another
	Own      bool    // the asker's
	Answers  []int   // later lines that answer it, by others than its sender
	Attached []*File // its files, and those inside them
	toYou    bool    // it mentions the asker, or answers a message of theirs
	named    bool    // it asks something and has the asker's name
}

// Addressed says whether a line is for the asker.
func (l *Line) Addressed() bool { return !l.Own && (l.toYou || l.named) }

// Of sorts what was read for a task of a stretch of a room.
func Of(hist bots.History, what Stretch, t bots.Task) *Talk {
	k := &Talk{Hist: hist, What: what, Asker: t.Message.Sender, Zone: t.Now.Location()}
	at := map[string]int{}
	seen := map[string]bool{}
	for _, e := range hist.Entries {
		switch {
		case e.Bot:
			continue
		case e.Locked:
			k.Locked = append(k.Locked, e)
			continue
		}
		at[e.ID] = len(k.All)
		l := Line{Entry: e, Said: strings.Join(strings.Fields(strings.Map(Visible, e.Text)), " ")}
		l.Time = e.Time.In(k.Zone)
		l.Name = CleanName(e.Name, e.Sender)
		l.Own = k.Asker != "" && e.Sender == k.Asker
		l.toYou = k.Asker != "" && slices.Contains(e.Mentions, k.Asker)
		k.All = append(k.All, l)
		if !seen[l.Name] {
			seen[l.Name] = true
			k.People = append(k.People, l.Name)
		}
	}
	k.link(at)
	k.name()
	if n := len(k.All); n > 0 {
		k.Days = int(midnight(k.All[n-1].Time).Sub(midnight(k.All[0].Time)).Hours()/24) + 1
	}
	return k
}

// link notes which line answers which.
func (k *Talk) link(at map[string]int) {
	for i := range k.All {
		l := &k.All[i]
		for _, id := range []string{l.ReplyTo, l.Thread} {
			j, ok := at[id]
			if !ok || j == i {
				continue
			}
			to := &k.All[j]
			if to.Sender != l.Sender && j < i && (len(to.Answers) == 0 || to.Answers[len(to.Answers)-1] != i) {
				to.Answers = append(to.Answers, i)
			}
			if to.Own && id == l.ReplyTo {
				l.toYou = true
			}
		}
	}
}

// name finds the questions and requests that have the asker's name in them.
func (k *Talk) name() {
	if k.Asker == "" {
		return
	}
	e := nameOf(k.Hist.Self, k.People)
	if e == nil {
		return
	}
	for i := range k.All {
		l := &k.All[i]
		l.named = !l.Own && e.MatchString(l.Said) && Asks(Fold(l.Said))
	}
}

// nameOf returns what finds the name of a person: in full, the last name after
// "Frau" or "Herr", the first name where nobody else has it. Nil: there is none.
func nameOf(self string, people []string) *regexp.Regexp {
	name, _, _ := strings.Cut(CleanName(self, ""), "(")
	words := strings.Fields(name)
	if len(words) == 0 {
		return nil
	}
	const start, end = `(?:^|[^\pL\d])@?`, `(?:$|[^\pL\d])`
	all := []string{regexp.QuoteMeta(strings.Join(words, " "))}
	last, given := words[len(words)-1], words[0]
	if len(words) > 1 {
		all = append(all, `(?:Frau|Herrn?|Mrs\.?|Mr\.?|Ms\.?) (?:Dr\. )?`+regexp.QuoteMeta(last))
	}
	same := 0
	for _, p := range people {
		if slices.Contains(strings.Fields(p), given) {
			same++
		}
	}
	others := same
	if slices.Contains(people, strings.Join(words, " ")) {
		others--
	}
	if utf8.RuneCountInString(given) >= 3 && others <= 0 {
		all = append(all, regexp.QuoteMeta(given))
	}
	return regexp.MustCompile(start + `(?:` + strings.Join(all, "|") + `)` + end)
}

// CleanName makes a display name, which anybody can choose, a short name on one
// line without the signs that our lines are made of. "Petersen, Anna" becomes "Anna
// Petersen".
func CleanName(name, id string) string {
	name, office, _ := strings.Cut(name, "(") // "Petersen, Anna (Amt 32)"
	if last, given, ok := strings.Cut(name, ","); ok {
		name = strings.ReplaceAll(given, ",", " ") + " " + last
	}
	if office != "" {
		name += " (" + strings.ReplaceAll(office, ",", " ")
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]<>:·\"„“”", r) || Visible(r) < 0 {
			return -1
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > 40 {
		name = strings.TrimSpace(string(runes[:40])) + "…"
	}
	if name == "" && id != "" {
		local, _, _ := strings.Cut(strings.TrimPrefix(id, "@"), ":")
		return CleanName(local, "")
	}
	return name
}

// Visible drops what nobody sees: controls but white space, zero-width and
// bidirectional characters.
func Visible(r rune) rune {
	if !unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Cf) {
		return -1
	}
	return r
}

// Count returns how many messages were read, and how many people wrote.
func (k *Talk) Count() (read, total int) { return len(k.All), len(k.All) + len(k.Locked) }

// Whole returns the indices of all lines.
func (k *Talk) Whole() []int {
	all := make([]int, len(k.All))
	for i := range all {
		all[i] = i
	}
	return all
}

// Answered returns the line that a line answers.
func (k *Talk) Answered(i int) (int, bool) {
	to := k.All[i].ReplyTo
	if to == "" {
		to = k.All[i].Thread
	}
	if to == "" {
		return 0, false
	}
	for j := i - 1; j >= 0 && j > i-500; j-- {
		if k.All[j].ID == to {
			return j, true
		}
	}
	return 0, false
}
