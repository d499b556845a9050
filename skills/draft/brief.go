package draft

import (
	"fmt"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/letter"
)

// A brief is what the colleague reads of one letter.
type brief struct {
	letter   *letter.Letter
	task     bots.Task
	note     string // the colleague's own words
	wish     wish   // what rules understood of them
	unproven string // a note above the letter whose sender nobody has verified
	cfg      Config
	zone     *time.Location
	several  bool        // one of several of the same mail
	draft    *bots.Draft // nil: there is none; why says why
	why      document.Text
	gaps     int
	marks    int             // **[bitte prüfen: …]** in the draft
	byModel  bool            // the middle part is a model's
	summary  string          // by the model, for the colleague
	coverage []document.Text // what of long files the model saw
	warnings []document.Text // of the making of the draft
	calendar []bots.File     // of its terms
	german   [2]string       // the letter and the draft in German; "" where they are or no model could say
}

func (b *brief) warn(de, en string) {
	b.warnings = append(b.warnings, document.Text{DE: de, EN: en})
}

func (b *brief) in(t time.Time) time.Time {
	if b.zone == nil || t.IsZero() {
		return t
	}
	return t.In(b.zone)
}

// say chooses a language.
type say string

func (s say) of(de, en string) string {
	if s == "en" {
		return en
	}
	return de
}

func (s say) text(t document.Text) string { return bots.Text(t).In(string(s)) }

// write writes the briefs of one message as CommonMark. Several are numbered.
func write(briefs []brief, language string) string {
	s := say(language)
	var parts []string
	for i := range briefs {
		briefs[i].several = len(briefs) > 1
		text := briefs[i].write(s)
		if len(briefs) > 1 {
			text = fmt.Sprintf("## %d. ", i+1) + heading(briefs[i].letter, s) + "\n\n" + text
		}
		parts = append(parts, text)
	}
	if len(briefs) > 1 {
		if briefs[0].unproven != "" {
			parts = append([]string{briefs[0].unprovenNote(s)}, parts...)
		}
		if note := briefs[0].noted(s); note != "" {
			parts = append([]string{note}, parts...)
		}
		parts = append([]string{s.of(fmt.Sprintf("**%d Briefe**, die Entwürfe liegen in dieser Reihenfolge bei.", len(briefs)), fmt.Sprintf("**%d letters**, the drafts are attached in this order.", len(briefs)))}, parts...)
	}
	return strings.Join(append(parts, foot(briefs, s)), "\n\n") + "\n"
}

func heading(l *letter.Letter, s say) string {
	h := s.text(l.KindText())
	if who := author(l); who != "" {
		h += " · " + esc(who)
	}
	return h
}

func author(l *letter.Letter) string {
	titled := func(p *letter.Person) string { return strings.TrimSpace(p.Title + " " + p.Name) }
	if l.Person.Second != nil {
		return titled(&l.Person) + ", " + titled(l.Person.Second)
	}
	if l.Person.Name != "" {
		return titled(&l.Person)
	}
	if len(l.Head.From) > 0 {
		return l.Head.From[0].Email
	}
	return ""
}

func (b *brief) write(s say) string {
	l := b.letter
	parts := []string{b.head(s)}
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			parts = append(parts, "**"+title+"**\n"+strings.Join(lines, "\n"))
		}
	}
	if b.summary != "" {
		parts = append(parts, esc(b.summary))
	}
	if note := b.noted(s); note != "" && !b.several {
		parts = append(parts, note)
	}
	verbatim := s.of(" (wörtlich)", " (verbatim)")
	if asked := b.asked(s); len(asked) > 0 {
		parts = append(parts, "**"+s.of("Was verlangt wird", "What is asked")+"**"+verbatim+"\n"+strings.Join(asked, "\n"))
	}
	if b.unproven != "" && !b.several {
		parts = append(parts, b.unprovenNote(s))
	}
	if l.Internal != "" {
		parts = append(parts, "**"+s.of("Vermerk aus dem Haus", "Note by colleagues")+"**"+s.of(" (nicht für die Antwort)", " (not for the reply)")+"\n"+quoted(l.Internal))
	}
	add(s.of("Termine und Fristen", "Dates and terms"), b.terms(s))
	if n := len(b.calendar); n > 0 {
		parts = append(parts, s.of(plural(n, "Als Kalenderdatei liegt bei: ", "Als Kalenderdateien liegen bei: "), plural(n, "Attached as a calendar file: ", "Attached as calendar files: "))+fileNames(b.calendar)+".")
	}
	add(s.of("Bitte prüfen", "Please check"), b.checks(s))
	if len(l.Files) > 0 {
		parts = append(parts, b.files(s))
	}
	parts = append(parts, b.inGerman(s)...)
	if rest := b.rest(s); rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(parts, "\n\n")
}

