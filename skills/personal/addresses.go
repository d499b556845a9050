package personal

import (
	"regexp"
	"slices"
	"strings"

	"amtsbote/skills/facts"
)

const (
	houseNumber = `(\d{1,3}(?:/\d{1,3})?(?: ?[a-z]\b)?(?:[-–]\d{1,3}[a-z]?)?)`
	// wayEnd are ends of names of streets.
	wayEnd = `(?:straße|strasse|str\.?|allee|platz|weg|gasse|chaussee|damm|ufer|ring|stieg|kamp|markt|wall|pfad|steig|graben|twiete|brücke|redder|reihe|deich|promenade|kai|zeile|siedlung|gang|hof|berg|feld|garten|winkel|freiheit|park|tor|höhe|heide|grund|anger|bogen|terrasse|passage|insel|wiesen?|eck)`
)

var (
	// street is a street by its end: "Sonnenallee 12", "Große Freiheit 36".
	street = regexp.MustCompile(`(?:(?:Alte[rsn]?|Neue[rsn]?|Große[rsn]?|Gr\.|Kleine[rsn]?|Kl\.|Lange[rsn]?|Obere[rsn]?|Untere[rsn]?|Hohe[rsn]?|Breite[rsn]?|Am|Im|Zum|Zur|An der|Auf der|In der|St\.-?|[A-ZÄÖÜ][\pL]+er) )?[A-ZÄÖÜ][\pL.-]*` + wayEnd + ` ` + houseNumber)
	// capitalStreet is one in two words that ends in a street word: "Lange Straße".
	capitalStreet = regexp.MustCompile(`[A-ZÄÖÜ][\pL.-]+ (?:Straße|Strasse|Str\.|Allee|Platz|Weg|Gasse|Chaussee|Damm|Ufer|Ring|Stieg|Kamp|Markt|Wall|Pfad|Graben|Berg|Freiheit|Park|Reihe|Postweg|Landstraße|Heerstraße|Kirchweg|Bahnhofstraße) ` + houseNumber)
	// placed is a street that begins with a preposition, and "Straße der Einheit".
	placed  = regexp.MustCompile(`(?:Am|Im|Zum|Zur|Beim|An der|An den|Auf der|Auf dem|In der|In den|Unter den|Unter der|Vor dem|Vor der|Hinter der|Hinter dem|Bei der|Über der|Straße des|Straße der|Platz der|Platz des|Allee der|Allee des|Weg der) ((?:\d{1,2}\. )?[A-ZÄÖÜ][\pL-]+(?: [A-ZÄÖÜ][\pL-]+)?) ` + houseNumber)
	postBox = regexp.MustCompile(`^(?:Postfach|PF|P\.O\. Box|PO Box)\.? ?(?:\d{1,3} ?){1,4}`)
	// placeLine is a postcode and a town behind a word of a form.
	placeLine = regexp.MustCompile(`^(?i:PLZ|Postleitzahl|Ort|Wohnort|wohnhaft|Anschrift|Adresse)[^\d\n]{0,20}?[:| ] ?((?:D-|DE-)?\d{5} [A-ZÄÖÜ][\pL.-]+(?:(?: am| an der| im| in der| ob der| vor der|/)? ?\(?[A-ZÄÖÜ][\pL.-]+\)?)?)`)
	// townNote tells towns of one name apart: "Frankfurt (Oder)".
	townNote   = regexp.MustCompile(`^ \([A-ZÄÖÜ][\pL. ]+\)`)
	endsInTown = regexp.MustCompile(`\d{5} [\pL. -]+$`)
	// notPlaced are words that a number follows and that are no street.
	notPlaced = regexp.MustCompile(`^(?:Jahr|Jahre|Raum|Kapitel|Abschnitt|Punkt|Fall|Monat|Tag|Absatz|Teil|Zimmer|Haus|Gebäude|Termin|Sitzung|Anlage|Seite|Tabelle|Satz|Artikel|Nummer|Ziffer|Zeitraum|Quartal|Halbjahr|Alter|Umfang|Bereich|Stand|Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Schalter|Amt|Referat|Abteilung|Blatt|Flur|Los|Top|TOP|Frühjahr|Sommer|Herbst|Winter|Schuljahr|Klasse|Gruppe|Stufe|Position|Zeile|Spalte|Version|Version|Bus|Linie|Gleis|Ausgang|Stock|Kreis|Betrag|Wert|Preis|Zeit|Rate)`)
	notWay    = regexp.MustCompile(`(?i)(?:bahnhof|schulhof|vorgang|zugang|ausgang|eingang|umgang|lehrgang|jahrgang|rundgang|übergang|abgang|rückgang|nachgang|innenhof|gerichtshof|friedhof|arbeitsplatz|spielplatz|stellplatz|sportplatz|parkplatz|schwimmring|fachmarkt|supermarkt|wochenmarkt|arbeitsmarkt|kindergarten|fuhrpark|abhang|beleg|umfeld|handlungsfeld|datenfeld|anweg|betrag|weg|ring|hof|berg|park|tor|grund|insel|feld|garten|gang|platz|markt|reihe|kai|eck|pfad|heide|wiese|wiesen|monitor|faktor|direktor|sektor|motor|autor|vektor|senator|hintergrund|untergrund|wintergarten|tiergarten|beweg|hering|nebeneingang|einsatzgrund|ursprung|ablehnungsgrund|rechtsgrund|versagungsgrund)$`)
	unitAfter = regexp.MustCompile(`^\s?(?:Euro|EUR|€|%|Uhr|Prozent|Personen|Stück|km|m²|qm|Meter|Jahre|Tage|Stunden|Minuten|Monate|Wochen|[.:]\d)`)
)

