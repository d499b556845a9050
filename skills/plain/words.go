package plain

import "strings"

// officeWords are words and phrases of offices, and foreign ones, with plain ones.
var officeWords = map[string]string{}

func init() {
	for line := range strings.SplitSeq(`hinsichtlich=zu, über
bezüglich=zu, über
unverzüglich=sofort
umgehend=sofort
in kenntnis setzen=informieren
in kenntnis gesetzt=informiert
zur kenntnis genommen=gelesen
zur kenntnis nehmen=lesen
in abzug bringen=abziehen
in anspruch nehmen=nutzen
zur verfügung stellen=geben
zur verfügung gestellt=gegeben
in vorlage bringen=vorlegen
zur anwendung kommen=gelten
zur anwendung bringen=anwenden
in rechnung gestellt=berechnet
in rechnung stellen=berechnen
in ermangelung=weil … fehlt
seitens=von
zwecks=für, um zu
mittels=mit
mangels=weil … fehlt
anlässlich=wegen, zu
infolge=wegen
gemäß=nach
vorbehaltlich=nur wenn
unbeschadet=auch wenn
ungeachtet=trotz
diesbezüglich=dazu
dementsprechend=deshalb
demzufolge=deshalb
nachfolgend=im Folgenden
vorgenannt=genannt
vorgenannte=genannte
vorgenannten=genannten
obig=genannt
obige=genannte
obigen=genannten
hiermit=
hierdurch=dadurch
hierfür=dafür
hierzu=dazu
hierbei=dabei
hieraus=daraus
insofern=deshalb
insoweit=so weit
sofern=wenn
soweit=wenn
obgleich=obwohl
wenngleich=obwohl
nichtsdestotrotz=trotzdem
gegebenenfalls=vielleicht, wenn nötig
etwaig=mögliche
etwaige=mögliche
etwaigen=möglichen
dergleichen=so etwas
derselben=davon
desselben=davon
anberaumt=festgelegt
anberaumen=festlegen
veranlagt=berechnet
verauslagt=vorgestreckt
entrichten=zahlen
entrichtet=gezahlt
begleichen=zahlen
verabsäumt=versäumt
benötigen=brauchen
beabsichtigen=wollen, planen
beabsichtigt=will, plant
beantragen=einen Antrag stellen
obliegt=ist Aufgabe von
obliegen=sind Aufgabe von
erforderlich=nötig
zuzüglich=und dazu
abzüglich=weniger
einschließlich=mit
ausschließlich=nur
unter berücksichtigung=mit Blick auf
im rahmen=bei
im hinblick auf=wegen
im zuge=bei
auf grundlage=nach
von seiten=von
antragsteller=wer den Antrag stellt: Sie
antragstellerin=wer den Antrag stellt: Sie
antragstellenden=die den Antrag stellen
rechtsbehelf=Widerspruch oder Klage
rechtsbehelfsbelehrung=Hinweis, wie Sie widersprechen können
bestandskräftig=endgültig
rechtskräftig=endgültig
verwaltungsakt=Entscheidung
vollzug=Umsetzung
inanspruchnahme=Nutzung
kenntnisnahme=Lesen
bekanntgabe=Mitteilung
zuwiderhandlung=Verstoß
zuwiderhandlungen=Verstöße
postalisch=per Post
fernmündlich=am Telefon
schriftsatz=Schreiben
fristgerecht=pünktlich
fristgemäß=pünktlich
ordnungsgemäß=richtig
ermessen=eigene Entscheidung
billigkeit=Gerechtigkeit
säumniszuschlag=Aufschlag, weil Sie zu spät gezahlt haben
säumniszuschläge=Aufschläge, weil Sie zu spät gezahlt haben
stattgegeben=Recht gegeben
anheimgestellt=Sie können entscheiden
anheimstellen=entscheiden lassen
substantiiert=begründet
adäquat=passend
relevant=wichtig
transparent=klar
implementieren=einführen
implementierung=Einführung
evaluieren=auswerten
evaluation=Auswertung
kompensation=Ausgleich
partizipation=Teilhabe
partizipieren=teilnehmen
akquirieren=gewinnen
initiieren=beginnen
optimieren=verbessern
priorisieren=ordnen
obsolet=überholt
sukzessive=nach und nach
temporär=für eine Zeit
eruieren=herausfinden
koordinieren=abstimmen
modifizieren=ändern
reduzieren=verringern
resultieren=sich ergeben
terminieren=festlegen
deadline=Frist
download=Herunterladen
meeting=Treffen
feedback=Rückmeldung`, "\n") {
		phrase, plain, _ := strings.Cut(line, "=")
		hint := "Streichen."
		if plain != "" {
			hint = "Besser: " + plain + "."
		}
		officeWords[phrase] = hint
	}
	for w := range strings.FieldsSeq(`abfall abgabe abgaben absage akten aktenzeichen amt ämter amts änderung angebot angelegenheit anhörung anliegen anmeldung annahme anschrift anspruch antrag antrags antragsteller anwohner arbeit arbeits
		arbeitgeber arzt asyl aufenthalt aufenthalts auftrag aufsicht ausgabe auskunft ausländer ausweis auto bank bau beamten bedarf behörde behörden behinderten beihilfe beitrag beitrags bericht beruf berufs bescheid bescheinigung beschwerde
		besuch betrag betrieb betriebs bewerbung bewilligung bewohner bildung bund bundes bürger büro dauer dienst ehe eigentum einkommen einkommens einwohner eltern empfänger energie entgelt entscheidung erklärung erlaubnis
		ersatz erziehung fach fahr fahrzeug familie familien fest feuer finanz flüchtling förder förderung form formular frauen freizeit frist führer führung gebiet gebühr gebühren geburt geburts gefahr geld gemeinde genehmigung gericht
		gerichts gesetz gesetz gesundheit gesundheits gewerbe gruppe grund grundstück halte handel haus haushalt haushalts heim heizung hilfe hilfs hoch hof hund hunde hunde steuer jahr jahres jugend karte kassen kennzeichen kind kinder klage
		kommission konto kosten kranken kreis kunden kurs land landes leben lebens lehrer leistung leistungs leiter lohn liste markt maß maßnahme meister meldung melde bescheinigung miete mieter mit mitteilung mitglied monat museum müll mutter nach nachbar
		nachweis name nummer öffentlichkeit öffnung öffnungs ordnung ordnungs ort park parkplatz partei personal personen pflege pflicht plan platz planung polizei post preis prüfung prüfungs rat raum recht rechts register reise rente renten
		rechnung sache schaden schein schul schule schüler schutz schwerbehinderten selbst senioren sicherheit sicherheits sitzung sitzungs sozial sport sprache sprach stadt stand standes stelle stellen steuer straße straßen strom student studien stück stunde
		tag tages teil termin tier träger trennung umwelt umzug unfall unterhalt unterkunft unterlagen unterricht unterschrift unterstützung urkunde urlaub urlaubs verband verein verfahren verfahrens verkehr verkehrs vermögen versammlung versicherung versicherungs
		versorgung vertrag verwaltung verwaltungs verwendung vor vorlage vorschlag wahl waffen wasser weg weiter werk wert wesen widerspruch widerspruchs wirtschaft wirtschafts woche wohn wohngeld wohnung wohnungs zahlung zahlungs zeit zentrum zimmer zone zug
		zulassung zulassungs zusage zuschuss zustimmung zustellung zuständigkeit zuständigkeits zweck schlag ausweis inhaber halter anlage begleitung lehre lernen vereinbarung bewilligungs bearbeitung bearbeitungs beratung beratungs beteiligung beteiligungs
		benutzung benutzungs entsorgung erhebung ermittlung feststellung genehmigungs haftung haftpflicht kontrolle nutzung nutzungs organisation veranstaltung veranstaltungs vergabe vollstreckung vertretung grundsatz richtlinie richtlinien sonder satzung
		sachbearbeiter sachbearbeiterin bearbeiter mitarbeiter mitarbeiterin vertreter zuschlag zuschläge säumnis mahn mahnung mindest höchst betreuung betreuungs kita tagesstätte stätte garten einrichtung eingliederung eingliederungs integration integrations`) {
		parts[w] = true
	}
}

