package plain

import (
	"slices"
	"strings"
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	become   = set("wird werden wurde wurden werde wirst werdet wurdest wurdet würde würden")
	past     = set("wurde wurden wurdest wurdet worden") // never of the future tense
	are      = set("ist sind war waren sei seien wäre wären bin bist seid")
	embedded = set(`wenn falls weil dass ob soweit sofern obwohl nachdem bevor solange sobald damit sodass der die das den dem dessen deren welche welcher welches welchen wie was wo um indem da`)
	// Verbs that begin with ge- in the infinitive: "angeben", "wird genügen".
	geVerbs = set(`geben gehen gehören gelten gewinnen genügen gestalten gewähren genehmigen gestatten gebrauchen gefährden gelangen geschehen gewöhnen gebühren genießen gedenken gefallen
		gehorchen geleiten gelingen geloben genesen geraten gestehen getrauen gewährleisten gewichten gären gebären`)
	// Participles without ge- that end in -en, behind their prefix, and whether the
	// infinitive is the same: "wird erhalten" may be future tense.
	strong = func() map[string]bool {
		m := map[string]bool{}
		for w := range strings.FieldsSeq(`schrieben nommen sprochen trieben bunden boten schlossen schieden wiesen zogen worfen griffen loren funden standen stritten troffen holfen worben dorben litten
			brochen schoben hoben logen rungen sonnen gonnen gangen wogen glichen stiegen ritten schnitten wandt schworen bracht kannt dacht nannt`) {
			m[w] = false
		}
		for w := range strings.FieldsSeq("halten kommen lassen geben gessen messen raten tragen fahren laden rufen fallen treten stoßen sehen fangen heißen lesen schlafen wachsen waschen laufen") {
			m[w] = true
		}
		return m
	}()
	prefixes  = []string{"be", "er", "ver", "zer", "ent", "emp", "miss", "über", "unter", "wider", "hinter", "voll", "durch", "um", "wieder"}
	separable = []string{"zurück", "zusammen", "weiter", "bereit", "statt", "fest", "durch", "entgegen", "nieder", "voraus", "heraus", "hinaus", "herein", "hinein", "vorbei", "wieder", "gegen", "gleich",
		"mit", "nach", "auf", "aus", "ein", "vor", "bei", "bekannt", "frei", "fort", "hin", "her", "los", "teil", "um", "zu", "an", "ab", "da", "dar", "über", "unter", "weg", "fertig", "klar", "richtig", "sicher", "kennt"}
	// Look like participles of the passive, and are adjectives or of other verbs.
	noPassive = set(`bekannt bereit berechtigt verpflichtet geeignet gesamt gerecht gesund verheiratet beschäftigt beliebt begabt bestimmt befugt berufstätig geschickt gewohnt verwandt
		verliebt interessiert engagiert bewusst gewiss genau gut gern gestern gesondert unbekannt gespannt geduldig erfahren verschieden vergangen gelegen verantwortlich
		gewillt bedacht bestrebt geneigt betagt erwachsen erkältet entfernt begeistert überzeugt besorgt erst recht rechtzeitig fort vorerst zuerst jetzt fest ernst bitte zuletzt elternzeit
		erreichbar ergebnis erheblich entsprechend insgesamt gemeinsam gegebenenfalls gegen gegenüber gen gewissen`)
	// Participles of verbs whose perfect tense is made with sein.
	moved = set(`gekommen gegangen gefahren geblieben gewesen geworden gestorben verstorben entstanden erschienen eingetreten abgelaufen verfallen gestiegen gesunken gefallen erfolgt passiert geschehen
		ergangen vergangen umgezogen eingezogen ausgezogen weggezogen zugezogen eingegangen ausgegangen zugegangen abgegangen vorgegangen aufgewachsen gewachsen gelungen entgangen angekommen hinzugekommen nachgekommen
		abgereist eingereist ausgereist gereist gelaufen gesprungen aufgestanden zurückgekehrt zurückgekommen zurückgetreten beigetreten ausgeschieden eingetroffen aufgetreten ausgefallen entfallen verschwunden
		aufgefallen verunglückt erloschen geeignet gescheitert abgestürzt ausgeblieben verblieben unterblieben angestiegen erkrankt gelandet begegnet gefolgt erwacht verreist verzogen`)
)

