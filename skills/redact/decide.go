package redact

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/personal"
)

var errNotUnderstood = errors.New("redact: nothing in it speaks of the proposal")

var (
	asks     = regexp.MustCompile(`(?i)schw(?:ä|ae)rz|anonym|pseudonym|redact|black out`)
	maySay   = regexp.MustCompile(`(?i)\b(?:ok|okay|freigeben|freigabe|gib|geben|passt|nicht|ohne|doch|auch|hei(?:ß|ss)t|schwarz|balken|platzhalter|als|einverstanden|release|approve|not|also|except|is called|placeholders?|as)\b|schwärzung`)
	release  = regexp.MustCompile(`(?i)^\W*(?:ok|okay|passt|einverstanden)\b|\b(?:freigeben|freigabe|gib (?:es |das |sie )?frei|geben sie (?:es |das |sie )?frei|release|approved?|in ordnung)\b`)
	negated  = regexp.MustCompile(`(?i)\b(?:nicht|noch nicht|don't|do not|not)\b`)
	against  = regexp.MustCompile(`(?i)\b(?:nicht|ohne|stehen ?lassen|not|except|without|keep)\b`)
	again    = regexp.MustCompile(`(?i)\bdoch\b`)
	adding   = regexp.MustCompile(`(?i)^(?:bitte |und |ok,? )*(?:schwärzen? (?:sie )?|ersetzen? (?:sie )?|redact )?(?:noch )?(?:auch|also|zusätzlich)(?: noch)?(?: the)? (.+?)(?: schwärzen| ersetzen| anonymisieren)?[.!]?$`)
	renaming = regexp.MustCompile(`(?i)^(?:bitte )?(?:nr\.? |nummer )?(.+?) (?:soll )?(?:heißt|heisst|heißen|is called|should be called|=)(?: jetzt| bitte)? (.+?)[.!]?$`)
	formats  = regexp.MustCompile(`(?i)\b(?:als|as|in) (?:eine? )?(word|docx|odt|libreoffice|writer|opendocument|pdf|text|txt|textdatei)`)
	blacks   = regexp.MustCompile(`(?i)\b(?:als schwärzung|schwärzungen?|schwarze?|balken|mit balken|black|bars)\b`)
	holders  = regexp.MustCompile(`(?i)\b(?:mit platzhaltern?|platzhalter|pseudonymen?|placeholders?)\b`)
	officers = regexp.MustCompile(`(?i)\b(?:behörde\w*|unterzeichn\w*|sachbearbeit\w*|office\w*|signator\w*)\b`)
	everyone = regexp.MustCompile(`(?i)^(?:alle|alles|all|everything)$`)
	numbers  = regexp.MustCompile(`\b(\d{1,4})(?:\s*(?:-|–|bis|to)\s*(\d{1,4}))?\b`)
	clauses  = regexp.MustCompile(`[;\n]+|,? aber |,? but |\. `)
)

// said is what a message about a proposal comes to.
type said struct {
	release bool
	text    bots.Text // to say before the list
}

func releases(text string) bool {
	return release.MatchString(text) && !negated.MatchString(text)
}

func styleOf(text string) style {
	if blacks.MatchString(text) && !holders.MatchString(text) {
		return black
	}
	return placeholders
}

func formatOf(text string) string {
	m := formats.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	switch f := strings.ToLower(m[1]); f {
	case "word", "docx":
		return "docx"
	case "odt", "libreoffice", "writer", "opendocument":
		return "odt"
	case "pdf":
		return "pdf"
	}
	return "txt"
}

// kindsIn returns the kinds that a request names, none if it asks for all.
func kindsIn(text string) (kinds []personal.Kind) {
	head, _, _ := strings.Cut(text, "\n")
	if len(head) > 200 {
		return nil
	}
	for _, w := range wordsOf(head) {
		for _, k := range personal.Kinds {
			if slices.Contains(strings.Fields(kindNames[k].many.DE+" "+kindNames[k].many.EN), w) && !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	return kinds
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" \t\n.,;:!?()\"„“-", r)
	})
}

// decide takes what a message says into the state.
func (j *job) decide(text string) (said, error) {
	var s said
	understood := false
	for _, clause := range clauses.Split(text, -1) {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		switch {
		case j.rename(clause, &s):
		case j.addTo(clause, &s):
		case against.MatchString(clause) && j.mark(clause, true):
		case again.MatchString(clause) && j.mark(clause, false):
		case releases(clause):
			s.release = true
			j.dress(clause)
		case j.dress(clause):
		default:
			continue
		}
		understood = true
	}
	if !understood {
		return s, errNotUnderstood
	}
	if s.text.DE != "" {
		s.release = false // something was not as the person thought
	}
	return s, nil
}

