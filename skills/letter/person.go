package letter

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

var (
	addressWord = lazy.New(`(?i)^(?:(frau|fr\.|mrs\.?|ms\.?)|(herrn?|hr\.|mr\.?))\s+`)
	titles      = lazy.New(`^(?:Prof(?:\.|\s|essor(?:in)?\s)|PD\s|D[rR](?:\.|\s)|Dres\.)\s*(?:(?:h\. ?c\.|e\. ?h\.|med\.?|dent\.?|vet\.?|jur\.?|iur\.?|rer\.?|nat\.?|pol\.?|oec\.?|phil\.?|theol\.?|habil\.?|mult\.?|-?Ing\.)\s+)*`)
	degrees     = lazy.New(`^(?:(?:Dipl\.[\pL.-]*|Dipl-[\pL.-]*|Mag\.|Ing\.|Ass\.(?: ?jur\.)?|RAin|RA|StBin|StB|[iI]\. ?[AV]\.)(?:\s?\([A-Z]{2}\))?\s+)+|,?\s*(?:M\.?\s?A\.?|B\.?\s?A\.?|M\.?\s?Sc\.?|B\.?\s?Sc\.?|LL\.?\s?M\.?|MBA|Ph\.?\s?D\.?|MdB|MdL)$`)
	company     = bounded(`gmbh|mbh|ag|kg|ohg|gbr|ug|se|e\.?\s?v\.?|e\.?\s?g\.?|ltd|inc|llc|verein|verband|stiftung|kanzlei|rechtsanwälte|rechtsanwaltskanzlei|anwaltskanzlei|partgmbb|hausverwaltung|praxis|schule|gymnasium|kita|notariat|stadt|gemeinde|landkreis|kreis|amt|behörde|ministerium|gericht|team|service|support|büro|sekretariat|redaktion|versicherung|bank|sparkasse|jobcenter|info|kontakt|office|poststelle|verwaltung|personalrat|feuerwehr|polizei|\pL+gericht|\pL*anwaltschaft|\pL+ministerium|\pL+verwaltung|turnverein|sportverein|(?:land(?:rats)?|sozial|jugend|finanz|ordnungs|bau|gesundheits|standes|bürger|haupt|zoll|einwohnermelde)amt|\pL+amt$`)
	// trade matches organisations by what they are. "Carla Neuhaus, Anzeiger" is a person.
	trade = bounded(`\pL*(?:initiative|gesellschaft|genossenschaft|gemeinschaft|gemeinde|kirche|pfarramt|fraktion|beirat|kammer|innung|gewerkschaft|hochschule|universität|klinik|klinikum|krankenhaus|pflegedienst|dienst|museum|theater|bibliothek|bücherei|verlag|zeitung|anzeiger|heim|werkstatt|autohaus|apotheke|hotel|restaurant|gasthof|gasthaus|café|cafe|pizzeria|imbiss|salon|agentur|studio|atelier|shop|handel|handlung|betrieb|zentrum|institut|abrechnung|club|geschäftsstelle|vorstand|sekretariat|systems?|solutions|consulting|group|holding|spedition|reisen|immobilien|elektro|sanitär|technik)|\pL{2,}(?:erei|verein|werke)`)
	// lettered matches clubs and the like that are known by their letters: "TSV Auental".
	// The letters of a person's first names have vowels, or are two.
	lettered   = lazy.New(`^(?:[B-DF-HJ-NP-TV-XZ]{3,5}|TV|SV|FC|SC|SG|FV|TuS|TuRa|Vf[BLR]|SpVgg|AWO|NABU|BUND|ADAC|ADFC|ASB|ASV|ESV|IHK|CDU|CSU)[ -](?:\S+ )*?\p{Lu}\pL*\p{Ll}`)
	profession = lazy.New(`^(Rechtsanwalt|Rechtsanwält(in)|Notar(in)?|Steuerberater(in)?|Architekt(in)?|Pfarrer(in)?)\s+`)
	noble      = lazy.New(`(?i)^(?:(freifrau|gräfin|baronin|prinzessin|fürstin)|(freiherr|graf|baron|prinz|fürst)) (?:von|vom|zu|zum|zur|van)\b`)
	familyName = lazy.New(`(?i)^(?:familie|fam\.)\s+`)
	spouses    = lazy.New(`(?i)^(?:eheleute|ehepaar)\s+`)
	nickname   = lazy.New(`\d|^\p{Ll}[^ ]*$`)
	and        = lazy.New(`\s+(?:und|u\.|&|\+|and)\s+`)
)