// passives finds the passive of the process, of the state, and "ist zu zahlen".
func (s sentence) passives(add adder) {
	done := -1 // the word up to which all was found
	for i, w := range s.words {
		if i <= done {
			continue
		}
		switch {
		case become[w.low] || w.low == "worden":
			if i > 0 && s.participle(i-1, true) && !w.comma { // "abgelehnt wird", "geprüft werden"
				add(Passive, i-1, i, 0, hintPassive)
				done = i
			} else if k := s.closing(i, past[w.low]); k > 0 && w.low != "worden" {
				add(Passive, i, k, 0, hintPassive)
				done = i
				if k+1 < len(s.words) && (s.words[k+1].low == "werden" || s.words[k+1].low == "worden") {
					done = k + 1
				}
			}
		case are[w.low] || w.low == "sein":
			if i > 1 && s.words[i-2].low == "zu" && strings.HasSuffix(s.words[i-1].low, "n") && !w.comma { // "zu zahlen ist"
				add(Passive, i-2, i, 0, hintWho)
				done = i
			} else if i > 0 && s.participle(i-1, false) && !moved[s.words[i-1].low] && !w.comma && s.words[i-1].low != "worden" && (i == len(s.words)-1 || s.words[i+1].comma) {
				add(Passive, i-1, i, 0, hintPassive)
				done = i
			} else if w.low == "sein" {
				continue
			} else if k := s.closing(i, true); k > 0 {
				if k+1 < len(s.words) && s.words[k+1].low == "worden" {
					add(Passive, i, k+1, 0, hintPassive)
					done = k + 1
				} else if !moved[s.words[k].low] {
					add(Passive, i, k, 0, hintPassive)
				}
			} else if k := s.toDo(i); k > 0 {
				add(Passive, i, k, 0, hintWho)
			}
		}
	}
}

const (
	hintPassive = "Sagen, wer handelt."
	hintWho     = "Sagen, wer es tun muss: „Sie müssen …“."
)

// closing returns the participle that closes the clause which the finite verb at i
// has opened, or 0. sure: the verb cannot be of the future tense.
func (s sentence) closing(i int, sure bool) int {
	found := 0
	last := i
	for k := i + 1; k < len(s.words); k++ {
		w := s.words[k]
		if w.comma {
			if found > 0 {
				break
			}
			if end := s.skip(k); end > k { // a clause inside, or the end of ours
				k = end - 1
				continue
			}
		}
		last = k
		if found == 0 && s.participle(k, sure) && !s.attribute(k) {
			found = k
		}
		if found > 0 && k > found && (w.low == "und" || w.low == "oder") {
			break
		}
	}
	if found == 0 {
		return 0
	}
	end := s.words[last].low
	if found+1 < len(s.words) && (s.words[found+1].low == "haben" || moved[s.words[found+1].low]) {
		return 0 // "wird geprüft haben", "ist verloren gegangen"
	}
	if last > found && !s.words[last].upper() && strings.HasSuffix(end, "n") && !notInfinitive[end] && !s.participle(last, true) && end != "werden" && end != "worden" && !past[s.words[i].low] && become[s.words[i].low] {
		return 0 // "werden gesondert mitteilen"
	}
	return found
}

var notInfinitive = set("den einen ihren seinen unseren deren wegen neben zwischen gegen unten oben morgen binnen beiden allen diesen keinen vielen ersten schon davon daran darin hin an in von ein nun denn dann wenn können müssen sollen dürfen")

// skip returns the word after a clause inside that begins at k, or k.
func (s sentence) skip(k int) int {
	if !embedded[s.words[k].low] {
		return k
	}
	for i := k + 1; i < len(s.words); i++ {
		if s.words[i].comma {
			return i
		}
	}
	return len(s.words)
}

