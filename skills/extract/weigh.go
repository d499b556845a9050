package extract

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/facts"
)

// A use says whether a sentence can be chosen.
type use int

const (
	never use = iota // an address, a salutation
	spare            // too little, such as a heading
	fit
)

// weigh sets u.weight by what the sentence holds and says whether it can be
// chosen. index and total say where it stands.
func (u *unit) weigh(index, total int, ref time.Time) use {
	low := strings.ToLower(u.text)
	if isBoilerplate(low) || placeAndDay.MatchString(u.text) {
		return never
	}
	found := facts.Find(u.text, ref)
	w, telling := factWeight(found)
	n := countWords(u.text)
	complete := endsSentence(u.text)
	switch {
	case isAddressLine(found, u.text, n):
		return never
	case !complete && !telling && (n < 8 || !hasVerb(low)):
		return spare // a heading
	case n < 3 && !telling:
		return spare
	case isTable(u.text) && !telling:
		return spare
	}
	w += cueWeight(low)
	if obliges(low) {
		w += 0.2
	}
	decision := decides(low)
	if decision {
		w += 0.6
	}
	if len(found) == 0 && strings.ContainsAny(u.text, "0123456789") {
		w += 0.15
	}
	if !complete {
		w -= 0.15
	}
	switch {
	case n > 60:
		w -= 0.3
	case n > 40:
		w -= 0.1
	case n < 5:
		w -= 0.25
	case n < 8 && !telling && !decision:
		w -= 0.1
	}
	// What a text is about tends to stand at its beginning.
	if total > 4 {
		w += 0.1 * max(0, 1-float64(index)/max(8, 0.05*float64(total)))
	}
	u.weight, u.fragment = w, !complete && !strings.Contains(u.text, ": ")
	return fit
}

// factWeight weighs the facts of a sentence. telling says that one of them makes
// even a fragment worth choosing.
func factWeight(found []facts.Fact) (w float64, telling bool) {
	var seen [8]int
	add := func(slot int, first, more float64) {
		if seen[slot]++; seen[slot] == 1 {
			w += first
		} else if seen[slot] <= 3 {
			w += more
		}
	}
	for _, f := range found {
		switch f.Kind {
		case facts.Amount:
			add(0, 0.45, 0.08)
			telling = true
		case facts.Term:
			add(1, 0.4, 0.05)
			telling = true
		case facts.Date:
			if !f.Relative {
				add(2, 0.15, 0.04)
			}
		case facts.Reference:
			add(3, 0.1, 0)
		case facts.Law:
			add(4, 0.06, 0)
		case facts.Person:
			add(5, 0.12, 0.05)
		case facts.Percent:
			add(6, 0.2, 0.05)
			telling = true
		case facts.Time:
			add(7, 0.12, 0.06)
		}
	}
	appointment := seen[2] > 0 && seen[7] > 0 // a day and a time of day
	return w, telling || appointment
}