// bounded matches whole words. To \b a letter that is no ASCII is none, and "Röse" would
// end in the word "se".
func bounded(words string) *lazy.Regexp {
	return lazy.New(`(?i)(?:^|[^\pL\pN])(?:` + words + `)(?:$|[^\pL\pN])`)
}

var particles = map[string]bool{"von": true, "vom": true, "van": true, "de": true, "der": true, "den": true, "zu": true, "zum": true, "zur": true, "da": true, "di": true,
	"del": true, "della": true, "dos": true, "du": true, "la": true, "le": true, "el": true, "al": true, "bin": true, "ibn": true, "ten": true, "ter": true, "af": true,
	"freiherr": true, "freifrau": true, "graf": true, "gräfin": true, "baron": true, "baronin": true, "prinz": true, "prinzessin": true, "fürst": true, "fürstin": true}

// parsePerson takes a name apart as a mail program or a signature shows it.
func parsePerson(name string) Person {
	name = strings.Join(strings.Fields(strings.Trim(name, ` "'*,;`)), " ")
	if i := strings.IndexAny(name, "(<["); i > 0 {
		p := parsePerson(name[:i])
		p.addressedAs(name[i:])
		return p
	}
	if name == "" || strings.Contains(name, "@") || nickname.MatchString(name) && !company.MatchString(name) {
		return Person{}
	}
	if familyName.MatchString(name) {
		last := familyName.ReplaceAllString(name, "")
		return Person{Name: "Familie " + last, Last: last, Family: true}
	}
	before, _, comma := strings.Cut(name, ", ")
	if company.MatchString(name) || lettered.MatchString(name) || trade.MatchString(name) && !(comma && full(before) && !trade.MatchString(before)) {
		return Person{Name: degrees.ReplaceAllString(name, ""), Company: true}
	}
	name = spouses.ReplaceAllString(name, "")
	if parts := and.Split(vonUndZu.ReplaceAllString(name, "$1+$2"), -1); len(parts) == 2 && parts[0] != "" && parts[1] != "" {
		if p, ok := couple(parts[0], parts[1]); ok {
			return p
		}
	}
	return single(name)
}

// inBrackets matches how somebody wants to be addressed, behind the name.
var inBrackets = lazy.New(`(?i)^[(\[]\s*(?:(frau|fr\.?|mrs\.?|ms\.?|miss|she ?/ ?her(?: ?/ ?hers)?|sie ?/ ?ihr)|(herr|hr\.?|mr\.?|he ?/ ?him(?: ?/ ?his)?|er ?/ ?ih[mn]))\s*[)\]]`)

// addressedAs takes the gender that stands in brackets behind a name: "(Mrs)", "(er/ihm)".
func (p *Person) addressedAs(brackets string) {
	if m := inBrackets.FindStringSubmatch(brackets); m != nil && p.Last != "" && p.Gender == "" && p.Second == nil && !p.Family && !p.Company {
		p.Gender, p.Why = genderOf(m), byName
	}
}

// vonUndZu is one name, not two; its "und" is a "+" while a name is taken apart.
var vonUndZu = lazy.New(`(?i)\b(von|v\.) und (zu)\b`)

// couple reads "Petra und Hans Müller", "Petra Müller und Hans Schmidt", "Herr
// und Frau Müller".
func couple(a, b string) (Person, bool) {
	second := single(b)
	if second.Last == "" {
		return Person{}, false
	}
	bare := addressWord.FindStringSubmatch(a + " ")
	first := single(a)
	switch {
	case bare != nil && strings.TrimSpace(strings.TrimPrefix(a+" ", bare[0])) == "":
		first = Person{Name: second.Last, Last: second.Last, Gender: genderOf(bare), Why: byName}
	case first.Last == "":
		if first.First == "" && strings.Contains(first.Name, " ") {
			return Person{}, false
		}
		first.First, first.Last = first.Name, second.Last
		first.Name += " " + second.Last
	}
	first.Second = &second
	return first, true
}

