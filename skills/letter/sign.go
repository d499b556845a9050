package letter

import (
	"slices"
	"strings"
	"unicode"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
	"golang.org/x/text/unicode/norm"
)

// trim parts the body of a text from its signature and leaves out what programs
// added.
func trim(text string) (body, signature string) {
	p := quote.Trim(text)
	return p.Body, p.Signature
}

// signed takes the author's own name at the end of a body for the signature where
// no closing phrase stands before it; of a letter whose author nothing else names, any
// name there.
func signed(from []document.Address, text string) (body, signature string) {
	body, signature = trim(text)
	if signature != "" {
		return body, signature
	}
	lines := strings.Split(body, "\n")
	cut := ownName(lines, from)
	if cut == 0 {
		cut = shapedClosing(lines)
	}
	if cut == 0 && len(from) > 0 && from[0] == (document.Address{}) {
		cut = anyName(lines)
	}
	if cut == 0 {
		return body, signature
	}
	above := cut
	for above > 0 && strings.TrimSpace(lines[above-1]) == "" {
		above--
	}
	end := cut
	if above > 1 && closes(lines, above-1) {
		end = above - 1
	}
	return quote.Tidy(strings.Join(lines[:end], "\n")), quote.Tidy(strings.Join(lines[cut:], "\n"))
}

var greetsAs = lazy.New(`(?i)^(?:ihre?|eure?|euer|dein) `)

// ownName returns which of the last lines is the author's name; 0: none.
func ownName(lines []string, from []document.Address) int {
	if len(from) == 0 {
		return 0
	}
	name := parsePerson(from[0].Name)
	for i := len(lines) - 1; i > 0 && i >= len(lines)-6; i-- {
		if name.Company && strings.EqualFold(greetsAs.ReplaceAllString(strings.Trim(lines[i], " *_,"), ""), name.Name) {
			return i
		}
		if name.Name != "" && !name.Company && signs(lines[i], name) || name.Name == "" && madeOf(lines[i], from[0].Email) {
			return i
		}
	}
	return 0
}

// anyName returns where a name begins the last paragraph of a letter, below what has
// been said, with no sentence behind it; 0: nowhere.
func anyName(lines []string) int {
	i := len(lines) - 1
	for i > 0 && strings.TrimSpace(lines[i-1]) != "" {
		i--
	}
	if words := len(strings.Fields(lines[i])); words < 2 || words > 5 || len(lines)-i > 5 || slices.ContainsFunc(lines[i:], sentence) || !slices.ContainsFunc(lines[:i], sentence) {
		return 0
	}
	if signer(lines[i]).Name == "" {
		return 0
	}
	return i
}

// madeOf says whether a line is a name of which an address is made: "Linh Trần"
// of ltran@example.org.
func madeOf(line, email string) bool {
	line = strings.TrimSpace(line)
	local, _, ok := strings.Cut(strings.ToLower(email), "@")
	words := strings.Fields(line)
	if !ok || len(words) < 2 || len(words) > 4 || len(line) > 60 || !nameLine.MatchString(line) {
		return false
	}
	last := plainLetters(words[len(words)-1])
	return len(last) >= 3 && strings.Contains(plainLetters(local), last)
}

// plainLetters brings a name to the letters that addresses have: "Trần" to "tran".
func plainLetters(s string) string {
	s = umlauts.Replace(strings.ToLower(s))
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if r < 0x80 && unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "ø", "o", "ł", "l", "đ", "d", "ı", "i")

// closes says whether line i has the shape of a closing phrase, whatever its words: a
// few words in a paragraph's beginning that are no sentence.
func closes(lines []string, i int) bool {
	t := strings.TrimSpace(lines[i])
	words := strings.Fields(t)
	if len(words) == 0 || len(words) > 6 || len(t) > 60 || strings.ContainsAny(t, ".?:;0123456789@") || thanks.MatchString(t) || addressed.MatchString(t) {
		return false
	}
	if strings.HasSuffix(t, "!") && len(words) > 2 || !slices.ContainsFunc(lines[:i], sentence) {
		return false
	}
	return strings.HasSuffix(t, ",") || strings.TrimSpace(lines[i-1]) == "" || len(words) == 1
}

// sentence says whether a line ends a sentence, so that something has been said.
func sentence(line string) bool {
	line = strings.TrimRight(line, " )\"“”'")
	return line != "" && strings.ContainsAny(line[len(line)-1:], ".?!") && !addressed.MatchString(line)
}

// thanks are the author's words, not a form of closing.
var thanks = lazy.New(`(?i)\b(?:danke?|thanks?|thank you|bitte)\b`)

