package facts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Stem makes forms of a word alike: lower case, umlauts and endings gone. It is
// light, for German and English: "Gebühren", "Gebühr" and "gebuehr" are one,
// "Haus" and "Häuser" too.
func Stem(word string) string { return stemOf(Fold(word)) }

// stemOf is Stem of a word that is folded.
func stemOf(w string) string {
	if len(w) <= 4 {
		return w
	}
	if strings.HasSuffix(w, "ungen") && len(w) > 8 {
		return strings.TrimSuffix(w, "en")
	}
	for _, end := range []string{"ern", "em", "er", "en", "es", "e", "s", "n"} {
		if strings.HasSuffix(w, end) && len(w)-len(end) >= 4 {
			return strings.TrimSuffix(w, end)
		}
	}
	return w
}

// Fold writes a word in lower case without umlauts.
func Fold(word string) string {
	plain := true
	for i := range len(word) {
		if c := word[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return foldPairs(word)
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range word {
		switch r = unicode.ToLower(r); r {
		case 'ä':
			r = 'a'
		case 'ö':
			r = 'o'
		case 'ü':
			r = 'u'
		case 'ß':
			b.WriteByte('s')
			r = 's'
		case '\u00ad':
			continue
		}
		b.WriteRune(r)
	}
	return foldPairs(b.String())
}

var pairs = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// foldPairs takes "gebuehr" for "gebühr". It spoils "neue" in the same way
// everywhere, which does no harm.
func foldPairs(w string) string {
	for i := 1; i < len(w); i++ {
		if w[i] == 'e' && (w[i-1] == 'a' || w[i-1] == 'o' || w[i-1] == 'u') {
			return pairs.Replace(w)
		}
	}
	return w
}

// emptyWords say nothing about what a sentence is about.
var emptyWords = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`
		der die das den dem des ein eine einen einem einer eines und oder aber auch als am an auf aus bei bin bis bist da dabei dadurch dafür dagegen daher dahin damit
		danach dann daran darauf daraus darin darüber darum davon davor dazu dass dein deine dem denn deren dessen dich dies diese diesem diesen dieser dieses dir doch dort du durch
		er es etwa etwas euch euer für gegen gegenüber gemäß gewesen hab habe haben hat hatte hatten hier hiermit hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in
		indem infolge innerhalb ins insbesondere ist ja jede jedem jeden jeder jedes jedoch jene jetzt kann kein keine keinem keinen keiner können könnte machen man mehr mein meine
		meinem meinen meiner mich mir mit möchte nach nachdem nicht nichts noch nun nur ob obwohl ohne pro sehr sein seine seinem seinen seiner seit selbst sich sie sind so sobald
		sofern sogar solche solchen soll sollen sollte sollten somit sondern sonst soweit sowie statt über um uns unser unsere unserem unseren unserer unter usw viel viele vom von vor
		während wann war waren warum was weg wegen weil weiter weitere welche welchem welchen welcher welches wem wen wenn wer werde werden wessen wie wieder wieviel will wir wird wo
		woher wohin wollen wurde wurden würde würden zu zum zur zwar zwischen bitte sehr geehrte geehrter damen herren frau herr gibt geht lassen lässt bzw ca etc ggf abs satz nr art
		ab laut trotz außer samt hoch lange oft viel muss müssen musst darf dürfen gilt gelten lautet
		the a an and or but of to in on at by for from with without as is are was were be been being it its this that these those he she they we you i my your his her our their
		not no do does did have has had will would can could should may might must if then than so such what which who whom when where why how please there here also any all`) {
		all[Stem(w)] = true
		all[Fold(w)] = true
	}
	return all
}()

// IsStopWord reports whether a word says nothing about what a sentence is about.
func IsStopWord(word string) bool {
	w := Fold(word)
	return emptyWords[w] || emptyWords[stemOf(w)]
}

// Words calls f for each word of a text, and for each number with its marks.
func Words(text string, f func(word string)) {
	start, number := -1, false
	for i, r := range text {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\u00ad'
		if letter && start < 0 {
			start, number = i, unicode.IsDigit(r)
			continue
		}
		if start >= 0 && !letter && !(number && (r == '.' || r == ',' || r == '/' || r == ':') && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9') {
			f(text[start:i])
			start = -1
		}
	}
	if start >= 0 {
		f(text[start:])
	}
}

// synonyms are words that ask for the same thing; a word finds each of its group.
var synonyms = []synonymGroup{
	group("kosten kostet gebühr preis entgelt betrag zahlen bezahlen teuer cost fee price"),
	group("zahlen zahlung bezahlen überweisen entrichten begleichen fällig überwiesen beglichen"),
	group("geschrieben schreibt verfasst absender verfasser geschickt gesendet"),
	group("frist termin spätestens deadline stichtag"),
	group("kündigung kündigen gekündigt auflösung"),
	group("öffnungszeit geöffnet sprechzeit öffnet sprechstunde offen"),
	group("anschrift adresse address straße"),
	group("ablehnen abgelehnt ablehnung versagt verweigert"),
	group("beschluss beschlossen beschließt entscheidung entschieden decided"),
	group("beginn beginnt anfang start startet"),
	group("ende endet endete schluss"),
	group("wohnung mietsache mieträume"),
	group("auto fahrzeug pkw wagen kfz"),
	group("unterlage dokument nachweis beleg papier"),
	group("kennwort passwort"),
	group("grabstein grabmal grabstätte"),
	group("kita kindergarten kindertagesstätte kindertageseinrichtung tageseinrichtung"),
	group("anwohner bewohner"),
	group("hotel übernachtung unterkunft"),
	group("antrag beantragen beantragt"),
	group("ermäßigung ermäßigt nachlass rabatt vergünstigung"),
	group("kostenlos gebührenfrei beitragsfrei unentgeltlich kostenfrei"),
	group("erlaubt gestattet zulässig zugelassen"),
	group("verboten untersagt unzulässig"),
	group("notebook laptop rechner"),
	group("strafe bußgeld geldbuße zwangsgeld"),
}

type synonymGroup struct{ words, stems []string }

func group(list string) synonymGroup {
	g := synonymGroup{words: strings.Fields(list)}
	for _, w := range g.words {
		g.stems = append(g.stems, Stem(w))
	}
	return g
}

// participle is a stem such as "gezahlt", "eingereicht".
var participle = regexp.MustCompile(`^(ab|an|auf|aus|bei|ein|fest|mit|nach|um|vor|zu|zuruck)?ge(\pL{3,})t$`)

// infinitive returns the stem of the verb of a participle: a question asks bis wann
// gezahlt werden muss, and the text has what zu zahlen is. Empty for other words.
func infinitive(s string) string {
	if m := participle.FindStringSubmatch(s); m != nil {
		return m[1] + m[2]
	}
	return ""
}

// Alike returns the words that a question with this word may mean too: the verb
// of a participle, as its stem, and what means the same in an office.
func Alike(word string) []string {
	stem := Stem(word)
	verb := infinitive(stem)
	var alike []string
	if verb != "" {
		alike = append(alike, verb)
	}
	for _, g := range synonyms {
		if slices.Contains(g.stems, stem) || verb != "" && slices.Contains(g.stems, verb) {
			alike = append(alike, g.words...)
		}
	}
	return alike
}
