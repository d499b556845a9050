package catchup

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/bots"
)

// A talk is the history of a room as it is worked on: what people wrote and can be
// read, oldest first.
type talk struct {
	hist   bots.History
	asker  string // ID; empty: nobody is said to ask
	zone   *time.Location
	all    []line
	locked []bots.Entry
	people []string // display names of those who wrote
	days   int      // over how many days the messages go
}

// A line is a message of a person.
type line struct {
	bots.Entry
	text    string // on one line
	own     bool   // the asker's
	toYou   bool   // it mentions the asker, or answers a message of theirs
	named   bool   // it asks something and has the asker's name
	answers []int  // later lines that answer it, by others than its sender
	files   []*attached
}

// addressed says whether a line is for the asker.
func (l *line) addressed() bool { return !l.own && (l.toYou || l.named) }

// talkOf sorts a history.
func talkOf(hist bots.History, t bots.Task) *talk {
	k := &talk{hist: hist, asker: t.Message.Sender, zone: t.Now.Location()}
	at := map[string]int{}
	seen := map[string]bool{}
	for _, e := range hist.Entries {
		switch {
		case e.Bot:
			continue
		case e.Locked:
			k.locked = append(k.locked, e)
			continue
		}
		at[e.ID] = len(k.all)
		l := line{Entry: e, text: strings.Join(strings.Fields(strings.Map(visible, e.Text)), " ")}
		l.Time = e.Time.In(k.zone)
		l.Name = cleanName(e.Name, e.Sender)
		l.own = k.asker != "" && e.Sender == k.asker
		l.toYou = k.asker != "" && slices.Contains(e.Mentions, k.asker)
		k.all = append(k.all, l)
		if !seen[l.Name] {
			seen[l.Name] = true
			k.people = append(k.people, l.Name)
		}
	}
	k.link(at)
	k.name()
	if n := len(k.all); n > 0 {
		k.days = int(midnight(k.all[n-1].Time).Sub(midnight(k.all[0].Time)).Hours()/24) + 1
	}
	return k
}

// link notes which line answers which.
func (k *talk) link(at map[string]int) {
	for i := range k.all {
		l := &k.all[i]
		for _, id := range []string{l.ReplyTo, l.Thread} {
			j, ok := at[id]
			if !ok || j == i {
				continue
			}
			to := &k.all[j]
			if to.Sender != l.Sender && j < i && (len(to.answers) == 0 || to.answers[len(to.answers)-1] != i) {
				to.answers = append(to.answers, i)
			}
			if to.own && id == l.ReplyTo {
				l.toYou = true
			}
		}
	}
}

// name finds the questions and requests that have the asker's name in them.
func (k *talk) name() {
	if k.asker == "" {
		return
	}
	e := nameOf(k.hist.Self, k.people)
	if e == nil {
		return
	}
	for i := range k.all {
		l := &k.all[i]
		l.named = !l.own && e.MatchString(l.text) && asks(fold(l.text))
	}
}

// nameOf returns what finds the name of a person: in full, the last name after
// "Frau" or "Herr", the first name where nobody else has it. Nil: there is none.
func nameOf(self string, people []string) *regexp.Regexp {
	name, _, _ := strings.Cut(cleanName(self, ""), "(")
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

// cleanName makes a display name, which anybody can choose, a short name on one
// line without the signs that our lines are made of. "Petersen, Anna" becomes "Anna
// Petersen".
func cleanName(name, id string) string {
	name, office, _ := strings.Cut(name, "(") // "Petersen, Anna (Amt 32)"
	if last, given, ok := strings.Cut(name, ","); ok {
		name = strings.ReplaceAll(given, ",", " ") + " " + last
	}
	if office != "" {
		name += " (" + strings.ReplaceAll(office, ",", " ")
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]<>:·\"„“”", r) || visible(r) < 0 {
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
		return cleanName(local, "")
	}
	return name
}

// visible drops what nobody sees: controls but white space, zero-width and
// bidirectional characters.
func visible(r rune) rune {
	if !unicode.IsSpace(r) && unicode.In(r, unicode.Cc, unicode.Cf) {
		return -1
	}
	return r
}

// count returns how many messages people wrote, and how many of them were read.
func (k *talk) count() (read, total int) { return len(k.all), len(k.all) + len(k.locked) }

// whole returns the indices of all lines.
func (k *talk) whole() []int {
	all := make([]int, len(k.all))
	for i := range all {
		all[i] = i
	}
	return all
}
