package facts

import "strings"

// flag says what a word can be part of.
type flag uint32

const (
	fMonth     flag = 1 << iota // n is 1 to 12
	fWeekday                    // n is the time.Weekday
	fUnit                       // of a period; s is its name
	fNumber                     // a number word; n is its value
	fCurrency                   // s is its code
	fScale                      // n is what to multiply by
	fWithin                     // a period follows: binnen, innerhalb, within
	fUntil                      // a day follows: bis, spätestens, by
	fFrist                      // a term: Frist, Stichtag, deadline
	fFiller                     // may stand between a term's word and its day
	fAnchor                     // what a period runs from: Bekanntgabe, receipt
	fFrom                       // nach, ab, after
	fRef                        // a reference follows
	fRefWeak                    // ends like a reference word: …nummer, …zeichen
	fPerson                     // a name follows: Herr, Frau
	fField                      // a name follows after a colon: Ansprechpartner
	fTitle                      // between those and the name: Dr., Bürgermeisterin
	fParticle                   // inside a name: von, de
	fNoName                     // a capitalised word that is not a name
	fPhone                      // a phone number follows
	fStreet                     // ends like a street
	fDay                        // a date follows: am, vom, den
	fRelative                   // gestern; n is the days from today
	fStarter                    // begins sentences: Die, Wir, The
	fAbbrev                     // is followed by a period that ends nothing
	fAbbrevEnd                  // is followed by a period that may end a sentence
	fEnglish                    // as a month, is written so in English only
	fGerman                     // as a month, is written so in German only
	fNoDay                      // before 3.12. says that it is a section or a number
)

// An entry is what the lexicon knows about a word.
type entry struct {
	flags flag
	n     int
	s     string
}

const maxWord = 64 // bytes; longer words are none that the rules ask for

var lexicon = buildLexicon()

type lexiconBuilder map[string]entry

func (b lexiconBuilder) add(f flag, n int, s string, words string) {
	for w := range strings.FieldsSeq(words) {
		e := b[w]
		e.flags |= f
		if n != 0 {
			e.n = n
		}
		if s != "" {
			e.s = s
		}
		b[w] = e
	}
}

func buildLexicon() map[string]entry {
	b := lexiconBuilder{}
	addCalendar(b)
	addTerms(b)
	addMoney(b)
	addNames(b)
	addGrammar(b)
	return b
}

func addCalendar(b lexiconBuilder) {
	for i, m := range []struct{ de, en, both string }{
		{"januar jänner", "january", "jan"}, {"februar feber", "february", "feb"},
		{"märz maerz mrz mär", "march", "mar"}, {"", "", "april apr"}, {"mai", "may", ""},
		{"juni", "june", "jun"}, {"juli", "july", "jul"}, {"", "", "august aug"},
		{"", "", "september sept sep"}, {"oktober okt", "october oct", ""},
		{"", "", "november nov"}, {"dezember dez", "december dec", ""},
	} {
		b.add(fMonth|fGerman, i+1, "", m.de)
		b.add(fMonth|fEnglish, i+1, "", m.en)
		b.add(fMonth, i+1, "", m.both)
	}
	for i, w := range []string{
		"sonntag so sunday sun", "montag mo monday mon", "dienstag di tuesday tue tues", "mittwoch mi wednesday wed",
		"donnerstag do thursday thu thur thurs", "freitag fr friday fri", "samstag sonnabend sa saturday sat",
	} {
		b.add(fWeekday, i, "", w)
	}
	b.add(fRelative, -1, "", "gestern yesterday")
	b.add(fRelative, -2, "", "vorgestern")
	b.add(fRelative, 0, "", "heute today")
	b.add(fRelative, 1, "", "morgen tomorrow")
	b.add(fRelative, 2, "", "übermorgen")
	b.add(fDay, 0, "", "am vom den dem der ab seit zum bis on from since until by before after nach vor gegen dated of")
	b.add(fNoDay, 0, "", "abschnitt abschnitte abschnitten abschnitts kapiteln ziffern nummern punkte punkten sections abschn nr nummer ziffer ziff punkt kapitel kap top anlage tabelle tab abb abbildung version section chapter item figure table absatz abs satz teil seite s gliederungspunkt")
}

