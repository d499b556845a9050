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
	against  = regexp.MustCompile(`(?i)\b(?:nicht|ohne|stehen ?lassen|not|except|without|keep)\b`)
	again    = regexp.MustCompile(`(?i)\bdoch\b`)
	adding   = regexp.MustCompile(`(?i)^(?:bitte |und |ok,? )*(?:schwärzen? (?:sie )?|ersetzen? (?:sie )?|redact )?(?:noch )?(?:auch|also|zusätzlich)(?: noch)?(?: the)? (.+?)(?: schwärzen| ersetzen| anonymisieren)?[.!]?$`)
	renaming = regexp.MustCompile(`(?i)^(?:bitte )?(?:nr\.? |nummer )?(.+?) (?:soll )?(?:heißt|heisst|heißen|is called|should be called|=)(?: jetzt| bitte)? (.+?)[.!]?$`)
	formats  = regexp.MustCompile(`(?i)\b(?:als|as|in) (?:eine? )?(word|docx|odt|libreoffice|writer|opendocument|pdf|text|txt|textdatei)\b`)
	blacks   = regexp.MustCompile(`(?i)\b(?:schwärzung(?:en)?|schwarze?|balken|black|bars)\b`)
	holders  = regexp.MustCompile(`(?i)\b(?:platzhaltern?|pseudonymen?|placeholders?)\b`)
	officers = regexp.MustCompile(`(?i)\b(?:behörde\w*|unterzeichn\w*|sachbearbeit\w*|office\w*|signator\w*)\b`)
	everyone = regexp.MustCompile(`(?i)^(?:alle|alles|all|everything)$`)
	numbers  = regexp.MustCompile(`\b(\d{1,4})(?:\s*(?:-|–|bis|to)\s*(\d{1,4}))?\b`)
	clauses  = regexp.MustCompile(`(?i)[;\n]+|,? aber |,? but |,? sonst |[.!]+ (?:vielen )?(?:danke?|thanks)\b[^\n]*`)
	// sentence is the end of a clause that is none of "Nr. 3" and "Dr. Kaya".
	sentence = regexp.MustCompile(`(?i)\b(ok|okay|passt|nicht|doch|danke|bitte|thanks|please|schwärzen|ersetzen|lassen|not|freigeben|frei)(?:[.!]+ |, (?:und )?| und (?:auch )?)`)
	greeting = regexp.MustCompile(`(?is)(?:^|\n)[ \t]*(?:(?:mit|viele|vielen|liebe|lieben|beste|besten|freundliche[nmr]?|schöne|herzliche[nr]?|kind|best)\s+)*(?:gr(?:ü|ue)(?:ß|ss)en?|gru(?:ß|ss)|regards|mfg|lg|vg)(?:[\s,.!].*)?$`)
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

var (
	// frees are words of which one must be in what releases.
	frees = set("ok okay passt einverstanden freigeben freigabe frei ordnung release approve approved")
	// polite are all other words that it may have: of a release nothing is guessed.
	polite = set(`ja yes bitte please danke dank vielen thanks thank you viele grüße gruß super prima gut fine und and so das es die den sie alles it all that the gib geben gebe in erteilt hiermit jetzt now nun dann gerne gern
		datei file neue new als as eine ein a mit with word docx odt libreoffice writer opendocument pdf text txt textdatei schwärzung schwärzungen schwarz balken black bars platzhalter platzhaltern placeholder placeholders ist is`)
	// requests make a question a request.
	requests = set("bitte please kannst könntest können könnten can could would")
	// fillers stand around numbers, and around what a request to redact names.
	fillers = set(`nr nummer nummern no number numbers punkt fund funde find finds item items row zeile die der das den dem bitte please und and bis to nicht not doch auch also ohne without except keep stehen lassen bleiben stehenlassen sollen soll weg
		schwärzen ersetzen ok noch kannst können du sie mir in im der datei dateien dokument text brief schreiben bescheid anhang anlage vermerk protokoll file document letter attachment nur only alle alles all everything
		personenbezogene personenbezogenen daten personal data the of wieder mit als as with a eine ein`)
)

func only(words []string, sets ...map[string]bool) bool {
	for _, w := range words {
		if !slices.ContainsFunc(sets, func(m map[string]bool) bool { return m[w] }) {
			return false
		}
	}
	return true
}

func hasAny(words []string, m map[string]bool) bool {
	return slices.ContainsFunc(words, func(w string) bool { return m[w] })
}

// said is what a message about a proposal comes to.
type said struct {
	release bool
	text    bots.Text // to say before the list
}