// cues are stems and phrases that stand where something is decided, owed, asked
// or concluded, with their weight; and those of courtesy, with a negative one.
// Each must be found literally in the lower-case sentence.
var cues = []struct {
	text   string
	weight float64
}{
	{"widerspruch", 0.2}, {"einspruch", 0.2}, {"beschwere", 0.3}, {"beschwerde ", 0.15}, {"klage", 0.15}, {"kündig", 0.25}, {"beantrag", 0.35}, {"antrag", 0.1},
	{"bitte ich", 0.35}, {"bitten wir", 0.3}, {"ich bitte", 0.35}, {"wir bitten", 0.3}, {"ich fordere", 0.35}, {"fordern wir", 0.3}, {"möchte ich wissen", 0.3}, {"bitte bestätigen", 0.3}, {"bitte teilen", 0.3}, {"bitte prüfen", 0.25}, {"bitte senden", 0.25}, {"bitte überweisen", 0.3}, {"bitte reichen", 0.3},
	{"lehn", 0.1}, {"lehnt ", 0.2}, {"abgelehnt", 0.25}, {"gegen diesen bescheid kann", -0.15}, {"bewillig", 0.3}, {"genehmig", 0.25}, {"festgesetzt", 0.35}, {"setzt fest", 0.3}, {"setzen wir", 0.15}, {"gewährt", 0.2}, {"versag", 0.2}, {"untersag", 0.3},
	{"aufgehoben", 0.25}, {"aufzuheben", 0.3}, {"angeordnet", 0.3}, {"ordnet an", 0.3}, {"zwangsgeld", 0.3}, {"bußgeld", 0.25},
	{"beschließt", 0.35}, {"beschlossen", 0.35}, {"einstimmig", 0.3}, {"beschluss", 0.2}, {"mehrheitlich", 0.3}, {"entscheid", 0.25}, {"entschied", 0.25}, {"abstimmung", 0.15},
	{"verpflichte", 0.3}, {"zu erstatten", 0.2}, {"dürfen keine", 0.2}, {"darf kein", 0.2}, {"zurückzuzahlen", 0.2}, {"dürfen nur", 0.2}, {"darf nur", 0.2}, {"widerruf", 0.2}, {"haftet", 0.2}, {"ist verboten", 0.25}, {"nicht gestattet", 0.25}, {"ist unzulässig", 0.2},
	{"beträgt", 0.2}, {"betragen", 0.15}, {"kostet", 0.2}, {"gebühr", 0.15}, {"miete", 0.1}, {"kaution", 0.1}, {"spätestens", 0.2}, {"frist", 0.2}, {"in kraft", 0.35}, {"außer kraft", 0.2},
	{"beginnt", 0.15}, {"endet ", 0.15}, {"geöffnet", 0.15}, {"gilt ", 0.1}, {"soll ", 0.1}, {"zuständig", 0.15}, {"beantwortet", 0.15}, {"ansprech", 0.1}, {"schuldner", 0.2},
	{" laut", 0.1}, {"lärm", 0.15}, {"gefahr", 0.2}, {"gefähr", 0.2}, {"schaden", 0.2}, {"beschädigt", 0.2}, {"defekt", 0.2}, {"unfall", 0.2}, {"verletz", 0.2}, {"mangel", 0.15}, {"mängel", 0.15}, {"fehlt", 0.1},
	{"empfiehlt", 0.25}, {"schlägt vor", 0.2}, {"gestellt werden", 0.05}, {"übernimmt", 0.2}, {"verantwortlich", 0.15}, {"ergebnis", 0.2}, {"zusammenfassend", 0.35}, {"im ergebnis", 0.2}, {"daher", 0.08}, {"deshalb", 0.08}, {"grund dafür", 0.1},
	{"muss ", 0.12}, {"müssen ", 0.1}, {"darf nicht", 0.15}, {"dürfen nicht", 0.15}, {"ab sofort", 0.2}, {"eröffn", 0.15}, {"ist geschlossen", 0.15}, {"bleibt geschlossen", 0.15}, {"entfällt", 0.25}, {"verschoben", 0.2},
	{"request", 0.25}, {"complain", 0.25}, {"appeal", 0.2}, {"decided", 0.3}, {"must ", 0.15}, {"deadline", 0.25}, {"please confirm", 0.3}, {"fee", 0.1}, {"refund", 0.3}, {"ask you", 0.3}, {"i also ask", 0.3}, {"i ask", 0.3}, {"we ask", 0.25}, {"therefore", 0.1}, {"refuse", 0.15}, {"object to", 0.3},

	{"vielen dank", -0.35}, {"ich danke", -0.25}, {"bedanke", -0.25}, {"für rückfragen", -0.6}, {"bei fragen", -0.5}, {"stehe ich ihnen", -0.5}, {"stehen wir ihnen", -0.5}, {"zur verfügung stehen", -0.3},
	{"ich hoffe", -0.2}, {"wir hoffen", -0.2}, {"freue mich", -0.25}, {"freuen uns", -0.15}, {"im voraus", -0.3}, {"thank you", -0.3}, {"do not hesitate", -0.5}, {"zum beispiel", -0.1}, {"wie gesagt", -0.1},
	{"schönes wochenende", -0.5}, {"alles gute", -0.3}, {"begrüßt die anwesenden", -0.2}, {"eröffnet die sitzung", -0.25}, {"schließt die sitzung", -0.3}, {"die niederschrift", -0.1},
}

const maxCue = 0.6

func cueWeight(low string) float64 {
	w := 0.0
	for _, c := range cues {
		if strings.Contains(low, c.text) {
			w += c.weight
		}
	}
	return max(min(w, maxCue), -maxCue)
}