func addTerms(b lexiconBuilder) {
	b.add(fUnit, 0, "hour", "stunde stunden std hour hours")
	b.add(fUnit, 0, "day", "tag tage tagen tages kalendertage kalendertagen kalendertag day days")
	b.add(fUnit, 0, "workday", "werktag werktage werktagen werktages arbeitstag arbeitstage arbeitstagen arbeitstages bankarbeitstage bankarbeitstagen workday workdays")
	b.add(fUnit, 0, "week", "woche wochen week weeks")
	b.add(fUnit, 0, "month", "monat monate monaten monats monates month months")
	b.add(fUnit, 0, "year", "jahr jahre jahren jahres year years")
	b.add(fWithin, 0, "", "binnen innerhalb within")
	b.add(fUntil, 0, "", "bis spätestens längstens until by")
	b.add(fFrist, 0, "", "frist fristende fristablauf stichtag einsendeschluss abgabeschluss bewerbungsschluss anmeldeschluss meldeschluss redaktionsschluss deadline fällig zahlbar abgabetermin zahlungsziel abgabe rückmeldung rücklauf due")
	b.add(fFiller, 0, "", "am bis zum zur endet endete läuft ist der den dem beträgt somit also damit daher demnach spätestens von on is by ends with mit einer eine auf einschließlich inklusive jeweils war wird nun")
	b.add(fAnchor, 0, "", "bekanntgabe bekanntmachung zustellung zugang erhalt eingang empfang veröffentlichung kenntnis kenntnisnahme kenntniserlangung rechtskraft bestandskraft verkündung aufgabe rechnungsdatum rechnungseingang rechnungserhalt antragstellung ablauf beginn datum receipt notification delivery service date publication")
	b.add(fFrom, 0, "", "nach ab seit after from of following")
	for i, w := range []string{
		"ein eine einem eines einer einen one", "zwei two zwo zweier", "drei three dreier", "vier four", "fünf five", "sechs six",
		"sieben seven", "acht eight", "neun nine", "zehn ten", "elf eleven", "zwölf twelve",
	} {
		b.add(fNumber, i+1, "", w)
	}
	b.add(fNumber, 14, "", "vierzehn fourteen")
	b.add(fNumber, 15, "", "fifteen")
	b.add(fNumber, 20, "", "twenty")
	b.add(fNumber, 30, "", "thirty")
	b.add(fNumber, 60, "", "sixty")
	b.add(fNumber, 90, "", "ninety")
}

func addMoney(b lexiconBuilder) {
	b.add(fCurrency, 0, "EUR", "eur euro euros")
	b.add(fCurrency, 0, "USD", "usd dollar dollars")
	b.add(fCurrency, 0, "GBP", "gbp pfund")
	b.add(fCurrency, 0, "CHF", "chf franken sfr")
	b.add(fCurrency, 0, "DEM", "dm")
	b.add(fCurrency, 0, "TEUR", "teur")
	b.add(fCurrency, 0, "CENT", "cent cents ct")
	b.add(fScale, 1_000, "", "tsd tausend thousand")
	b.add(fScale, 1_000_000, "", "mio million millionen millions")
	b.add(fScale, 1_000_000_000, "", "mrd milliarde milliarden billion")
}