// shapedClosing looks for a closing phrase by its shape with a name below, where
// neither the phrase is known nor the name is the sender's; 0: none.
func shapedClosing(lines []string) int {
	for i := max(1, len(lines)-14); i+1 < len(lines); i++ {
		if !closes(lines, i) || strings.TrimSpace(lines[i-1]) != "" || strings.TrimSpace(lines[i]) == "" {
			continue
		}
		at := i + 1
		if strings.TrimSpace(lines[at]) == "" && at+1 < len(lines) {
			at++
		}
		name := strings.TrimSpace(lines[at])
		if words := len(strings.Fields(name)); words < 2 || words > 5 || !nameLine.MatchString(name) || officeWord.MatchString(name) {
			continue
		}
		if !slices.ContainsFunc(lines[at:], func(l string) bool {
			return len(l) > 90 || strings.HasSuffix(strings.TrimSpace(l), "?") || strings.HasSuffix(strings.TrimSpace(l), "!")
		}) {
			return at
		}
	}
	return 0
}

// signs says whether a line is a name as its bearer signs it: in full, with a title
// or without, or by some of its words ("Petra", "Rosa Engel" of Rosa Engel-Wiese).
func signs(line string, name Person) bool {
	line = nameOnly(strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "gez."), " *_,"))
	if line == "" || len(line) >= 80 {
		return false
	}
	if p := parsePerson(line); p.Last != "" && strings.EqualFold(p.Last, name.Last) && (p.First == "" || strings.EqualFold(p.First, name.First)) {
		return true
	}
	all, words := nameWords(name.Name), nameWords(addressWord.ReplaceAllString(line, ""))
	for _, w := range words {
		if !slices.ContainsFunc(all, func(x string) bool { return strings.EqualFold(x, w) || initial(w, x) }) {
			return false
		}
	}
	return len(words) > 0
}

// initial says whether a word is the first letter of a name with a full stop.
func initial(w, name string) bool {
	r := []rune(w)
	return len(r) == 2 && r[1] == '.' && strings.HasPrefix(strings.ToLower(name), strings.ToLower(string(r[:1])))
}

func nameWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' })
}

// onlyGreeting matches a text that greets and says nothing. A name without a comma
// behind it may be a word of command.
var onlyGreeting = lazy.New(`(?i)^(?:hallo|halli ?hallo|hi|hey|hello|moin(?: moin)?|servus|grüß (?:gott|dich|sie)|(?:schönen )?guten (?:tag|morgen|abend)|good (?:morning|afternoon|evening)|dear|liebes?r?|sehr (?:geehrte|verehrte)[rs]?)(?:(?: zusammen| alle| all| there| bot| amtsbote| (?:liebes? )?team| (?:liebe )?kolleg\pL+(?: (?:und|&) kolleg\pL+)?| damen und herren)?[\s,.!]*|(?: (?-i:\p{Lu})[\pL.-]+){1,4}\s*,\s*)$`)

// saying returns a note, or nothing where it greets only.
func saying(note string) string {
	if onlyGreeting.MatchString(strings.TrimSpace(note)) && !thanks.MatchString(note) {
		return ""
	}
	return note
}

// noteOf returns what a colleague wrote above the first quote and what below or
// between quotes, without signatures.
func noteOf(from []document.Address, top quote.Block) (above, below string) {
	return words(from, top.Above), words(from, strings.TrimPrefix(top.Text, top.Above))
}

// words returns a colleague's text without the signature, which programs put there
// even where the colleague has written nothing.
func words(from []document.Address, text string) string {
	text = "\n" + quote.Tidy(text) // a closing counts below a line only
	body, signature := signed(from, text)
	first, rest, _ := strings.Cut(body, "\n")
	if signature != "" || len(from) == 0 || strings.ContainsAny(rest, "?!") {
		return body
	}
	if name := parsePerson(from[0].Name); name.Last != "" && signs(first, name) && strings.Contains(strings.ToLower(first), strings.ToLower(name.Last)) {
		return ""
	}
	return body
}

func has(list, from []document.Address) bool {
	for _, a := range list {
		if len(from) > 0 && a.Email != "" && strings.EqualFold(a.Email, from[0].Email) {
			return true
		}
	}
	return false
}

// sameAuthor says whether two heads name the same author: by address, or by name
// where one of them lacks an address, as Outlook often writes.
func sameAuthor(a, b []document.Address) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	if a[0].Email != "" && b[0].Email != "" {
		return strings.EqualFold(a[0].Email, b[0].Email)
	}
	return sameName(a[0].Name, b[0].Name)
}

// sameName compares names as programs write them: "Lindner, Petra" is "Petra
// Lindner".
func sameName(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	p, q := parsePerson(a), parsePerson(b)
	return p.Last != "" && p.First != "" && strings.EqualFold(p.Last, q.Last) && strings.EqualFold(p.First, q.First)
}

// holds says whether an author is in a list, by address or by name.
func holds(list, from []document.Address) bool {
	return has(list, from) || len(from) > 0 && named(list, from[0].Name)
}

func named(list []document.Address, name string) bool {
	for _, a := range list {
		if sameName(a.Name, name) {
			return true
		}
	}
	return false
}