var bySignature = document.Text{DE: "laut Unterschrift", EN: "by the signature"}

var byName = document.Text{DE: "laut Absendername", EN: "by the sender's name"}

func genderOf(m []string) string {
	if m[1] != "" {
		return "f"
	}
	return "m"
}

func single(name string) Person {
	var p Person
	if m := addressWord.FindStringSubmatch(name); m != nil {
		p.Gender, p.Why = genderOf(m), byName
		name = name[len(m[0]):]
	}
	name = takeTitles(&p, takeProfession(&p, name))
	last, first, ok := strings.Cut(name, ", ")
	switch {
	case !ok || strings.Contains(first, ","):
	case full(last) && full(first): // "Carla Neuhaus, Musterstädter Anzeiger"
		name = last
	default:
		name = takeTitles(&p, strings.TrimSpace(first)) + " " + last
	}
	name = strings.TrimSpace(degrees.ReplaceAllString(degrees.ReplaceAllString(name, ""), ""))
	name = strings.ReplaceAll(name, "+", " und ")
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = unshout(w, len(words))
	}
	p.Name = strings.Join(words, " ")
	switch {
	case len(words) == 1 && (p.Gender != "" || p.Title != ""):
		p.Last = words[0]
	case len(words) > 1:
		at := len(words) - 1
		for i := 0; i < len(words)-1; i++ {
			if particles[strings.ToLower(words[i])] && (i > 0 || p.Gender != "" || p.Title != "") {
				at = i
				break
			}
		}
		p.First, p.Last = strings.Join(words[:at], " "), strings.Join(words[at:], " ")
	}
	if m := noble.FindStringSubmatch(p.Last); m != nil && p.Gender == "" {
		p.Gender, p.Why = genderOf(m), document.Text{DE: "laut Namen", EN: "by the name"}
	}
	return p
}

// full says whether a text is a first and a last name, not a last name with
// particles.
func full(name string) bool {
	words := strings.Fields(name)
	return len(words) > 1 && !particles[strings.ToLower(words[0])]
}

// takeProfession takes "Rechtsanwältin" off a name. Only the feminine form says
// who it is: women use the other one too.
func takeProfession(p *Person, name string) string {
	m := profession.FindStringSubmatch(name)
	if m == nil {
		return name
	}
	if strings.HasSuffix(m[1], "in") && p.Gender == "" {
		p.Gender, p.Why = "f", document.Text{DE: "laut Berufsbezeichnung", EN: "by the profession"}
	}
	return name[len(m[0]):]
}

// takeTitles moves doctor's and professor's titles from a name to the person.
// Two doctorates are addressed as one.
func takeTitles(p *Person, name string) string {
	prof, dr := strings.Contains(p.Title, "Prof."), strings.Contains(p.Title, "Dr.")
	for {
		name = strings.TrimSpace(degrees.ReplaceAllString(name, ""))
		m := titles.FindString(name)
		if m == "" {
			break
		}
		prof = prof || strings.HasPrefix(m, "Prof")
		dr = dr || strings.HasPrefix(strings.ToLower(m), "dr")
		name = strings.TrimSpace(name[len(m):])
	}
	p.Title = ""
	if prof {
		p.Title = "Prof."
	}
	if dr {
		p.Title = strings.TrimSpace(p.Title + " Dr.")
	}
	return name
}

// unshout brings "WIECZOREK" to "Wieczorek"; short words and single names stay.
func unshout(w string, of int) string {
	r := []rune(w)
	if of < 2 || len(r) < 3 || strings.ToUpper(w) != w || strings.ToLower(w) == w {
		return w
	}
	up := true
	for i, c := range r {
		if !up {
			r[i] = unicode.ToLower(c)
		}
		up = c == '-' || c == '\''
	}
	return string(r)
}