// head is the line of kind, author, numbers and receipt, and the one below it
// that says what lies by.
func (b *brief) head(s say) string {
	l := b.letter
	var items []string
	if !b.several { // else it stands in the heading
		items = append(items, "**"+s.text(l.KindText())+"**")
		if who := author(l); who != "" {
			items = append(items, esc(who))
		}
	}
	p := sie
	if s == "en" {
		p = english
	}
	for i, n := range l.Numbers {
		if i == 3 {
			break
		}
		short, _ := p.label(n.Cue)
		switch short { // whose it is depends on who reads
		case p.yours:
			short = s.of("Zeichen", "reference")
		case p.ours:
			short = s.of("unser Zeichen", "our reference")
		}
		items = append(items, short+" "+esc(n.Text))
	}
	switch {
	case !l.Received.IsZero():
		items = append(items, s.of("eingegangen ", "received ")+b.clock(l.Received, s))
	case !l.Head.Date.IsZero() && !l.Scan:
		items = append(items, s.of("gesendet ", "sent ")+b.clock(l.Head.Date, s))
	}
	if text := s.text(l.SignatureText()); text != "" {
		items = append(items, esc(text))
	}
	if len(items) == 0 {
		return b.lies(s)
	}
	return strings.Join(items, " · ") + "  \n" + b.lies(s)
}

func (b *brief) clock(t time.Time, s say) string {
	t = b.in(t)
	return facts.ShortDate(t, string(s)) + ", " + t.Format("15:04")
}

// lies says whether a draft lies by and which files could not be read.
func (b *brief) lies(s say) string {
	var out []string
	switch {
	case b.draft == nil:
		out = append(out, s.text(b.why))
	case b.gaps == 0:
		out = append(out, s.of("Entwurf liegt bei.", "A draft is attached."))
	default:
		out = append(out, s.of("Entwurf mit **"+count(b.gaps, "Lücke", "Lücken")+"** liegt bei.", "A draft with **"+count(b.gaps, "gap", "gaps")+"** is attached."))
	}
	if b.marks > 0 {
		out = append(out, s.of("**"+count(b.marks, "Angabe", "Angaben")+"** darin "+plural(b.marks, "steht", "stehen")+" in keiner Unterlage und "+plural(b.marks, "ist", "sind")+" zum Prüfen markiert.",
			"**"+count(b.marks, "detail", "details")+"** in it "+plural(b.marks, "stands", "stand")+" in no source and "+plural(b.marks, "is", "are")+" marked for checking."))
	}
	unread := 0
	for _, f := range b.letter.Files {
		if f.Doc == nil {
			unread++
		}
	}
	if n := len(b.letter.Files); unread > 0 {
		out = append(out, unreadLine(unread, n, s))
	}
	return strings.Join(out, " ")
}

func unreadLine(unread, n int, s say) string {
	switch {
	case n == 1:
		return s.of("**Die Anlage konnte nicht gelesen werden.**", "**The attachment could not be read.**")
	case unread == n:
		return s.of("**Keine der "+word(n, s)+" Anlagen konnte gelesen werden.**", "**None of the "+word(n, s)+" attachments could be read.**")
	case unread == 1:
		return s.of("**Eine von "+word(n, s)+" Anlagen konnte nicht gelesen werden.**", "**One of "+word(n, s)+" attachments could not be read.**")
	}
	w := word(unread, s)
	w = strings.ToUpper(w[:1]) + w[1:]
	return s.of("**"+w+" von "+word(n, s)+" Anlagen konnten nicht gelesen werden.**", "**"+w+" of "+word(n, s)+" attachments could not be read.**")
}

func (b *brief) asked(s say) []string {
	var lines []string
	for i, r := range b.letter.Requests {
		lines = append(lines, fmt.Sprintf("%d. %s (%s)", i+1, s.of("„"+esc(r.Quote)+"“", "“"+esc(r.Quote)+"”"), s.text(r.Where)))
	}
	if len(lines) == 0 && b.letter.Body != "" {
		lines = append(lines, s.of("Keine ausdrückliche Bitte erkannt. Der Brief beginnt: „", "No explicit request recognised. The letter begins: “")+esc(shorten(start(b.letter.Body), 200))+s.of("“", "”"))
	}
	return lines
}

// terms lists days and their reasons; a presumed one is always called a proposal.
func (b *brief) terms(s say) []string {
	var lines []string
	for _, t := range b.letter.Terms {
		what := esc(s.text(t.What))
		until := s.of("bis", "by") + " **" + facts.ShortDate(t.Day, string(s)) + "**"
		switch {
		case t.Day.IsZero():
			lines = append(lines, "- "+what+": "+starred(s.text(t.Assumption)))
		case t.Proposal:
			lines = append(lines, "- "+what+", *"+s.of("Rechenvorschlag", "proposal")+"*: "+until+". "+starred(s.text(t.Assumption)))
		default:
			line := "- " + what + " " + until
			if t.Quote != "" {
				line += ": " + s.of("„", "“") + esc(t.Quote) + s.of("“", "”")
			}
			lines = append(lines, line)
		}
		if !t.Claimed.IsZero() {
			lines = append(lines, "- "+b.claimed(t, s))
		}
	}
	return lines
}