// dress takes a wish for another style or format.
func (j *job) dress(clause string) bool {
	f := formatOf(clause)
	if f != "" {
		j.st.Format = f
	}
	switch {
	case holders.MatchString(clause):
		j.st.Style = placeholders
	case blacks.MatchString(clause):
		j.st.Style = black
	default:
		return f != ""
	}
	return true
}

// mark rejects, or accepts again, the items that a clause names.
func (j *job) mark(clause string, rejected bool) bool {
	list := j.named(clause)
	for _, i := range list {
		j.st.Items[i].Rejected = rejected
	}
	return len(list) > 0
}

// named returns the items that a clause names: by number, by kind, by text.
func (j *job) named(clause string) (list []int) {
	for _, m := range numbers.FindAllStringSubmatch(clause, -1) {
		from, _ := strconv.Atoi(m[1])
		to := from
		if m[2] != "" {
			to, _ = strconv.Atoi(m[2])
		}
		for n := from; n <= to && n <= len(j.st.Items); n++ {
			if n > 0 {
				list = append(list, n-1)
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	words := wordsOf(clause)
	kinds := kindsIn(clause)
	all := slices.ContainsFunc(words, everyone.MatchString)
	for i, it := range j.st.Items {
		switch {
		case officers.MatchString(clause):
			if it.Office {
				list = append(list, i)
			}
		case len(kinds) > 0:
			if slices.Contains(kinds, it.Kind) {
				list = append(list, i)
			}
		case all:
			list = append(list, i)
		case j.speaksOf(clause, it):
			list = append(list, i)
		}
	}
	return list
}

// speaksOf reports whether a clause has the text of an item, or a person's name.
func (j *job) speaksOf(clause string, it item) bool {
	if strings.Contains(norm(clause), norm(it.Text)) {
		return true
	}
	if it.Kind != personal.Person {
		return false
	}
	var names []string
	for _, other := range j.st.Items {
		if other.Kind == personal.Person {
			names = append(names, other.Text)
		}
	}
	for _, f := range personal.Find([]string{strings.Join(names, "\n"), clause}, personal.Options{Names: names})[1] {
		if f.Kind == personal.Person && f.Norm == it.Norm {
			return true
		}
	}
	return false
}

// rename takes "Frau Kaya heißt Person C".
func (j *job) rename(clause string, s *said) bool {
	m := renaming.FindStringSubmatch(clause)
	if m == nil {
		return false
	}
	list := j.named(m[1])
	word := oneLine(strings.Trim(m[2], "„“\""))
	if len(list) != 1 || word == "" || len(word) > 60 {
		return false
	}
	for _, it := range j.st.Items {
		if !it.Rejected && len(occurrences(word, it.Text)) > 0 {
			s.text = textLeaks
			return true
		}
	}
	j.st.Items[list[0]].Word, j.st.Items[list[0]].Rejected = word, false
	return true
}

// addTo takes "auch Lindenhof", "auch 3", "auch alle Anschriften".
func (j *job) addTo(clause string, s *said) bool {
	m := adding.FindStringSubmatch(clause)
	if m == nil || against.MatchString(clause) {
		return false
	}
	if j.mark(m[1], false) {
		return true
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(m[1], " und ", ","), ",") {
		part = oneLine(strings.Trim(part, " „“\"»«."))
		if len([]rune(part)) < 2 || len(part) > 200 || len(j.st.Names)+len(j.st.Plain) > 500 {
			continue
		}
		if name := nameIn(part); name != "" && j.occurs(name) {
			j.st.Names = append(j.st.Names, name)
			continue
		}
		if !j.occurs(part) {
			q := bots.Quoted(part)
			s.text = bots.Text{DE: q.DE + " habe ich im Text nicht gefunden.", EN: "I did not find " + q.EN + " in the text."}
			continue
		}
		j.st.Plain = append(j.st.Plain, part)
	}
	return true
}

// nameIn returns the name that a text is, without Frau and Herr.
func nameIn(part string) string {
	for _, f := range personal.Find([]string{part}, personal.Options{})[0] {
		if f.Kind == personal.Person && f.End == len(part) {
			return f.Text
		}
	}
	return ""
}

func (j *job) occurs(text string) bool {
	for _, p := range j.pages {
		if len(occurrences(p.text, text)) > 0 {
			return true
		}
	}
	return false
}
