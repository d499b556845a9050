package letter

import (
	"regexp"
	"strings"
	"unicode"

	"amtsbote/skills/lazy"
)

// A verb that headings know: its noun and the forms in which requests have it.
type verb struct{ noun, zu, imperative, prefix string }

// verbs has German verbs of requests. The noun is feminine or needs no article.
var verbs = []verb{
	{"Aufhebung", "aufzuheben", "heben", "auf"}, {"Ausstellung", "auszustellen", "stellen", "aus"},
	{"Erstattung", "zu erstatten", "erstatten", ""}, {"Erstattung", "zurückzuerstatten", "erstatten", "zurück"},
	{"Rückzahlung", "zurückzuzahlen", "zahlen", "zurück"}, {"Zusendung", "zuzusenden", "senden", "zu"},
	{"Zusendung", "zuzuschicken", "schicken", "zu"}, {"Übersendung", "zu übersenden", "übersenden", ""},
	{"Zusendung", "zu senden", "senden", ""}, {"Zusendung", "zu schicken", "schicken", ""},
	{"Überweisung", "zu überweisen", "überweisen", ""}, {"Verlängerung", "zu verlängern", "verlängern", ""},
	{"Prüfung", "zu prüfen", "prüfen", ""}, {"Überprüfung", "zu überprüfen", "überprüfen", ""},
	{"Bewilligung", "zu bewilligen", "bewilligen", ""}, {"Genehmigung", "zu genehmigen", "genehmigen", ""},
	{"Gewährung", "zu gewähren", "gewähren", ""}, {"Erteilung", "zu erteilen", "erteilen", ""},
	{"Änderung", "zu ändern", "ändern", ""}, {"Änderung", "abzuändern", "ändern", "ab"},
	{"Berichtigung", "zu berichtigen", "berichtigen", ""}, {"Korrektur", "zu korrigieren", "korrigieren", ""},
	{"Löschung", "zu löschen", "löschen", ""}, {"Stundung", "zu stunden", "stunden", ""},
	{"Herabsetzung", "herabzusetzen", "setzen", "herab"}, {"Aussetzung", "auszusetzen", "setzen", "aus"},
	{"Rücknahme", "zurückzunehmen", "nehmen", "zurück"}, {"Bearbeitung", "zu bearbeiten", "bearbeiten", ""},
	{"Bestätigung", "zu bestätigen", "bestätigen", ""}, {"Nennung", "zu nennen", "nennen", ""},
	{"Verschiebung", "zu verschieben", "verschieben", ""}, {"Absage", "abzusagen", "sagen", "ab"},
	{"Reparatur", "zu reparieren", "reparieren", ""}, {"Beseitigung", "zu beseitigen", "beseitigen", ""},
	{"Begründung", "zu begründen", "begründen", ""}, {"Neuberechnung", "neu zu berechnen", "berechnen", "neu"},
	{"Einstellung", "einzustellen", "stellen", "ein"}, {"Anerkennung", "anzuerkennen", "erkennen", "an"},
	{"Erlass", "zu erlassen", "erlassen", ""}, {"Zulassung", "zuzulassen", "lassen", "zu"}, {"Erläuterung", "zu erläutern", "erläutern", ""},
}

