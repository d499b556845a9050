package bots

import "strings"

// Frequent words that are in one language and not in the other.
var (
	germanWords  = set("der die das und ist nicht ich sie wir ein eine einen dem den des mit von für auf bitte was wie wann wo warum zu im am bis kann können danke mir mich uns ihr ihre wurde werden fasse fass kürzer guten tag kurz frist schreibe ja nein")
	englishWords = set("the and is not i you we a an of with for on please what how when where why to can could thanks thank me us your was be summarize summarise this that it shorter hello hi short write deadline yes no")
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// language guesses whether a person writes German or English, and returns "" if
// it is not clear: then what was known before stays. It only chooses the language
// of Amtsbote's own texts; what a letter is written in is the skills' to find out.
func language(text string) string {
	var de, en int
	for _, w := range wordsOf(text) {
		if germanWords[w] {
			de++
		}
		if englishWords[w] {
			en++
		}
		if strings.ContainsAny(w, "äöüß") {
			de++
		}
	}
	switch {
	case de > en:
		return "de"
	case en > de:
		return "en"
	}
	return ""
}