func addNames(b lexiconBuilder) {
	b.add(fPerson, 0, "", "herr herrn herren frau mr mrs ms eheleute eheleuten familie ehepaar gez")
	b.add(fTitle|fPerson, 0, "", "dr prof professor professorin")
	b.add(fField, 0, "", "ansprechpartner ansprechpartnerin ansprechperson sachbearbeiter sachbearbeiterin sachbearbeitung bearbeiter bearbeiterin bearbeitung name vorname nachname antragsteller antragstellerin absender absenderin verfasser verfasserin protokoll schriftführung schriftführer schriftführerin betreuer betreuerin kontakt mieter mieterin vermieter vermieterin eigentümer eigentümerin halter halterin")
	b.add(fTitle, 0, "", "med jur rer nat phil pol habil hc mult ing dipl mag lic apl em rechtsanwalt rechtsanwältin ra rain bürgermeister bürgermeisterin oberbürgermeister oberbürgermeisterin landrat landrätin stadtrat stadträtin ministerin minister staatssekretär staatssekretärin senator senatorin richter richterin präsident präsidentin direktor direktorin stadtrechtsdirektor abgeordneter abgeordnete freiherr freifrau graf gräfin prinz prinzessin doktor amtsleiter amtsleiterin dezernent dezernentin kollege kollegin notar notarin pfarrer pfarrerin vorsitzender vorsitzende vorsitzenden rer oec soc theol vet dent sc")
	b.add(fParticle, 0, "", "von vom van de der den zu zur zum di da del della la le el al ten ter ben bin ibn dos du und y")
	b.add(fNoName, 0, "", `antrag widerspruch einspruch beschwerde klage bescheid unterlagen akteneinsicht auskunft bitte anfang ende mitte sehr mit guten hallo liebe lieber
		damen herren anlage anlagen kopie rechnung termin frist gebühr kosten hilfe straße anfrage schreiben mail akte telefon tel fax email nach bezug betreff datum seite az
		aktenzeichen zeichen nummer uhr euro haus wohnung stadt gemeinde kreis amt land bund gericht kinder kind sohn tochter mutter vater partner mann frau herr namens anwesend entschuldigt leitung
		ihnen sie vertretung auftrag zimmer raum durchwahl ort grund geburtsdatum anschrift adresse recht rechte fall person personen eltern geld`)
	b.add(fPhone, 0, "", "tel telefon telefonnummer telefonnr telefonisch telefax fax faxnummer fon mobil mobilnummer mobiltelefon handy handynummer rufnummer festnetz phone telephone mobile cell hotline servicetelefon bürgertelefon")
	b.add(fRef, 0, "", "az aktenzeichen geschäftszeichen geschäftsz geschz gz kassenzeichen buchungszeichen kundennummer vorgangsnummer vorgangsnr rechnungsnummer rechnungsnr steuernummer steuernr versicherungsnummer versichertennummer vertragsnummer aktennummer referenz reference ref kennzeichen verwendungszweck gläubiger-id mandatsreferenz ticketnummer ticket vorgang bescheidnummer antragsnummer")
	b.add(fRefWeak, 0, "", "file case invoice customer unser ihr mein dein our your kunden vorgangs rechnungs vertrags akten steuer antrags rechnung bescheid kunde my gesch")
	b.add(fStreet, 0, "", "straße strasse str allee platz weg gasse chaussee damm ufer")
}