// releases reports whether a clause does nothing but release: all of its words are
// known, and it is no question.
func releases(clause string) bool {
	words := wordsOf(clause)
	return hasAny(words, frees) && only(words, frees, polite, requests) && (hasAny(words, requests) || !strings.Contains(clause, "?"))
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

// kindWords are the words for all of a kind.
var kindWords = func() map[string]personal.Kind {
	m := map[string]personal.Kind{}
	for _, k := range personal.Kinds {
		for w := range strings.FieldsSeq(kindNames[k].many.DE + " " + kindNames[k].many.EN) {
			m[w] = k
		}
	}
	return m
}()

// kindsIn returns the kinds that a text names.
func kindsIn(text string) (kinds []personal.Kind) {
	for _, w := range wordsOf(text) {
		if k, ok := kindWords[w]; ok && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

var (
	spared  = regexp.MustCompile(`(?i)(?:^|[ ,])(?:außer|ausser|ausnahme|bis auf|ohne|nicht|except|without|but not|apart from)\b`)
	limited = regexp.MustCompile(`(?i)\b(?:nur|lediglich|only|just)\b`)
	// mailWord is one message, not the addresses in it.
	mailWord = regexp.MustCompile(`(?i)\be?-?mails?\b(?:-adressen?\b)?`)
)

// kindsWanted returns the kinds that a request limits itself to, none if it asks for
// all. A request that speaks of more than kinds ("Redact the health report") asks for
// all, unless it says "only": what is proposed too much the person can see.
func kindsWanted(wish string) []personal.Kind {
	wish = mailWord.ReplaceAllStringFunc(wish, func(m string) string {
		if strings.Contains(strings.ToLower(m), "adress") {
			return "mailadressen"
		}
		return "datei"
	})
	if at := spared.FindStringIndex(wish); at != nil {
		before, spare := kindsIn(wish[:at[0]]), kindsIn(wish[at[1]:])
		if len(spare) == 0 {
			before, spare = nil, before
		}
		if len(before) == 0 && len(spare) > 0 {
			before = personal.Kinds
		}
		return slices.DeleteFunc(slices.Clone(before), func(k personal.Kind) bool { return slices.Contains(spare, k) })
	}
	if limited.MatchString(wish) || wishOnly(wish) {
		return kindsIn(wish)
	}
	return nil
}

// wishOnly reports whether a text is nothing but a wish how to redact.
func wishOnly(text string) bool {
	return !slices.ContainsFunc(wordsOf(text), func(w string) bool {
		_, kind := kindWords[w]
		return !kind && !fillers[w] && !polite[w] && !asks.MatchString(w) && !(len(w) <= 4 && strings.Trim(w, "0123456789") == "")
	})
}

// speaks reports whether a message may be one about a proposal.
func speaks(text string) bool {
	for _, clause := range clausesOf(text) {
		if hasAny(wordsOf(clause), frees) || against.MatchString(clause) || again.MatchString(clause) || adding.MatchString(clause) || renaming.MatchString(clause) ||
			formats.MatchString(clause) || blacks.MatchString(clause) || holders.MatchString(clause) {
			return true
		}
	}
	return false
}

// clausesOf returns what a message says, one thing after the other, without the
// greeting of a mail.
func clausesOf(text string) (all []string) {
	text = greeting.ReplaceAllString(text, "")
	text = sentence.ReplaceAllString(clauses.ReplaceAllString(text, "\n"), "$1\n")
	for clause := range strings.SplitSeq(text, "\n") {
		if clause = strings.TrimSpace(clause); clause != "" {
			all = append(all, clause)
		}
	}
	return all
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" \t\n.,;:!?()\"„“-", r)
	})
}

// decide takes what a message says into the state.
func (j *job) decide(text string) (said, error) {
	var s said
	understood, open := false, false
	for _, clause := range clausesOf(text) {
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
			open = open || !only(wordsOf(clause), polite, fillers)
			continue
		}
		understood = true
	}
	switch {
	case open && (s.release || hasAny(wordsOf(text), frees)):
		s.text = textUnsure
	case !understood:
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
	kinds := kindsIn(clause)
	words := slices.DeleteFunc(wordsOf(clause), func(w string) bool { return strings.Trim(w, "0123456789–") == "" })
	if only(words, fillers) {
		for _, m := range numbers.FindAllStringSubmatch(clause, -1) {
			from, _ := strconv.Atoi(m[1])
			to := from
			if m[2] != "" {
				to, _ = strconv.Atoi(m[2])
			}
			for n := max(from, 1); n <= to && n <= len(j.st.Items); n++ {
				list = append(list, n-1)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	all := slices.ContainsFunc(words, everyone.MatchString)
	spoken := map[int]bool{}
	if !all && len(kinds) == 0 {
		spoken = j.spokenOf(clause)
	}
	for i, it := range j.st.Items {
		named := spoken[i] || all
		switch {
		case officers.MatchString(clause):
			named = it.Office
		case len(kinds) > 0:
			named = slices.Contains(kinds, it.Kind)
		}
		if named {
			list = append(list, i)
		}
	}
	return list
}

// spokenOf returns the items whose text, in one of its forms, a text has, and the
// persons that it names.
func (j *job) spokenOf(text string) map[int]bool {
	spoken := map[int]bool{}
	h := newHaystack(text)
	for i, it := range j.st.Items {
		spoken[i] = len(h.find(it.Text)) > 0
	}
	for _, p := range j.pages {
		for k, f := range p.found {
			spoken[p.items[k]] = spoken[p.items[k]] || f.Kind != personal.Person && len(h.find(f.Text)) > 0
		}
	}
	var names []string
	for _, it := range j.st.Items {
		if it.Kind == personal.Person {
			names = append(names, it.Text)
		}
	}
	for _, f := range personal.Find([]string{strings.Join(names, "\n"), text}, personal.Options{Names: names})[1] {
		for i, it := range j.st.Items {
			spoken[i] = spoken[i] || f.Kind == personal.Person && it.Kind == f.Kind && f.Norm == it.Norm
		}
	}
	return spoken
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
	for i, spoken := range j.spokenOf(word) {
		if spoken && !j.st.Items[i].Rejected {
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
	for i := range j.pages {
		if len(j.pages[i].occurrences(text)) > 0 {
			return true
		}
	}
	return false
}