var (
	object      = `((?:den|die|das|dem|meinen|meine|mein|meines|meiner|unseren|unsere|unser|einen|eine|ein|Ihren|Ihre|Ihr)(?: \pL+e[nr]?)? \p{Lu}[\pL-]+)`
	zuForms     []*lazy.Regexp // one for each verb, object first
	imperatives []*lazy.Regexp
	inverted    = lazy.New(`^(?i:(die|den|das|meine|meinen|mein))((?: \pL+en?)?) (\p{Lu}[\pL-]+)\b(?: (?:von|in Höhe von|über|vom) [^;]{1,40}?)? bitten? (?:ich|wir)\b[^;]*? `)
	askFor      = lazy.New(`(?i)\bbitten? (?:\pL+ ){0,4}?um ((?-i:(?:eine[nr]?|die|den|das|meine[rn]?|zeitnahe|baldige|kurze|schnelle|schriftliche|umgehende|erneute)(?: \pL+e[nr]?)? )?(?-i:\p{Lu})[\pL-]+(?: (?-i:der|des|meiner|meines|unserer|unseres|eines|einer|Ihrer|Ihres)(?: \pL+en)? (?-i:\p{Lu})[\pL-]+)?)`)
	applyFor    = lazy.New(`(?i)\b(?:beantragen?|möchten?)(?: (?:ich|wir|hiermit|daher|für|gerne?|auch))* ((?:(?-i:die|den|das|einen|eine|ein|meine|meinen)(?: \pL+e[nr]?)? )?(?-i:\p{Lu})[\pL-]+(?: (?-i:der|des|eines|einer|meiner|meines)(?: \pL+en)? (?-i:\p{Lu})[\pL-]+)?)(?: beantragen)?`)
	wantsApply  = lazy.New(`(?i)\bbeantragen?\b`)
	nominalised = lazy.New(`^(?i:die )(\p{Lu}\pL+(?:ung|ion|gabe|nahme) (?:der|des|eines|einer|meiner|meines) .+)$`)
)

func init() {
	for _, v := range verbs {
		zuForms = append(zuForms, lazy.New(`\b`+object+`(?: (?:mir|uns|vollständig|umgehend|erneut|nochmals|bitte|von[^,;]{1,40}?))* `+regexp.QuoteMeta(v.zu)+`\b`))
		tail := `\b`
		if v.prefix != "" {
			tail = `\b[^,;]*? ` + v.prefix + `\b`
		}
		imperatives = append(imperatives, lazy.New(`(?i:\bbitte `+v.imperative+` sie)(?: (?:mir|uns|daher|auch|umgehend))* `+object+tail))
	}
}

// heading makes a noun phrase of a request whose pattern it knows ("Erstattung der
// Gebühr"), else "". It is German: there are no rules for other languages.
func heading(s string) string {
	if condition.MatchString(s) {
		return ""
	}
	var found []string
	at := map[int]string{}
	for i, v := range verbs {
		if !strings.Contains(s, v.zu) { // much cheaper than the pattern
			continue
		}
		if m := zuForms[i].FindStringSubmatchIndex(s); m != nil {
			if g := genitive(s[m[2]:m[3]]); g != "" {
				at[m[2]] = v.noun + " " + g
			}
		}
	}
	for i := range s {
		if h := at[i]; h != "" {
			found = append(found, h)
		}
	}
	if len(found) > 0 && len(found) < len(infinitive.FindAllString(s, 4)) {
		return "" // one of them is not known
	}
	if len(found) > 0 && len(found) <= 3 {
		return strings.Join(found[:len(found)-1], ", ") + strings.Repeat(" und ", min(1, len(found)-1)) + found[len(found)-1]
	}
	if m := inverted.FindStringSubmatch(s); m != nil {
		for _, v := range verbs {
			if strings.Contains(s, " "+v.zu) {
				if g := genitive(strings.ToLower(m[1]) + m[2] + " " + m[3]); g != "" {
					return v.noun + " " + g
				}
			}
		}
	}
	for i, v := range verbs {
		if !strings.Contains(s, v.imperative) {
			continue
		}
		if m := imperatives[i].FindStringSubmatch(s); m != nil {
			if g := genitive(m[1]); g != "" {
				return v.noun + " " + g
			}
		}
	}
	return askedNoun(s)
}

// askedNoun reads "bitte um Übersendung der Unterlagen" and "beantrage ich einen
// Wohnberechtigungsschein".
func askedNoun(s string) string {
	if m := askFor.FindStringSubmatchIndex(s); m != nil {
		noun := asked(s[m[2]:m[3]])
		// "um Mitteilung, ob …": what is asked stands in the clause.
		if open.MatchString(noun) && clause.MatchString(s[m[3]:]) || furtherOne.MatchString(s[m[3]:]) {
			return ""
		}
		return noun
	}
	if at := applyFor.FindStringSubmatchIndex(s); at != nil && wantsApply.MatchString(s) {
		if furtherOne.MatchString(s[at[3]:]) {
			return ""
		}
		m := []string{s[at[0]:at[1]], s[at[2]:at[3]]}
		if n := nominalised.FindStringSubmatch(m[1]); n != nil {
			return yours(n[1])
		}
		return "Antrag auf " + yours(m[1])
	}
	return ""
}

