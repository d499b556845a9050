package note

import (
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// heads are the headings, in their order.
var heads = []bots.Text{
	{DE: "Anlass", EN: "Occasion"},
	{DE: "Sachverhalt", EN: "Facts"},
	{DE: "Bewertung", EN: "Assessment"},
	{DE: "Weiteres Vorgehen", EN: "Next steps"},
}

// gap returns what stands where a person has to write.
func gap(what bots.Text) bots.Text {
	return bots.Text{DE: "**[bitte ergänzen: " + what.DE + "]**", EN: "**[please add: " + what.EN + "]**"}
}

var (
	gapBy         = gap(bots.Text{DE: "Name, Organisationszeichen", EN: "name, unit"})
	gapAssessment = gap(bots.Text{DE: "Bewertung", EN: "assessment"})
	gapNext       = gap(bots.Text{DE: "weiteres Vorgehen", EN: "next steps"})
)

// head is what stands above the headings: authority, day, subject and reference, as
// far as the material says them.
func (j job) head() bots.Text {
	var de, en strings.Builder
	add := func(label, value bots.Text) {
		if value.DE != "" {
			de.WriteString("\n" + label.DE + ": " + value.DE + "  ")
			en.WriteString("\n" + label.EN + ": " + value.EN + "  ")
		}
	}
	same := func(s string) bots.Text { return bots.Text{DE: s, EN: s} }
	de.WriteString("**Vermerk**  ")
	en.WriteString("**Note for the file**  ")
	add(bots.Text{DE: "Behörde", EN: "Authority"}, same(bots.Literal(j.t.Bot.Authority)))
	add(bots.Text{DE: "Datum", EN: "Date"}, same(j.t.Now.Format("02.01.2006")))
	add(bots.Text{DE: "Verfasst von", EN: "Written by"}, gapBy)
	add(bots.Text{DE: "Aktenzeichen", EN: "Reference"}, same(bots.Literal(j.reference())))
	if j.talk != nil {
		add(bots.Text{DE: "Betreff", EN: "Subject"}, j.what())
		add(bots.Text{DE: "Beteiligte", EN: "Those involved"}, j.people())
	} else {
		add(bots.Text{DE: "Betreff", EN: "Subject"}, same(bots.Literal(j.subject())))
	}
	return bots.Text{DE: strings.TrimRight(de.String(), " "), EN: strings.TrimRight(en.String(), " ")}
}

// reference returns the reference number that the material names most often, the
// first one of several; "" if there is none, or if two mails have one each.
func (j job) reference() string {
	type ref struct {
		text string
		n    int
	}
	var all []ref
	var texts []string
	for _, f := range j.set.Files {
		texts = append(texts, f.Doc.Headed(j.t.Now.Location()).Text())
	}
	if j.talk != nil {
		for i := range j.talk.All {
			texts = append(texts, j.talk.All[i].Said)
		}
	}
	for _, text := range texts {
		for _, fact := range facts.Find(text, j.t.Now) {
			if fact.Kind != facts.Reference {
				continue
			}
			i := slices.IndexFunc(all, func(r ref) bool { return r.text == fact.Norm })
			if i < 0 {
				all, i = append(all, ref{text: fact.Norm}), len(all)
			}
			all[i].n++
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(a, b ref) int { return a.n - b.n }).text
}

// subject returns what the material is about in its own words: the subject of a
// mail, else the name of the file.
func (j job) subject() string {
	f := j.set.Files[0]
	if f.Doc.Mail != nil && f.Doc.Mail.Subject != "" {
		return f.Doc.Mail.Subject
	}
	return f.Name
}

// occasion says how the material came to be, as far as it says so itself.
func occasion(f document.File, t bots.Task) bots.Text {
	m := f.Doc.Mail
	if m == nil {
		if f.Name == "" {
			return bots.Text{DE: "Angaben der verfassenden Person.", EN: "Information by the person who writes."}
		}
		return bots.Text{DE: "Datei " + bots.Literal(f.Name) + ".", EN: "File " + bots.Literal(f.Name) + "."}
	}
	who, when := "", ""
	if len(m.From) > 0 {
		if who = m.From[0].Name; who == "" {
			who = m.From[0].Email
		}
		who = bots.Literal(who)
	}
	if !m.Date.IsZero() {
		when = m.Date.In(t.Now.Location()).Format("02.01.2006, 15:04")
	}
	text := bots.Text{DE: "E-Mail", EN: "Mail"}
	if who != "" {
		text.DE, text.EN = text.DE+" von "+who, text.EN+" from "+who
	}
	if when != "" {
		text.DE, text.EN = text.DE+" vom "+when+" Uhr", text.EN+" of "+when
	}
	return bots.Text{DE: text.DE + ".", EN: text.EN + "."}
}