// obliges reports whether a lower-case sentence says that something is to be
// done: "… sind binnen eines Monats vorzulegen", "… hat die Kosten zu tragen".
func obliges(low string) bool {
	if !strings.Contains(low, " ist ") && !strings.Contains(low, " sind ") && !strings.Contains(low, " hat ") && !strings.Contains(low, " haben ") {
		return false
	}
	low = strings.TrimRight(low, ` .!"“”«»)`)
	i := strings.LastIndexByte(low, ' ')
	if i < 0 || !strings.HasSuffix(low, "n") {
		return false
	}
	last := low[i+1:]
	if strings.HasSuffix(low[:i], " zu") {
		return true
	}
	for _, p := range []string{"ab", "an", "auf", "aus", "bei", "ein", "fest", "her", "hin", "mit", "nach", "nieder", "vor", "weiter", "wieder", "zurück", "zu", "durch", "um", "über", "bereit", "nachzu", "offen", "frei", "teil", "sicher"} {
		if strings.HasPrefix(last, p+"zu") && len(last) > len(p)+5 {
			return true
		}
	}
	return false
}

// decides reports whether a lower-case sentence is what its letter is written for:
// it refuses, grants or objects.
func decides(low string) bool {
	for _, d := range []string{"abgelehnt", "lehne ich", "lehnen wir", "ich lehne", "wir lehnen", "bewillige ich", "bewilligen wir", "bewilligt", "stattgegeben", "lege ich", "legen wir", "lege hiermit", "erhebe ich", "erheben wir", "kündige ich", "kündigen wir", "hiermit beantrag", "hiermit kündig"} {
		if strings.Contains(low, d) {
			return true
		}
	}
	return false
}

// placeAndDay is the line "Musterstadt, den 5. November 2026" of a letter.
var placeAndDay = regexp.MustCompile(`^\p{Lu}[\pL .()-]{1,40}, (den |am |im )?\d{1,2}\. ?[\pL\d]+\.? ?\d{0,4}$`)

// isBoilerplate reports whether a lower-case sentence is a salutation, a closing
// line or a text that stands below every letter.
func isBoilerplate(low string) bool {
	for _, p := range []string{"sehr geehrte", "guten tag", "guten morgen", "hallo ", "liebe ", "lieber ", "dear ", "mit freundlichen", "mit freundlichem", "freundliche grüße", "viele grüße",
		"beste grüße", "hochachtungsvoll", "kind regards", "best regards", "yours ", "im auftrag", "seite ", "page ", "an die ", "an den ", "anlage:", "anlagen:", "betreff:", "von:", "an:", "gesendet:", "datum:"} {
		if strings.HasPrefix(low, p) && len(low) < 90 {
			return true
		}
	}
	for _, p := range []string{"diese e-mail enthält vertrauliche", "diese e-mail kann vertrauliche", "diese nachricht enthält vertrauliche", "nicht der richtige adressat", "nicht der beabsichtigte empfänger", "unerlaubte kopieren", "irrtümlich erhalten", "this e-mail may contain", "this email may contain", "intended recipient",
		"ohne unterschrift gültig", "maschinell erstellt", "drucken sie diese", "umwelt zuliebe", "bankverbindung", "öffnungszeiten:", "sprechzeiten:", "informationen zum datenschutz", "datenschutzhinweise", "datenschutzerklärung", "von meinem iphone", "von meinem handy gesendet", "gläubiger-id", "ust-id", "umsatzsteuer-id", "registergericht", "bitte nicht auf diese e-mail antworten", "rights reserved", "alle rechte vorbehalten"} {
		if strings.Contains(low, p) {
			return true
		}
	}
	return false
}

// isAddressLine reports whether little but an address, a number to call or a
// link stands on a line.
func isAddressLine(found []facts.Fact, text string, n int) bool {
	if n > 14 {
		return false
	}
	covered := 0
	for _, f := range found {
		switch f.Kind {
		case facts.Address, facts.Phone, facts.Email, facts.Link, facts.IBAN:
			covered += f.End - f.Start
		}
	}
	return covered*10 > len(text)*4 || covered > 0 && !endsSentence(text)
}

func isTable(text string) bool { return strings.Contains(text, " | ") }

func endsSentence(text string) bool {
	text = strings.TrimRight(text, `"'“”»«)’‘`)
	return text != "" && strings.ContainsAny(text[len(text)-1:], ".!?")
}

// hasVerb reports whether a lower-case line without a period seems to be a
// clause: it has one of the commonest verbs.
func hasVerb(low string) bool {
	for _, v := range []string{" ist ", " sind ", " wird ", " werden ", " wurde ", " wurden ", " hat ", " haben ", " kann ", " können ", " muss ", " müssen ", " soll", " bitte", " beträgt", " is ", " are ", " was ", " were ", " has ", " have ", " must ", " will "} {
		if strings.Contains(low, v) {
			return true
		}
	}
	return false
}

func countWords(text string) int {
	n, in := 0, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if letter && !in {
			n++
		}
		in = letter || in && (r == '-' || r == '.' || r == ',')
		i += size
	}
	return n
}