// sender returns the person that the head of a letter names, or its form.
func (l *Letter) sender() Person {
	var p Person
	if len(l.Head.From) > 0 {
		p = parsePerson(l.Head.From[0].Name)
		if len(l.Head.From) == 2 && l.Head.From[1].Email != "" && p.Second == nil && p.Last != "" && !p.Company && !p.Family {
			if q := parsePerson(l.Head.From[1].Name); q.Last != "" && !q.Company && !q.Family && q.Second == nil {
				p.Second = &q
			}
		}
		if noReply(l.Head.From[0].Email) {
			p = Person{}
			if len(l.To) > 0 { // a portal writes for a person
				p = parsePerson(l.To[0].Name)
			}
		}
		if p.Gender == "" && l.gender != "" {
			p.Gender, p.Why = l.gender, document.Text{DE: "laut Formular", EN: "by the form"}
		}
	}
	return p
}

// author finds out who wrote the letter and how to address them.
func (l *Letter) author() {
	p := l.sender()
	s := signer(l.Signature)
	switch {
	case s.Name == "":
	case s.Second != nil && p.Second != nil && s.Second.Last == p.Second.Last && s.Gender+s.Second.Gender == "":
		// "Mr. and Mrs. Smith": whose is whose makes no difference to a salutation.
		s.Gender, s.Why, s.Second.Gender, s.Second.Why = p.Gender, p.Why, p.Second.Gender, p.Second.Why
		p = s
	case p.Last == "" || s.Second != nil || s.Family:
		p = s
	case sameWords(s.Name, p.Name):
		// "Nowak Jan" is Jan Nowak.
		if s.Gender != "" && p.Gender == "" {
			p.Gender, p.Why = s.Gender, s.Why
		}
		if p.Title == "" {
			p.Title = s.Title
		}
	case p.Second != nil && (sameFirst(s, p) || sameFirst(s, *p.Second)):
		// Both wrote, one has signed.
	case s.First == "" && strings.EqualFold(s.Last, p.Last) && s.Gender == "":
		// "Dr. Behrens" says less than the sender's name.
	case !strings.EqualFold(lastWord(s.Last), lastWord(p.Last)):
		l.warn("signer", "Unterschrieben hat "+s.Name+", Absender der Mail ist "+p.Name+". Die Anrede folgt der Unterschrift.",
			"Signed by "+s.Name+", sent by "+p.Name+". The salutation follows the signature.")
		p = s
	case strings.EqualFold(s.First, p.First) || p.First == "":
		if p.Gender != "" && s.Gender == "" {
			s.Gender, s.Why = p.Gender, p.Why
		}
		if s.Title == "" {
			s.Title = p.Title
		}
		p = s
	case s.First != "" && !sameFirst(s, p) && !shortFirst(s.First, p.First):
		l.warn("signer", "Unterschrieben hat "+s.Name+", Absender der Mail ist "+p.Name+". Die Anrede folgt der Unterschrift.",
			"Signed by "+s.Name+", sent by "+p.Name+". The salutation follows the signature.")
		p = s
	}
	if p.Last != "" && !p.Family && !p.Company {
		l.evidence(&p)
		if p.Second != nil {
			l.evidence(p.Second)
		}
	}
	l.Person = p
}

func lastWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}

