package plain

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

func decode(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

var (
	noWords = set("nicht kein keine keinen keinem keiner keines nie niemals niemand niemanden niemandem nichts nirgends weder keinesfalls keineswegs")
	// un- that denies: "ungültig", "unvollständig".
	unWord  = regexp.MustCompile(`^un(?:[a-zäöü]{3,})(?:ig|lich|bar|sam|haft|isch|iert|los|end|nt|ut|lar|echt|tigt|igt|ässig|eignet|treffend|kannt|richtig|gültig|wahr|nötig|frei|gern|wohl|ehelich|ndet)(?:e|en|em|er|es)?$`)
	notUn   = regexp.MustCompile(`^(?:unter|unser|ungefähr|unverzüglich|ungarisch|univers|unendlich|unterschied)`)
	without = set("ohne außer")
)

// negations finds what denies, and sentences that deny twice.
func (s sentence) negations(add adder) {
	first, n := -1, 0
	for i, w := range s.words {
		un := unWord.MatchString(w.low) && !notUn.MatchString(w.low) && !w.upper()
		if un || noWords[w.low] {
			add(Negation, i, i, 0, "Sagen, was gilt, statt was nicht gilt.")
		}
		if un || noWords[w.low] || without[w.low] {
			if n++; first < 0 {
				first = i
			} else if n == 2 {
				add(Double, first, i, 0, "Zwei Verneinungen heben sich auf: sagen, was gilt.")
			}
		}
	}
}

var (
	subjunctive = set(`würde würden würdest wäre wären wärst hätte hätten hättest könnte könnten könntest müsste müssten müsstest sollte sollten solltest dürfte dürften dürftest käme kämen ginge gingen
		gäbe gäben fände fänden bräuchte bräuchten ließe ließen stünde stünden läge lägen nähme nähmen sei seien`)
	owner     = set("des eines meines deines seines ihres unseres eures dieses jenes jedes keines")
	ofCase    = set("wegen trotz während innerhalb außerhalb aufgrund anlässlich hinsichtlich bezüglich mangels mittels seitens zwecks infolge anstelle unbeschadet ungeachtet vorbehaltlich kraft anhand")
	bentNoun  = regexp.MustCompile(`^\p{Lu}[\pL-]{2,}s$`)
	neverBent = set("ausweis kreis preis beweis hinweis kurs bus haus zeugnis verzeichnis ergebnis verhältnis verständnis erlaubnis kenntnis geheimnis bedürfnis bis")
	adjective = regexp.MustCompile(`^[a-zäöüß-]{3,}e[nr]$`)
)

// grammar finds subjunctives and genitives.
func (s sentence) grammar(add adder) {
	for i, w := range s.words {
		if subjunctive[w.low] && (i == 0 || !w.upper()) {
			add(Subjunct, i, i, 0, "In der Wirklichkeitsform sagen.")
		}
		switch {
		case owner[w.low] && s.noun(i+1, true) > 0:
			add(Genitive, i, s.noun(i+1, true), 0, "Mit „von“ oder „vom“ sagen.")
		case w.low == "der" && i > 0 && s.words[i-1].upper() && !w.comma && s.noun(i+1, false) > 0 && !opens(s.words[i-1]):
			add(Genitive, i, s.noun(i+1, false), 0, "Mit „von“ oder „vom“ sagen.")
		case (w.low == "der" || w.low == "einer" || w.low == "ihrer" || w.low == "seiner" || w.low == "unserer") && i > 0 && ofCase[s.words[i-1].low] && s.noun(i+1, false) > 0:
			add(Genitive, i, s.noun(i+1, false), 0, "Mit „von“ oder „vom“ sagen.")
		}
	}
}

// opens reports whether a word that is written large is no noun but what opens a
// sentence, or a pronoun.
func opens(w word) bool {
	return become[w.low] || are[w.low] || subjunctive[w.low] || openers[w.low]
}

var openers = set("in an auf aus bei mit nach von zu seit vor unter über neben hinter zwischen außer gegen für durch um weder auch nur wenn weil dass falls ob als sie ihnen ihr kann können muss müssen soll sollen darf dürfen will wollen hat haben hatte hatten gilt gibt bitte")

// noun returns the index of the noun at k, behind up to two adjectives, or 0; bent:
// it must have the ending of the genitive.
func (s sentence) noun(k int, bent bool) int {
	for n := 0; k < len(s.words) && n < 3; k, n = k+1, n+1 {
		w := s.words[k]
		if w.comma {
			return 0
		}
		if w.upper() {
			if bent && (!bentNoun.MatchString(w.text) || neverBent[w.low]) && !strings.HasSuffix(w.low, "n") {
				return 0
			}
			return k
		}
		if !adjective.MatchString(w.low) {
			return 0
		}
	}
	return 0
}

var abbreviation = regexp.MustCompile(`(?:^|[\s(„"])((?:z\. ?B|d\. ?h|i\. ?d\. ?R|u\. ?a|u\. ?U|o\. ?g|o\. ?ä|s\. ?o|s\. ?u|i\. ?V\. ?m|i\. ?S\. ?d|i\. ?H\. ?v|v\. ?a|m\. ?E|u\. ?ä|z\. ?Zt|a\. ?a\. ?O|usw|etc|bzw|ggf|gem|lt|inkl|exkl|zzgl|Abs|Az|evtl|vgl|sog|Nr|Tel|Ziff|Art|einschl|max|min|ca|Hs|lfd|spätest|Std|Mio|Mrd|Tsd|geb|gez|Hr|Fr|Prof|Dr)\.)`)

// office finds abbreviations and words of offices.
func (s sentence) office(add adder) {
	text := s.text[s.span.Start:s.span.End]
	if !strings.Contains(strings.TrimRight(text, "."), ".") && !strings.HasSuffix(text, ".") {
		text = "" // the expression is slow
	}
	for _, m := range abbreviation.FindAllStringSubmatchIndex(text, -1) {
		from, to := s.at(s.span.Start+m[2]), s.at(s.span.Start+m[3]-2)
		if from >= 0 && to >= from {
			add(Short, from, to, 0, "Ausschreiben.")
		}
	}
	for i := range s.words {
		for n := min(4, len(s.words)-i); n > 0; n-- {
			var phrase strings.Builder
			for k := i; k < i+n; k++ {
				if k > i {
					phrase.WriteByte(' ')
				}
				phrase.WriteString(s.words[k].low)
			}
			if hint, ok := officeWord(phrase.String()); ok {
				add(Office, i, i+n-1, 0, hint)
				break
			}
		}
	}
}

// officeWord finds a word or phrase of offices, also with an ending.
func officeWord(s string) (hint string, ok bool) {
	if hint, ok = officeWords[s]; ok || len(s) < 8 {
		return hint, ok
	}
	for _, end := range []string{"e", "en", "em", "er", "es", "s"} {
		if stem, cut := strings.CutSuffix(s, end); cut {
			if hint, ok = officeWords[stem]; ok {
				return hint, ok
			}
		}
	}
	return "", false
}

// at returns the index of the word that a byte of the text is in, or -1.
func (s sentence) at(i int) int {
	for k, w := range s.words {
		if i >= w.start && i < w.end {
			return k
		}
	}
	return -1
}

var nominal = regexp.MustCompile(`^\p{Lu}[\pL-]{3,}(?:ung|ungen|heit|keit|nahme|nahmen|ierung|ition|ation|ationen|nis|nisse)$`)

// clauses finds sentences of many clauses, and those of nouns made of verbs.
func (s sentence) clauses(add adder) {
	n, nouns := 1, 0
	for i, w := range s.words {
		if i > 0 && w.comma && (embedded[w.low] || i+1 < len(s.words) && prepositions[w.low] && relative[s.words[i+1].low]) || i == 0 && leading[w.low] {
			n++
		}
		if nominal.MatchString(w.text) {
			nouns++
		}
	}
	if n > 1 {
		add(Clauses, 0, len(s.words)-1, n, "Einen Satz für jede Aussage.")
	}
	if nouns >= 3 {
		add(Nominal, 0, len(s.words)-1, nouns, "Verben statt Hauptwörter: „prüfen“ statt „eine Prüfung durchführen“.")
	}
}

var (
	leading      = set("wenn falls weil obwohl nachdem bevor sofern soweit sobald solange damit ob")
	prepositions = set("in an auf mit von zu bei für über nach aus durch unter")
	relative     = set("der die das den dem denen deren dessen welche welcher welchem welchen")
	numberWords  = set("zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn zwanzig dreißig vierzig fünfzig hundert tausend")
	figureDate   = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.(?:\d{2,4})?$|^\d{1,2}\.\d{1,2}\.\d{2,4}$|^\d{4}-\d{2}-\d{2}$`)
)

// numbers finds numbers as words and dates in figures.
func (s sentence) numbers(add adder) {
	for i, w := range s.words {
		switch {
		case numberWords[w.low]:
			add(Spelled, i, i, 0, "Als Ziffer schreiben.")
		case figureDate.MatchString(w.text):
			add(DateShape, i, i, 0, "Den Monat als Wort schreiben.")
		}
	}
}