// sameWords says whether two names are the same words in another order.
func sameWords(a, b string) bool {
	x, y := strings.Fields(strings.ToLower(a)), strings.Fields(strings.ToLower(b))
	if len(x) != len(y) || slices.Equal(x, y) {
		return false
	}
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// sameFirst says whether two persons have the same last name and first name.
func sameFirst(a, b Person) bool {
	return strings.EqualFold(lastWord(a.Last), lastWord(b.Last)) && strings.EqualFold(a.First, b.First)
}

// shortFirst says whether a first name is another one shortened: "P.", "Hans" of
// "Hans Peter", "Alex" of "Alexandra".
func shortFirst(short, long string) bool {
	for _, w := range nameWords(short) {
		if !slices.ContainsFunc(nameWords(long), func(x string) bool {
			return initial(w, x) || strings.HasPrefix(strings.ToLower(x), strings.ToLower(w)) || strings.HasPrefix(strings.ToLower(w), strings.ToLower(x))
		}) {
			return false
		}
	}
	return true
}

// nameLine matches a line of a signature that can be nothing but a name.
var nameLine = lazy.New(`^(?:(?:Frau|Herr|Familie|Fam\.|Eheleute)\s+)?(?:(?:Prof|Dr|Dipl)[\pL.() -]*\.?\s+)*\p{Lu}[\pL'’.-]*(?:\s+(?:\p{Lu}[\pL'’.-]*|von|vom|van|de|der|den|zu|zum|zur|da|di|del|dos|du|la|le|el|al|bin|freiherr|freifrau|und|and|&|u\.))*(?:\s+\p{Lu}[\pL'’-]+)?,?(?:\s+(?:M\.A\.|LL\.M\.|MBA))?$`)

// officeWord tells lines of a signature that look like a name and are none.
var officeWord = lazy.New(`(?i)^(?:i\. ?a\.|i\. ?v\.|im auftrag|in vertretung|ppa|tel|fax|mobil|telefon|e-?mail|www|deutschland|germany|ihre?|dein|eure|anlage|gesendet|geschäftsführer|vorstand|abteilung|sachbearbeit|rechtsanw|mieter|eigentümer|vorsitz)`)

// roleLine matches lines that are built like a name and tell what somebody does.
var roleLine = lazy.New(`(?i)^(?:wissenschaftliche|technische|kaufmännische|leitende|stellvertretende|pädagogische|studentische|ehrenamtliche|geschäftsführende|freie|erste|zweite)[rn]? |\b(?:fellow|manager|director|officer|engineer|assistant|secretary|consultant|lecturer|professor|coordinator|student|researcher|accountant|developer|chair(?:man|woman|person)|attorney|solicitor|owner|landlord|tenant)$`)

// bracketed matches what stands in brackets behind a name.
var bracketed = lazy.New(`^([^(\[]{3,60}?)\s*[(\[][^()\[\]]{1,40}[)\]]$`)

// behindName matches a name with what its bearer is or where they live behind a comma.
// "Wieczorek, Jana" is a name only.
var behindName = lazy.New(`^([^,(\[]{3,60}), (?:\d|\p{Lu})(?:\S{9,60}|\S* .{1,60})$`)

// nameOnly takes off a line what stands behind a name.
func nameOnly(line string) string {
	if !strings.Contains(line, ", ") {
		return line
	}
	if m := behindName.FindStringSubmatch(line); m != nil && full(m[1]) && nameLine.MatchString(m[1]) && !sentence(line) {
		return m[1]
	}
	return line
}

// besides matches two names that sign side by side.
var besides = lazy.New(`^(\p{Lu}[\pL.-]+(?: [\pL.-]+){1,3})(?: {3,}| *\t+ *| / )(\p{Lu}[\pL.-]+(?: [\pL.-]+){1,3})$`)

// signer returns the person who signed, if a line says so.
func signer(signature string) Person {
	n := 0
	lines := strings.Split(signature, "\n")
	for i, line := range lines {
		line = strings.Trim(strings.TrimSpace(line), "*_,")
		for _, prefix := range []string{"gez. ", "gez.", "Ihre ", "Ihr ", "i. A. ", "i.A. "} {
			line = strings.TrimPrefix(line, prefix)
		}
		line = nameOnly(line)
		if line == "" {
			continue
		}
		if n++; n > 3 {
			break
		}
		name := bracketed.ReplaceAllString(line, "$1")
		if officeWord.MatchString(name) || roleLine.MatchString(name) || len(strings.Fields(name)) > 8 || !nameLine.MatchString(name) && !besides.MatchString(name) {
			continue
		}
		p := parsePerson(besides.ReplaceAllString(line, "$1 und $2"))
		if p.Last == "" || p.First == "" && p.Gender == "" && p.Title == "" && !p.Family && p.Second == nil {
			continue
		}
		if p.Gender != "" && p.Why == byName {
			p.Why = bySignature
		}
		if p.Second == nil && !p.Family && i+1 < len(lines) && nameLine.MatchString(strings.TrimSpace(lines[i+1])) {
			if q := parsePerson(lines[i+1]); q.First != "" && q.Second == nil && q.Last == p.Last && q.First != p.First {
				p.Second = &q // each on a line of their own
			}
		}
		return p
	}
	return Person{}
}