// evidence looks for "Frau …" or "Herr …" before the person's own name: in the
// signature, in the letter (with the first name only: "Frau Müller" there may be
// an official of the same name), and in the files. If both occur, nothing is
// said.
func (l *Letter) evidence(p *Person) {
	if p.Gender != "" {
		return
	}
	re, err := regexp.Compile(`(?:^|[^\pL])((?:[mdsMDSiI]eine[rnms]?|[iI]hre[rnms]?) )?(Frau|Fr\.|Ms\.?|Mrs\.?|Herrn?|Hr\.|Mr\.?)\s+(?:(?:Prof|Dr|Dipl)[\pL.-]*\s+)*((?:\p{Lu}[\pL'.-]+\s+){0,3}?)(?i:` + regexp.QuoteMeta(p.Last) + `)(?:$|[^\pL-])`)
	if err != nil {
		return
	}
	look := func(text string, strict bool) (f, m bool) {
		for _, hit := range re.FindAllStringSubmatch(quote.Clip(text, 200_000), 50) {
			first := strings.TrimSpace(hit[3])
			if hit[1] != "" || (first == "" && strict) || (first != "" && !strings.EqualFold(first, p.First) && (strict || !initial(first, p.First))) {
				continue
			}
			if hit[2][0] == 'F' || strings.HasPrefix(hit[2], "Ms") || strings.HasPrefix(hit[2], "Mrs") {
				f = true
			} else {
				m = true
			}
		}
		return f, m
	}
	set := func(f, m bool, why document.Text) bool {
		if f == m {
			return f // both: stop looking, nothing is said
		}
		p.Gender, p.Why = "m", why
		if f {
			p.Gender = "f"
		}
		return true
	}
	f, m := look(l.Signature, false)
	if set(f, m, bySignature) || l.feminine(p) {
		return
	}
	if len(l.Head.From) > 0 { // "Landratsamt, Frau Meier"
		if f, m = look(l.Head.From[0].Name, false); set(f, m, byName) {
			return
		}
	}
	f, m = look(l.Body, true)
	if set(f, m, document.Text{DE: "laut Mail", EN: "by the mail"}) {
		return
	}
	for _, file := range l.Files {
		if file.Doc == nil || p.Second != nil {
			continue
		}
		for _, page := range file.Doc.Pages {
			if f, m := look(page.Text, false); f || m {
				set(f, m, pageOf(file.Doc, page.N, "laut ", "by "))
				return
			}
		}
	}
}

// pageOf names a page of a file: "laut Bescheid, S. 1".
func pageOf(d *document.Document, n int, de, en string) document.Text {
	name := called(d.Name)
	if len(d.Pages) == 0 || (len(d.Pages) == 1 && d.Type != "application/pdf") {
		return document.Text{DE: de + name, EN: en + name}
	}
	return document.Text{DE: de + name + ", S. " + strconv.Itoa(n), EN: en + name + ", p. " + strconv.Itoa(n)}
}

// Salutation returns the first line of a reply, with its comma, in German or,
// if language is "en", in English. Without evidence of the gender it uses first
// and last name.
func (p Person) Salutation(language string) string {
	english := language == "en"
	switch {
	case p.Family && english:
		return "Dear " + strings.TrimPrefix(p.Name, "Familie ") + " family,"
	case p.Family:
		return "Sehr geehrte " + p.Name + ","
	case p.Name == "" || p.Company:
		if english {
			return "Dear Sir or Madam,"
		}
		return "Sehr geehrte Damen und Herren,"
	}
	line := p.greet(english, false)
	if p.Second != nil {
		if p.Gender == "" || p.Second.Gender == "" {
			first := p.full()
			if p.Last == p.Second.Last && p.First != "" && p.Title == "" && p.Second.Title == "" {
				first = p.First // "Petra und Hans Müller"
			}
			line = "Guten Tag " + first + " und " + p.Second.full()
			if english {
				line = "Dear " + first + " and " + p.Second.full()
			}
		} else if p.Second.Gender == "f" && p.Gender == "m" {
			line = p.Second.greet(english, false) + ", " + p.greet(english, true)
		} else {
			line += ", " + p.Second.greet(english, true)
		}
		if english && p.Gender != "" && p.Second.Gender != "" {
			line = strings.Replace(line, ", Dear ", " and ", 1)
		}
	}
	return line + ","
}

func (p Person) full() string { return strings.TrimSpace(p.Title + " " + p.Name) }

func (p Person) greet(english, again bool) string {
	name := strings.TrimSpace(p.Title + " " + p.Last)
	count := p.Title == "" && noble.MatchString(p.Last) // "Sehr geehrter Graf von …"
	if english {
		switch {
		case count:
			return "Dear " + p.full()
		case p.Title != "" && p.Last != "":
			return "Dear " + strings.ReplaceAll(name, "Dr.", "Dr")
		case p.Gender == "f":
			return "Dear Ms " + name
		case p.Gender == "m":
			return "Dear Mr " + name
		}
		return "Dear " + p.full()
	}
	start := "S"
	if again {
		start = "s"
	}
	mrs, mr := "ehr geehrte Frau ", "ehr geehrter Herr "
	if count {
		mrs, mr = "ehr geehrte ", "ehr geehrter "
	}
	switch p.Gender {
	case "f":
		return start + mrs + name
	case "m":
		return start + mr + name
	}
	return "Guten Tag " + p.full()
}