// attribute reports whether a participle at k stands before a noun: "erteilt" does
// not, "die beigefügten Unterlagen" do.
func (s sentence) attribute(k int) bool {
	w := s.words[k].low
	return strings.HasSuffix(w, "en") && k+1 < len(s.words) && s.words[k+1].upper() && !s.words[k+1].comma && k > 0 && articles[s.words[k-1].low]
}

var articles = set("der die das den dem des ein eine einen einem eines einer ihr ihre ihren ihrem ihres ihrer unsere unseren unserem diese diesen dieser diesem dieses alle allen keine keinen")

// toDo finds "ist … zu zahlen": behind "zu" an infinitive closes the clause.
func (s sentence) toDo(i int) int {
	for k := i + 1; k+1 < len(s.words) && !s.words[k].comma; k++ {
		next := s.words[k+1]
		closes := k+2 == len(s.words) || s.words[k+2].comma || s.words[k+2].low == "und"
		if s.words[k].low == "zu" && !next.upper() && strings.HasSuffix(next.low, "n") && closes {
			return k + 1
		}
	}
	for k := i + 1; k < len(s.words) && !s.words[k].comma; k++ { // "ist vorzulegen"
		w := s.words[k].low
		closes := k+1 == len(s.words) || s.words[k+1].comma || s.words[k+1].low == "und"
		if !closes || s.words[k].upper() {
			continue
		}
		for _, p := range separable {
			if rest, ok := strings.CutPrefix(w, p+"zu"); ok && strings.HasSuffix(rest, "en") && len(rest) > 4 {
				return k
			}
		}
	}
	return 0
}

// participle reports whether the word at k is a past participle that is not bent.
// sure: one that could also be an infinitive counts ("erhalten").
func (s sentence) participle(k int, sure bool) bool {
	w := s.words[k]
	if w.upper() && k > 0 || len(w.low) < 5 || noPassive[w.low] {
		return false
	}
	return participle(w.low, sure) && !geVerbs[w.low]
}

func participle(w string, sure bool) bool {
	if strings.HasSuffix(w, "iert") && len(w) > 6 {
		return true
	}
	stem := w
	for _, p := range separable {
		if rest, ok := strings.CutPrefix(w, p); ok && (strings.HasPrefix(rest, "ge") || slices.ContainsFunc([]string{"be", "er", "ver", "ent"}, func(p string) bool { return strings.HasPrefix(rest, p) })) {
			stem = rest
			break
		}
	}
	if rest, ok := strings.CutPrefix(stem, "ge"); ok && len(rest) > 3 {
		switch {
		case strings.HasSuffix(rest, "t") && !strings.HasSuffix(rest, "heit") && !strings.HasSuffix(rest, "keit"):
			return true
		case strings.HasSuffix(rest, "en") && !geVerbs[stem] && !bent(rest):
			return true
		case rest == "tan":
			return true
		}
		if geVerbs[stem] && strings.HasSuffix(stem, "en") {
			return false
		}
	}
	for _, p := range prefixes {
		rest, ok := strings.CutPrefix(stem, p)
		if !ok || len(rest) < 3 {
			continue
		}
		if same, ok := strong[rest]; ok && (!same || sure) {
			return true
		}
		if strings.HasSuffix(rest, "t") && len(rest) > 3 && !slices.ContainsFunc([]string{"heit", "keit", "haft", "icht", "seit", "bst", "fort", "recht"}, func(e string) bool { return strings.HasSuffix(rest, e) }) {
			return true
		}
	}
	return false
}

// bent reports whether the rest of a word that ends in -en is a participle with an
// ending ("gelehnten") or a present participle ("geltenden").
func bent(rest string) bool {
	if slices.Contains([]string{"boten", "beten", "halten", "raten", "treten", "stritten", "litten", "schnitten", "ritten"}, rest) {
		return false
	}
	return strings.HasSuffix(rest, "ten") || strings.HasSuffix(rest, "enden") || strings.HasSuffix(rest, "enen")
}