func addGrammar(b lexiconBuilder) {
	b.add(fStarter, 0, "", `der die das den dem des ein eine einen einem einer ich wir sie er es ihr du man bitte im in am an auf aus bei mit nach seit von vor zu zum zur
		für durch gegen ohne um bis wenn weil dass daher deshalb dazu dabei dafür darum damit dann danach da doch aber auch als also alle allerdings außerdem
		bereits dies diese dieser dieses dort eben falls ferner gemäß heute gestern hier hiermit hierzu hierbei ihre ihren ihrem ihrer ihres jede jeder jedes jetzt kann
		kein keine können könnten leider mein meine meinen meiner nicht noch nun nur ob oder schon sehr sein seine seit sofern soweit sollte sollten somit statt trotz
		unser unsere unter und vielen viele während wann warum was wegen welche welcher welches wer werden wie wird wo wurde zudem zuletzt zusätzlich zwar über
		insgesamt anschließend zunächst schließlich weiter weitere weiterhin insbesondere sodann laut beide dessen deren soll ist sind hat haben darf dürfen wurden
		the this that these those a an i we you he she they it please if when while on at for from with without by as but and or so however therefore there here our your my his her its their`)
	b.add(fAbbrev, 0, "", `abs absch abschn aufl az bd bearb begl bes betr bez bgm bspw bzgl bzw ca chr dgl dipl dr ebd ehem einschl entspr erg evtl exkl fa fam fn geb
		gem ges gest gez ggf ggfs ggü gz hausnr hbf hl hr hrn hrsg hs ing inkl insb insbes jhdt kap kfm kgl kl mind mwst nat nr nrn nam öff oec phil pos prof rer
		rd rdn rdnr resp rn rz sen sog soc spez stv tägl tel telefonnr tlw tsd ts ua ugs urspr usf verf verh verw vgl vorl vors wg zit ziff zb zgl zul zzgl zz
		lit buchst buchst abb tab anl anm ausg beil rechnungsnr kundennr vorgangsnr aktennr steuernr geschz gesch beschl urt vfg rspr hinw betr allg mr mrs ms vs sgt rev
		 fr jan feb mrz apr jun jul aug sept okt nov dez oct dec bln rhld pf westf stellv vertr`)
	b.add(fAbbrevEnd, 0, "", "usw etc str mio mrd f ff jr sr co inc ltd corp eur st std jh jhd ol pl so do di mi sa art min max mag no gen mar sep mo med var ust")
}

// guess classifies a lower-case word that the lexicon does not have by its end.
func guess(w []byte) entry {
	if len(w) < 6 {
		return entry{}
	}
	switch w[len(w)-1] {
	case 'r':
		if hasSuffix(w, "nummer") || hasSuffix(w, "nr") {
			return weakRef(w)
		}
		if hasSuffix(w, "str") || hasSuffix(w, "ufer") {
			return entry{flags: fStreet}
		}
	case 'n':
		if hasSuffix(w, "zeichen") {
			return weakRef(w)
		}
		if hasSuffix(w, "fristen") {
			return entry{flags: fFrist}
		}
	case 'e':
		if hasSuffix(w, "straße") || hasSuffix(w, "strasse") || hasSuffix(w, "gasse") || hasSuffix(w, "allee") || hasSuffix(w, "chaussee") {
			return entry{flags: fStreet}
		}
	case 'z':
		if hasSuffix(w, "platz") {
			return entry{flags: fStreet}
		}
	case 'g':
		if hasSuffix(w, "weg") {
			return entry{flags: fStreet}
		}
	case 'm':
		if hasSuffix(w, "damm") {
			return entry{flags: fStreet}
		}
	case 't':
		return guessFrist(w)
	}
	return entry{}
}

// weakRef spares numbers and signs that refer to nothing in a file.
func weakRef(w []byte) entry {
	for _, no := range []string{"hausnummer", "zimmernummer", "seitennummer", "verkehrszeichen", "satzzeichen", "lesezeichen", "lebenszeichen", "warnzeichen", "postleitnummer", "blattnummer", "hausnr", "zimmernr", "vorzeichen", "wahrzeichen", "gütezeichen"} {
		if string(w) == no {
			return entry{}
		}
	}
	if hasSuffix(w, "telefonnummer") || hasSuffix(w, "rufnummer") || hasSuffix(w, "faxnummer") {
		return entry{flags: fPhone}
	}
	return entry{flags: fRef}
}

func guessFrist(w []byte) entry {
	switch {
	case string(w) == "monatsfrist":
		return entry{flags: fFrist | fUnit, n: 1, s: "month"}
	case string(w) == "wochenfrist":
		return entry{flags: fFrist | fUnit, n: 1, s: "week"}
	case string(w) == "jahresfrist":
		return entry{flags: fFrist | fUnit, n: 1, s: "year"}
	case hasSuffix(w, "frist"):
		return entry{flags: fFrist}
	}
	return entry{}
}

func hasSuffix(w []byte, s string) bool { return len(w) >= len(s) && string(w[len(w)-len(s):]) == s }
