package personal

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed firstnames.txt
var firstList string

//go:embed surnames.txt
var surList string

// firstNames and surnames are the lists by folded name; false is a name that is
// a common word too. They are made at their first use: each child that reads a
// document is this program too, and looks for no names.
var (
	firstNames = sync.OnceValue(func() map[string]bool { return listed(firstList) })
	surnames   = sync.OnceValue(func() map[string]bool { return listed(surList) })
)

func listed(text string) map[string]bool {
	m := map[string]bool{}
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		for w := range strings.FieldsSeq(l) {
			name := strings.TrimSuffix(w, "?")
			m[fold(name)] = name == w
			m[foldPlain(name)] = name == w
		}
	}
	return m
}

// isFirst reports whether a word is a first name, and whether it is no common
// word besides.
func isFirst(w string) (first, sure bool) {
	f := fold(w)
	if sure, ok := firstNames()[f]; ok {
		return true, sure
	}
	if a, b, ok := strings.Cut(f, "-"); ok {
		_, first = firstNames()[a]
		_, second := firstNames()[b]
		return first && second, first && second
	}
	return false, false
}

func words(text string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		m[w] = true
	}
	return m
}

var (
	// addressing are words that a name follows.
	addressing = words("herr herrn herren hr hrn frau fr familie fam eheleute eheleuten ehepaar mr mrs ms miss sir madame monsieur")
	// titles may stand between those and the name, or before it.
	titles = words("dr prof med jur rer nat phil dipl ing mag habil hc h c pol oec soc theol vet dent mult univ lic ll m mba b sc doktor professor professorin")
	// roles are words that a name may follow directly.
	roles = words(`rechtsanwalt rechtsanwältin ra rain rae notar notarin richter richterin vorsitzender vorsitzende vorsitzenden vorsitzendem bürgermeister bürgermeisterin oberbürgermeister
		oberbürgermeisterin landrat landrätin stadtrat stadträtin ratsherr ratsfrau stadtbaurat stadtbaurätin baurat senator senatorin minister ministerin staatssekretär staatssekretärin
		abgeordneter abgeordnete abgeordneten zeuge zeugin zeugen kläger klägerin klägers beklagter beklagte beklagten antragsteller antragstellerin antragstellers antragsgegner antragsgegnerin
		schuldner schuldnerin schuldners gläubiger gläubigerin betroffener betroffene betroffenen beschuldigter beschuldigte beschuldigten angeklagter angeklagte angeklagten mandant mandantin mandanten
		kollege kollegin kollegen amtsleiter amtsleiterin dezernent dezernentin sachbearbeiter sachbearbeiterin referent referentin referatsleiter referatsleiterin leiter leiterin
		vater vaters mutter sohn sohnes tochter ehefrau ehemann ehemannes ehegatte ehegattin lebensgefährte lebensgefährtin bruder schwester großmutter großvater oma opa onkel tante witwe witwer kind kindes enkel enkelin
		nachbar nachbarin nachbarn mieter mieterin vermieter vermieterin eigentümer eigentümerin halter halterin fahrer fahrerin beamter beamtin beamte beamten polizeikommissar polizeikommissarin
		polizeiobermeister polizeiobermeisterin polizeihauptkommissar polizeihauptkommissarin pk pok phk pkin pokin phkin pom pomin pm pmin ekhk khk kok kk kkin kokin khkin kriminalkommissar kriminalhauptkommissar kriminalkommissarin schüler schülerin patient patientin pfarrer pfarrerin betreuer betreuerin
		präsident präsidentin direktor direktorin rektor rektorin lehrer lehrerin klassenlehrer klassenlehrerin arzt ärztin geschäftsführer geschäftsführerin vorgesetzter vorgesetzte inhaber inhaberin
		bauantrag fall vorgang nachlasssache familiensache strafsache sache bewerber bewerberin finder finderin`)
	// fields are words that a name follows in a form.
	fields = words(`name namen vorname vornamen nachname nachnamen familienname geburtsname ehename rufname kontoinhaber kontoinhaberin antragsteller antragstellerin antragsgegner ansprechpartner ansprechpartnerin ansprechperson
		sachbearbeiter sachbearbeiterin sachbearbeitung bearbeiter bearbeiterin bearbeitung absender absenderin verfasser verfasserin protokoll protokollführer protokollführerin schriftführer schriftführerin schriftführung protokollführung
		betreuer betreuerin kontakt mieter mieterin vermieter vermieterin eigentümer eigentümerin halter halterin inhaber inhaberin zeuge zeugin mandant mandantin kläger klägerin beklagter beklagte beklagten schuldner schuldnerin
		gläubiger mutter vater kind kinder sohn tochter ehefrau ehemann ehegatte elternteil erziehungsberechtigte sorgeberechtigte person patient patientin fahrer fahrerin verfahrensbeistand prozessbevollmächtigte prozessbevollmächtigter
		bevollmächtigter bevollmächtigte empfänger empfängerin betroffener betroffene anwesend entschuldigt teilnehmer teilnehmende teilnehmerinnen von an cc anrufer anruferin arzt trauzeugen eheschließende wohnungsgeber vermieterin
		versicherter versicherte schüler schülerin pressekontakt unterschrift gezeichnet verstorbener verstorbene erblasser erblasserin betr betrifft meldepflichtige erzeuger erteilt from to bcc client applicant signed witness
		vertreter vertreterin vorsitz leitung gäste gast mitglieder ansprechpartnerinnen auskunft kontaktperson rechtsanwalt rechtsanwältin links rechts mitte eg og halterdaten personalien finder finderin geschäftsführer geschäftsführerin`)
	// official are the fields and cues that name people of an office.
	official = words(`sachbearbeiter sachbearbeiterin sachbearbeitung bearbeiter bearbeiterin bearbeitung ansprechpartner ansprechpartnerin ansprechperson erteilt auskunft pressekontakt richter richterin bürgermeister
		bürgermeisterin oberbürgermeister oberbürgermeisterin landrat landrätin amtsleiter amtsleiterin dezernent dezernentin referent referentin referatsleiter referatsleiterin protokoll`)
	// particles stand inside names.
	particles = words("von vom van de der den zu zur zum di da del della dela la le el al ten ter ben bin bint ibn dos du y freiherr freifrau graf gräfin prinz prinzessin abu st mac mc zu")
	// noble stand inside names with a capital.
	noble = words("freiherr freifrau graf gräfin prinz prinzessin baron baronin")
	// greetings are words that a first name follows at the beginning of a mail.
	greetings = words("liebe lieber hallo hi hey moin dear servus")
	// relatives are words that first names alone follow.
	relatives = words("kind kinder sohn tochter söhne töchter bruder schwester geschwister vater mutter enkel nenne heiße heißen namens genannt frau mann hund")
	// articles before a common noun.
	articles = words("der die das den dem des ein eine einen einem einer eines kein keine keinen keinem am im zum zur vom beim jeder jede jedes dieser diese diesen diesem dieses als ehrenamtliche ehrenamtlichen ehrenamtlicher unser unsere ihr ihre sein seine mein meine the a an")
	// noNames are capitalised words that are no part of a name.
	noNames = words(`herr herrn frau familie eheleute damen und herren antrag widerspruch einspruch beschwerde klage bescheid unterlagen akteneinsicht auskunft bitte anfang ende sehr mit guten hallo liebe lieber dear sir madam or
		anlage anlagen kopie rechnung termin frist gebühr kosten hilfe straße anfrage schreiben mail akte telefon tel fax email nach bezug betreff datum seite az aktenzeichen zeichen nummer nr uhr euro eur haus wohnung stadt gemeinde kreis
		amt land bund gericht namens vertretung auftrag zimmer raum durchwahl ort geburtsdatum anschrift adresse person personen eltern geld hat ist war wird wurde kann soll die der das den dem des ein eine er sie es ich wir ihr ihre ihren ihrem
		bei für in im am an auf aus von vom zu zum zur als wie wenn dass ob aber auch nicht nur noch sowie bzw team kolleginnen kollegen kollege kollegin zusammen alle gmbh ag kg ohg ev verein e v mbh co ug gbr stiftung kirche
		montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz april mai juni juli august september oktober november dezember polizei bürgerbüro jobcenter finanzamt rathaus jugendamt verwaltung
		spd cdu csu fdp afd grüne grünen linke bsw top staatskanzlei deutschland berlin hamburg bremen bayern hessen sachsen europa union beklagte kläger beklagten klägerin antragsgegner im name vorname nachname geboren geb gez wohnhaft
		meine mein mich mir unser unsere guten grüße gruß kind regards best yours sincerely hiermit heute gestern morgen ja nein danke sachverhalt gründe tatbestand urteil beschluss the to from of i am my your our we you he she please
		polizeiinspektion verwaltungsgericht amtsgericht landgericht oberverwaltungsgericht landkreis kreisverwaltung krankenkasse familienkasse aok kita schule grundschule betreff sepa iban bic usa eu nrw sgb bgb
		kundennummer steuernummer telefonnummer dorf platz weg allee markt park halle firma praxis kanzlei begünstigt eigentümer weiblich männlich ledig verheiratet geschieden verwitwet sachbearbeitung wohnort geburtsort nationalität abs absatz satz art artikel ziffer
		fahrzeug pkw lkw kfz krad fahrer halter zeuge zeugin kennzeichen schaden kontakt adresse meldender konto kontoinhaber summe gesamt mahngebühr rückruf sachschaden spende bewerbung staatsangehörigkeit tätigkeit`)
)

// noNameEnd are ends of nouns that are no names.
var noNameEnds = []string{"ung", "heit", "keit", "schaft", "tion", "ität", "ungen", "tionen", "frist", "termin", "antrag", "bescheid", "nummer", "zeichen", "gericht", "gesetz", "amt", "büro", "behörde",
	"verwaltung", "kasse", "verfahren", "ausschuss", "gebühr", "steuer", "kosten", "datum", "verein", "schule", "stelle", "dienst", "straße", "platz", "gmbh", "karte", "konto", "recht", "pflicht", "sache", "tum", "nr"}

// isName reports whether a capitalised word can be part of a name.
func isName(w string) bool {
	low := strings.ToLower(w)
	if noNames[low] || len(w) > 40 {
		return false
	}
	for _, end := range noNameEnds {
		if len(low) > len(end)+1 && strings.HasSuffix(low, end) {
			return false
		}
	}
	return true
}