var (
	// condition matches requests that hold only in a case, which no heading says.
	condition  = lazy.New(`^(?i:sollten?|falls|wenn|sofern|soweit)\b`)
	infinitive = lazy.New(`\bzu \p{Ll}+e?n\b|\b\p{Ll}{2,}zu\p{Ll}{3,}en\b`)
	furtherOne = lazy.New(`^ (?:und|sowie) `)
	open       = lazy.New(`(?i)\b(?:mitteilung|prüfung|überprüfung|auskunft|information(?:en)?|klärung|nachricht|bescheid|erklärung|erläuterung|hinweis|hilfe|rat|stellungnahme|angabe|bestätigung)$`)
	clause     = lazy.New(`^[^,;]{0,60},? ?(?:ob|wann|wie|was|wo|wer|warum|welche\pL*|dass|bis wann|inwie\pL*|über|zu)\b`)
)

// asked turns what stands behind "um" into a heading: "einen neuen Termin" into
// "Neuer Termin".
func asked(np string) string {
	words := strings.Fields(np)
	masculine := false
	for len(words) > 1 && articles[words[0]] {
		masculine = strings.HasSuffix(words[0], "en")
		words = words[1:]
	}
	if adjective := []rune(words[0]); len(words) > 1 && unicode.IsLower(adjective[0]) {
		if masculine {
			adjective = append([]rune(strings.TrimSuffix(words[0], "n")), 'r')
		}
		adjective[0] = unicode.ToUpper(adjective[0])
		words[0] = string(adjective)
	}
	return yours(strings.Join(words, " "))
}

var articles = map[string]bool{"einen": true, "eine": true, "einer": true, "ein": true, "die": true, "den": true, "das": true, "meine": true, "meinen": true, "meiner": true}

var mine = strings.NewReplacer("meiner ", "Ihrer ", "meines ", "Ihres ", "meinen ", "Ihren ", "meine ", "Ihre ", "mein ", "Ihr ",
	"unserer ", "Ihrer ", "unseres ", "Ihres ", "unseren ", "Ihren ", "unsere ", "Ihre ", "unser ", "Ihr ")

// yours turns the author's "mein" into the office's "Ihr".
func yours(s string) string { return mine.Replace(s) }

// genitive turns an object in the accusative ("den Bescheid", "meine gezahlte
// Gebühr") into the genitive, or "" where the form is not certain. The article
// tells the gender: "die" becomes "der" for one and for many.
func genitive(np string) string {
	words := strings.Fields(np)
	article, noun := strings.ToLower(words[0]), words[len(words)-1]
	if len(words) > 3 {
		return ""
	}
	adjective := ""
	if len(words) == 3 {
		if !strings.HasSuffix(words[1], "e") && !strings.HasSuffix(words[1], "en") {
			return ""
		}
		adjective = strings.TrimSuffix(strings.TrimSuffix(words[1], "n"), "e") + "en "
	}
	var g string
	switch article {
	case "die":
		return "der " + adjective + noun
	case "meine", "unsere":
		return "Ihrer " + adjective + noun
	case "ihre":
		return "der " + adjective + noun
	case "eine":
		return "einer " + adjective + noun
	case "den", "das", "ihren":
		g = "des "
	case "ihr":
		g = "des "
	case "meinen", "mein", "unseren", "unser":
		g = "Ihres "
	case "einen", "ein":
		g = "eines "
	default:
		return ""
	}
	if strings.HasSuffix(article, "en") && weak.MatchString(noun) {
		return "" // "des Kandidaten" but "des Vorstands"
	}
	return g + adjective + strongGenitive(noun)
}

// weak matches masculine nouns that may take -en in the genitive.
var weak = lazy.New(`(?:ist|ent|ant|at|oge|and)$`)

func strongGenitive(noun string) string {
	switch {
	case strings.HasSuffix(noun, "nis"):
		return noun + "ses"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "ß"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "z"):
		return noun + "es"
	}
	return noun + "s"
}