// addresses takes streets with numbers, post boxes, postcodes with towns, and
// joins what stands together.
func (s *scan) addresses() {
	type span struct{ start, end int }
	var spans []span
	for _, f := range s.facts {
		if f.Kind == facts.Address {
			spans = append(spans, span{f.Start, f.End})
		}
	}
	put := func(start, end int) {
		if end < len(s.text) && (alnum(s.text[end]) || unitAfter.MatchString(s.text[end:min(len(s.text), end+12)])) || !s.wordStart(start) || start > 0 && alnum(s.text[start-1]) {
			return
		}
		spans = append(spans, span{start, end})
	}
	for i := range s.toks {
		w := s.window(i)
		if w == "" {
			continue
		}
		s.streetsIn(w, s.toks[i].end+maxHouse-len(w), put)
	}
	for _, t := range s.toks {
		rest := s.text[t.start:min(len(s.text), t.start+80)]
		switch strings.ToLower(t.word) {
		case "postfach", "pf", "p", "po":
			if m := postBox.FindStringIndex(rest); m != nil {
				put(t.start, t.start+len(strings.TrimRight(rest[:m[1]], " ")))
			}
		case "plz", "postleitzahl", "ort", "wohnort", "wohnhaft", "anschrift", "adresse":
			if m := placeLine.FindStringSubmatchIndex(rest); m != nil {
				put(t.start+m[2], t.start+m[3])
			}
		}
	}
	slices.SortFunc(spans, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	for i := 0; i < len(spans); {
		start, end := spans[i].start, spans[i].end
		for i++; i < len(spans) && (spans[i].start <= end || joins(s.text[end:spans[i].start])); i++ {
			end = max(end, spans[i].end)
		}
		if m := townNote.FindString(s.text[end:min(len(s.text), end+40)]); m != "" && endsInTown.MatchString(s.text[start:end]) {
			end += len(m)
		}
		s.add(Address, start, end, addressNorm(s.text[start:end]), true)
	}
}

// maxStreet and maxHouse are how many bytes of a street's name and of its number
// are read.
const maxStreet, maxHouse = 72, 16

// window returns the text around a house number behind token i, which ends
// maxHouse bytes behind the token or with the text padded to there; "" if no
// number of up to three digits stands behind a capitalised word or "str.".
func (s *scan) window(i int) string {
	t := s.toks[i]
	if !t.upper && !strings.HasPrefix(t.word, "str") {
		return ""
	}
	at := t.end
	if strings.HasPrefix(s.text[at:], ".") {
		at++
	}
	n := 0
	for at+1+n < len(s.text) && n < 4 && '0' <= s.text[at+1+n] && s.text[at+1+n] <= '9' {
		n++
	}
	if n == 0 || n > 3 || s.text[at] != ' ' {
		return ""
	}
	start := max(0, t.start-maxStreet, s.lineStart(t.start))
	end := t.end + maxHouse
	if end > len(s.text) {
		return s.text[start:] + strings.Repeat("\n", end-len(s.text))
	}
	return s.text[start:end]
}

// streetsIn finds streets in a window that begins at a byte of the text.
func (s *scan) streetsIn(w string, at int, put func(start, end int)) {
	for _, m := range street.FindAllStringSubmatchIndex(w, -1) {
		word := strings.TrimSpace(w[m[0]:m[2]])
		if !notWay.MatchString(word) || strings.Contains(word, " ") && !notWay.MatchString(strings.ToLower(word[strings.LastIndexByte(word, ' ')+1:])) {
			put(at+m[0], at+m[1])
		}
	}
	for _, m := range capitalStreet.FindAllStringIndex(w, -1) {
		put(at+m[0], at+m[1])
	}
	for _, m := range placed.FindAllStringSubmatchIndex(w, -1) {
		if !notPlaced.MatchString(w[m[2]:m[3]]) && s.streetEnd(at+m[1]) {
			put(at+m[0], at+m[1])
		}
	}
}

// streetEnd reports whether an address may end at i: at a line, a mark, a word in
// small letters.
func (s *scan) streetEnd(i int) bool {
	rest := strings.TrimLeft(s.text[i:min(len(s.text), i+8)], " ")
	if rest == "" {
		return true
	}
	return strings.ContainsRune("\n,;.)|(·", rune(rest[0])) || 'a' <= rest[0] && rest[0] <= 'z' || strings.HasPrefix(rest, "·")
}

// joins reports whether a gap is one inside an address.
func joins(gap string) bool {
	return len(gap) <= 6 && strings.Trim(gap, " ,·|\n\t\u00a0") == "" && strings.Count(gap, "\n") < 2
}

var addressFolder = strings.NewReplacer("straße", "str", "strasse", "str", "str.", "str", "ß", "ss", "ä", "ae", "ö", "oe", "ü", "ue")

func addressNorm(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",·|\n", r) })
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(addressFolder.Replace(strings.ToLower(l))), "")
	}
	return strings.Join(lines, ", ")
}

// joinAddresses gives a street that stands alone the Norm of the only address
// that begins with it.
func joinAddresses(all [][]Finding) {
	full := map[string]string{}
	for _, found := range all {
		for _, f := range found {
			if first, _, more := strings.Cut(f.Norm, ", "); f.Kind == Address && more {
				if have, ok := full[first]; ok && have != f.Norm {
					full[first] = ""
				} else {
					full[first] = f.Norm
				}
			}
		}
	}
	for _, found := range all {
		for i, f := range found {
			if f.Kind == Address && full[f.Norm] != "" {
				found[i].Norm = full[f.Norm]
			}
		}
	}
}