// parts are words that compounds of offices are made of, with their linking letter.
var parts = map[string]bool{}

// hyphenated suggests a compound with a hyphen at the seam nearest its middle, and
// the same with a middle dot, or nothing where the parts are not known.
func hyphenated(w string) string {
	low := strings.ToLower(w)
	best := -1
	if len(w) > 60 {
		low = ""
	}
	for i := range low {
		if i < 3 || len(low)-i < 3 || len(low) != len(w) {
			continue
		}
		if part(low[:i]) && part(low[i:]) && (best < 0 || abs(2*i-len(low)) < abs(2*best-len(low))) {
			best = i
		}
	}
	if best < 0 {
		return "Teilen oder umschreiben."
	}
	second := []rune(w[best:])
	return "Besser: " + w[:best] + "-" + strings.ToUpper(string(second[:1])) + string(second[1:]) + " oder " + w[:best] + "·" + w[best:] + "."
}

// part reports whether a word is known, or made of known ones.
func part(w string) bool {
	if parts[w] {
		return true
	}
	for _, end := range []string{"s", "es", "n", "en", "er", "e"} {
		if rest, ok := strings.CutSuffix(w, end); ok && parts[rest] {
			return true
		}
	}
	for i := 3; i+3 <= len(w); i++ {
		if parts[w[:i]] && part(w[i:]) {
			return true
		}
	}
	return false
}

func abs(n int) int { return max(n, -n) }
