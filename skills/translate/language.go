package translate

import (
	"slices"
	"strings"

	"amtsbote/bots"
)

// A language that people can name. Those of package facts are recognised in texts
// as well; of the others only what was named is known.
type language struct {
	code string // ISO 639-1
	name bots.Text
	said string // beginnings of words by which it is named, lower case
}

var languages = []language{
	{"de", bots.Text{DE: "Deutsch", EN: "German"}, "deutsch german almanca"},
	{"en", bots.Text{DE: "Englisch", EN: "English"}, "englisch english ingilizce"},
	{"fr", bots.Text{DE: "Französisch", EN: "French"}, "französisch franzoesisch french"},
	{"es", bots.Text{DE: "Spanisch", EN: "Spanish"}, "spanisch spanish"},
	{"it", bots.Text{DE: "Italienisch", EN: "Italian"}, "italienisch italian"},
	{"pt", bots.Text{DE: "Portugiesisch", EN: "Portuguese"}, "portugiesisch portuguese"},
	{"nl", bots.Text{DE: "Niederländisch", EN: "Dutch"}, "niederländisch niederlaendisch holländisch dutch"},
	{"pl", bots.Text{DE: "Polnisch", EN: "Polish"}, "polnisch polish"},
	{"cs", bots.Text{DE: "Tschechisch", EN: "Czech"}, "tschechisch czech"},
	{"hu", bots.Text{DE: "Ungarisch", EN: "Hungarian"}, "ungarisch hungarian"},
	{"ro", bots.Text{DE: "Rumänisch", EN: "Romanian"}, "rumänisch rumaenisch romanian"},
	{"bg", bots.Text{DE: "Bulgarisch", EN: "Bulgarian"}, "bulgarisch bulgarian"},
	{"hr", bots.Text{DE: "Kroatisch", EN: "Croatian"}, "kroatisch croatian"},
	{"sr", bots.Text{DE: "Serbisch", EN: "Serbian"}, "serbisch serbian"},
	{"ru", bots.Text{DE: "Russisch", EN: "Russian"}, "russisch russian"},
	{"uk", bots.Text{DE: "Ukrainisch", EN: "Ukrainian"}, "ukrainisch ukrainian"},
	{"el", bots.Text{DE: "Griechisch", EN: "Greek"}, "griechisch greek"},
	{"tr", bots.Text{DE: "Türkisch", EN: "Turkish"}, "türkisch tuerkisch turkish türkçe"},
	{"ar", bots.Text{DE: "Arabisch", EN: "Arabic"}, "arabisch arabic"},
	{"fa", bots.Text{DE: "Persisch", EN: "Persian"}, "persisch farsi dari persian"},
	{"vi", bots.Text{DE: "Vietnamesisch", EN: "Vietnamese"}, "vietnamesisch vietnamese"},
	{"zh", bots.Text{DE: "Chinesisch", EN: "Chinese"}, "chinesisch chinese"},
	{"sq", bots.Text{DE: "Albanisch", EN: "Albanian"}, "albanisch albanian"},
	{"bs", bots.Text{DE: "Bosnisch", EN: "Bosnian"}, "bosnisch bosnian"},
	{"mk", bots.Text{DE: "Mazedonisch", EN: "Macedonian"}, "mazedonisch macedonian"},
	{"sk", bots.Text{DE: "Slowakisch", EN: "Slovak"}, "slowakisch slovak"},
	{"sl", bots.Text{DE: "Slowenisch", EN: "Slovene"}, "slowenisch slovene slovenian"},
	{"lt", bots.Text{DE: "Litauisch", EN: "Lithuanian"}, "litauisch lithuanian"},
	{"lv", bots.Text{DE: "Lettisch", EN: "Latvian"}, "lettisch latvian"},
	{"et", bots.Text{DE: "Estnisch", EN: "Estonian"}, "estnisch estonian"},
	{"da", bots.Text{DE: "Dänisch", EN: "Danish"}, "dänisch daenisch danish"},
	{"sv", bots.Text{DE: "Schwedisch", EN: "Swedish"}, "schwedisch swedish"},
	{"no", bots.Text{DE: "Norwegisch", EN: "Norwegian"}, "norwegisch norwegian"},
	{"fi", bots.Text{DE: "Finnisch", EN: "Finnish"}, "finnisch finnish"},
	{"ku", bots.Text{DE: "Kurdisch", EN: "Kurdish"}, "kurdisch kurmandschi kurmanci kurdish"},
	{"ps", bots.Text{DE: "Paschtu", EN: "Pashto"}, "paschtu paschto pashto"},
	{"ur", bots.Text{DE: "Urdu", EN: "Urdu"}, "urdu"},
	{"hi", bots.Text{DE: "Hindi", EN: "Hindi"}, "hindi"},
	{"ti", bots.Text{DE: "Tigrinya", EN: "Tigrinya"}, "tigrinya"},
	{"am", bots.Text{DE: "Amharisch", EN: "Amharic"}, "amharisch amharic"},
	{"so", bots.Text{DE: "Somali", EN: "Somali"}, "somali"},
	{"ka", bots.Text{DE: "Georgisch", EN: "Georgian"}, "georgisch georgian"},
	{"hy", bots.Text{DE: "Armenisch", EN: "Armenian"}, "armenisch armenian"},
	{"he", bots.Text{DE: "Hebräisch", EN: "Hebrew"}, "hebräisch hebrew"},
	{"ja", bots.Text{DE: "Japanisch", EN: "Japanese"}, "japanisch japanese"},
	{"ko", bots.Text{DE: "Koreanisch", EN: "Korean"}, "koreanisch korean"},
}

// nameOf returns how people call a language, "" for none.
func nameOf(code string) bots.Text {
	for _, l := range languages {
		if l.code == code {
			return l.name
		}
	}
	return bots.Text{}
}

// languageSaid returns the language that a word names, lower case, by one of its
// forms ("türkische", "Englischen"), or "". A longer word that only begins so
// ("Deutschkurs", "germany") names none.
func languageSaid(word string) string {
	for _, l := range languages {
		for stem := range strings.FieldsSeq(l.said) {
			rest, ok := strings.CutPrefix(word, stem)
			if ok && slices.Contains([]string{"", "e", "en", "er", "es", "em"}, rest) {
				return l.code
			}
		}
	}
	return ""
}

// latin reports whether a language is written in Latin letters: names stay as
// they are there.
func latin(code string) bool {
	return !slices.Contains([]string{"bg", "sr", "ru", "uk", "el", "ar", "fa", "zh", "mk", "ps", "ur", "hi", "ti", "am", "ka", "hy", "he", "ja", "ko"}, code)
}

// dense reports whether a language says in few signs what German needs many for.
func dense(code string) bool { return code == "zh" || code == "ja" || code == "ko" }
