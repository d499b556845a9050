package translate

import "strings"

// months are how the names of the twelve months begin, by language, lower case.
// Alternatives are separated by "|". The second language of a name ("listopad" is
// October in Croatian and November in Czech) is why each has its own list.
var months = map[string]string{
	"de": "januar|jan|jänner februar|feb|feber märz|mär|mrz april|apr mai juni|jun juli|jul august|aug september|sep|sept oktober|okt november|nov dezember|dez",
	"en": "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct november|nov december|dec",
	"fr": "janv fév|fev marss avr mai juin juil août|aout sept oct nov déc|dec",
	"es": "ene feb mar abr may jun jul ago sep|set oct nov dic",
	"it": "gen feb mar apr mag giu lug ago set ott nov dic",
	"pt": "jan fev mar abr mai jun jul ago set out nov dez",
	"nl": "jan feb maart|mrt apr mei jun jul aug sep okt nov dec",
	"pl": "stycz lut mar kwie maj|maja czerw lip sierp|sierpn wrze paźdz|pazdz listop grud",
	"cs": "led únor|unor břez|brez dub květ|kvet červn|červen červenec|července srp zář|zar říj|rij listop prosin",
	"sk": "jan feb mar apr máj jún júl aug sep okt nov dec",
	"hu": "jan feb már apr|ápr máj jún júl aug szept okt nov dec",
	"ro": "ian feb mar apr mai iun iul aug sep oct noi|nov dec",
	"bg": "януар февр март апр май|ма юни юли авг септ окт ноем дек",
	"hr": "sij velj ožuj|ozuj trav svib lip srp kolov ruj listop stud prosin",
	"bs": "jan feb mar apr maj jun jul aug sep okt nov dec",
	"sr": "јан феб март апр мај јун јул авг сеп окт нов дец",
	"mk": "јан фев март апр мај јун јул авг сеп окт ное дек",
	"ru": "янв фев март|мар апр мая|май июн июл авг сен окт ноя дек",
	"uk": "січ лют бер квіт трав черв лип серп верес жовт лист груд",
	"el": "ιαν φεβ μαρ|μάρ απρ μαΐ|μαι|μάι ιουν|ιούν ιουλ|ιούλ αυγ|αύγ σεπ οκτ νοε|νοέ δεκ",
	"tr": "oca şub|sub mar nis may haz tem ağu|agu eyl eki kas ara",
	"ar": "يناير|كانون فبراير|شباط مارس|آذار أبريل|إبريل|نيسان مايو|أيار يونيو|حزيران يوليو|تموز أغسطس|آب سبتمبر|أيلول أكتوبر نوفمبر ديسمبر",
	"fa": "ژانویه فوریه مارس آوریل مه|می ژوئن ژوئیه|جولای اوت|آگوست سپتامبر اکتبر نوامبر دسامبر",
	"sv": "jan feb mar apr maj jun jul aug sep okt nov dec",
	"da": "jan feb mar apr maj jun jul aug sep okt nov dec",
	"no": "jan feb mar apr mai jun jul aug sep okt nov des",
	"sl": "jan feb mar apr maj jun jul avg sep okt nov dec",
	"sq": "jan shk mar pri maj qer|qershor korr gush sht tet nën|nen dhj",
}

// monthOf returns the number of the month that a word names, 0 if none. The
// longest beginning counts: "červenec" is July though "červen" is June. German and
// English names are looked for in all texts and must be whole: a "Marktplatz 5" is
// no day in March.
func monthOf(lang, word string) int {
	best, length := 0, 0
	for i, stems := range strings.Fields(months[lang]) {
		for stem := range strings.SplitSeq(stems, "|") {
			if len(stem) > length && strings.HasPrefix(word, stem) && len(word)-len(stem) <= 12 && (lang != "de" && lang != "en" || len(word)-len(stem) <= 1) {
				best, length = i+1, len(stem)
			}
		}
	}
	return best
}

// maxWord is the largest number that is looked for as a word.
const maxWord = 12

// numberWords are how the words for 1 to 12 begin, by language, lower case.
var numberWords = map[string]string{
	"de": "ein zwei|zwo drei vier fünf sechs sieben|sieb acht neun zehn elf zwölf",
	"en": "one|a|an|single|first two|second|twice|both three|third four five|fifth six seven eight nine|ninth ten eleven twelve|twelfth",
	"fr": "un|premier deux trois quatre|quatri cinq six|sixi sept huit neuf|neuvi dix onz douz",
	"es": "un|primer dos|segund tres|tercer cuatro|cuart cinco|quint seis|sext siete|séptim ocho|octav nueve|noven diez|décim once doce",
	"it": "un|prim due|second tre|terz quattro|quart cinque|quint sei|sest sette|settim otto|ottav nove|non dieci|decim undici dodici",
	"pt": "um|uma|primeir dois|duas|segund três|terceir quatro|quart cinco|quint seis|sext sete|sétim oito|oitav nove|non dez|décim onze doze",
	"nl": "een|één|eerste twee drie|derde vier vijf zes zeven acht negen tien elf twaalf",
	"pl": "jed|pierwsz dwa|dwie|dwu|drug trzy|trzech|trzec czter|czwart pięć|pięci|piąt sześ|szóst siedem|siedm|siódm osiem|ośm|ósm dziewi|dziesięć|dziesi jedenast dwanaśc|dwunast",
	"tr": "bir|ilk iki üç dört beş altı yedi sekiz dokuz on on_bir on_iki",
	"ru": "один|одн|перв два|две|двух|втор три|трех|трёх|трет четыр|четв пять|пяти|пят шесть|шести|шест семь|семи|седьм восемь|восьм девят десят одиннадцат двенадцат",
	"uk": "один|одн|перш два|дві|двох|друг три|трьох|трет чотир|четв п'ят|п’ят шіст|шест сім|семи|сьом вісім|восьм дев'ят|дев’ят десят одинадцят дванадцят",
	"ro": "un|o|prim doi|două|dou trei|treia patru cinci șase|sase șapte|sapte opt nouă|noua zece unsprezece douăsprezece|doisprezece",
}

// saidAsWord reports whether a text may say a small number as a word. In a
// language whose words are not known it may always.
func saidAsWord(n int, text, lang string) bool {
	list := strings.Fields(numberWords[lang])
	if len(list) == 0 || n == 0 {
		return true
	}
	if n > len(list) {
		return false
	}
	for _, w := range split(text) {
		for stem := range strings.SplitSeq(strings.ReplaceAll(list[n-1], "_", ""), "|") {
			if strings.HasPrefix(w, stem) && (len(stem) > 2 || len(w) <= len(stem)+2) {
				return true
			}
		}
	}
	return strings.Contains(list[n-1], "_") && strings.Contains(strings.ToLower(text), strings.ReplaceAll(list[n-1], "_", " "))
}