func (b *brief) claimed(t letter.Term, s say) string {
	l := b.letter
	only, then := "", s.of("dann bis "+facts.ShortDate(t.Claimed, "de"), "then by "+facts.ShortDate(t.Claimed, "en"))
	same := t.Claimed.Equal(t.Day)
	switch {
	case same:
		then = s.of("das ergibt denselben Tag", "that gives the same day")
	case t.Claimed.After(t.Day) && !t.Day.IsZero():
		only = s.of("erst ", "only ")
	}
	line := s.of("Laut "+source(l, s)+" ging der Bescheid "+only+"am "+t.ClaimedOn.Format("02.01.2006")+" zu; "+then+".",
		"By the "+source(l, s)+" the notice arrived "+only+"on "+t.ClaimedOn.Format("2 January 2006")+"; "+then+".")
	got := l.Received
	if got.IsZero() {
		return line
	}
	got = b.in(got)
	end := func(d time.Time) time.Time {
		return time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, got.Location())
	}
	switch {
	case t.Day.IsZero():
	case same && got.Before(end(t.Day)):
		line += s.of(" Die Mail ging davor ein.", " The mail came before it.")
	case same:
		line += s.of(" Die Mail ging danach ein.", " The mail came after it.")
	case got.Before(end(t.Day)) && got.Before(end(t.Claimed)):
		line += s.of(" Die Mail ging vor beiden Tagen ein.", " The mail came before both days.")
	case !got.Before(end(t.Day)) && !got.Before(end(t.Claimed)):
		line += s.of(" Die Mail ging nach beiden Tagen ein.", " The mail came after both days.")
	default:
		line += s.of(" Die Mail ging zwischen beiden Tagen ein.", " The mail came between the two days.")
	}
	return line
}

func source(l *letter.Letter, s say) string {
	if l.Scan {
		return s.of("Schreiben", "letter")
	}
	return s.of("Mail", "mail")
}

// checks lists warnings of the letter, of its files and of the making.
func (b *brief) checks(s say) []string {
	var lines []string
	for _, w := range b.letter.Warnings {
		line := "- " + starred(s.text(w.Text))
		if w.Excerpt != "" {
			line += ": " + s.of("„", "“") + esc(shorten(w.Excerpt, 200)) + s.of("“", "”")
		}
		lines = append(lines, line)
	}
	for _, m := range b.letter.Missing {
		name := s.of("„"+esc(m.Name)+"“", "“"+esc(m.Name)+"”")
		if m.Name == "" {
			name = s.of("ein Anhang", "an attachment")
		}
		lines = append(lines, "- **"+s.of("Genannt, aber nicht beigefügt:", "Mentioned but not attached:")+"** "+name+" ("+s.text(m.Where)+").")
	}
	for _, w := range b.warnings {
		lines = append(lines, "- "+starred(s.text(w)))
	}
	return lines
}

// rest names what was left out, the evidence for the salutation, and what of
// long files a model saw.
func (b *brief) rest(s say) string {
	var out []string
	if n := b.letter.Logos; n > 0 {
		out = append(out, s.of("Übergangen: "+count(n, "Logo", "Logos")+" in der Signatur.", "Left out: "+count(n, "logo", "logos")+" in the signature."))
	}
	for p := &b.letter.Person; p != nil; p = p.Second {
		switch p.Gender {
		case "f":
			out = append(out, s.of("Anrede „Frau“ "+esc(p.Why.DE)+".", "“Frau” "+esc(p.Why.EN)+"."))
		case "m":
			out = append(out, s.of("Anrede „Herr“ "+esc(p.Why.DE)+".", "“Herr” "+esc(p.Why.EN)+"."))
		}
	}
	for _, c := range b.coverage {
		out = append(out, s.text(c))
	}
	return strings.Join(out, " ")
}

// foot says what made the briefs and that nothing was sent.
func foot(briefs []brief, s say) string {
	b := briefs[0]
	to := s.of("der absendenden Person", "the author")
	switch p := b.letter.Person; {
	case len(briefs) > 1:
		to = s.of("den Absendern", "the authors")
	case p.Second != nil:
	case p.Gender == "f":
		to = s.of("der Absenderin", to)
	case p.Gender == "m":
		to = s.of("dem Absender", to)
	}
	name := b.task.Bot.Name
	if name == "" {
		name = "Amtsbote"
	}
	made := s.of("Ohne Sprachmodell erstellt: Sätze wörtlich ausgewählt, Fristen nach festen Regeln berechnet.",
		"Made without a language model: sentences chosen verbatim, terms computed by fixed rules.")
	for i := range briefs {
		if briefs[i].byModel {
			made = s.of("Sätze wörtlich ausgewählt, Fristen nach festen Regeln berechnet; der Entwurf ist mit KI geschrieben, bitte prüfen Sie ihn.",
				"Sentences chosen verbatim, terms computed by fixed rules; the draft was written with AI, please check it.")
		}
	}
	return "*" + made + " " + esc(name) + s.of(" hat "+to+" nichts gesendet.", " has sent nothing to "+to+".") + "*"
}
