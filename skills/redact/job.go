package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/material"
	"amtsbote/skills/personal"
)

// other is the kind of what a person added and no recogniser knows.
const other personal.Kind = "other"

// A page is one page of one file.
type page struct {
	file  int // of job.files
	n     int
	text  string
	found []personal.Finding // in order, without overlaps
	items []int              // the number of the item of each
	hay   *haystack          // of text, once it is searched
}

// occurrences returns where the page has what, as haystack.find does.
func (p *page) occurrences(what string) [][2]int {
	if p.hay == nil {
		p.hay = newHaystack(p.text)
	}
	return p.hay.find(what)
}

// A job is one proposal being made or released.
type job struct {
	t     bots.Task
	st    *state
	set   material.Set
	files []document.File // that were read
	pages []page
	count map[int]int   // by number of item: how often
	on    map[int][]int // by number of item: on which of pages
}

func newJob(t bots.Task, st *state, set material.Set) *job {
	j := &job{t: t, st: st, set: set}
	for _, f := range set.Files {
		if f.Err != nil || strings.TrimSpace(f.Doc.Text()) == "" {
			continue
		}
		f.Doc = f.Doc.Headed(t.Now.Location())
		for _, p := range f.Doc.Pages {
			text := p.Text
			if commented(f.Doc.Type) {
				text = comment.ReplaceAllString(text, "")
			}
			j.pages = append(j.pages, page{file: len(j.files), n: p.N, text: text})
		}
		j.files = append(j.files, f)
	}
	return j
}

// comment is a comment as package document writes it, a paragraph of its own.
var comment = regexp.MustCompile(`(?m)^\[Kommentar(?: von [^\n]*)?: [^\n]*\]$\n?`)

func commented(mediaType string) bool {
	return strings.Contains(mediaType, "officedocument") || strings.Contains(mediaType, "opendocument")
}

func (j *job) texts() []string {
	texts := make([]string, len(j.pages))
	for i, p := range j.pages {
		texts[i] = p.text
	}
	return texts
}

func (j *job) hash() string {
	h := sha256.New()
	for _, text := range j.texts() {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// find looks for the items of the state and for new ones, which get the next
// numbers.
func (j *job) find() {
	all := personal.Find(j.texts(), personal.Options{Names: j.st.Names})
	j.count, j.on = map[int]int{}, map[int][]int{}
	known := map[string]int{}
	for i, it := range j.st.Items {
		known[string(it.Kind)+"\x00"+it.Norm] = i
	}
	for p, found := range all {
		found = j.added(&j.pages[p], found)
		j.pages[p].found, j.pages[p].items = found, nil
		for _, f := range found {
			key := string(f.Kind) + "\x00" + f.Norm
			i, ok := known[key]
			if !ok {
				i = len(j.st.Items)
				known[key] = i
				j.st.Items = append(j.st.Items, item{Kind: f.Kind, Norm: f.Norm, Text: oneLine(f.Text), Sure: f.Sure, Office: f.Office})
				j.st.Items[i].Word = j.word(i)
				j.st.Items[i].Rejected = len(j.st.Only) > 0 && !slices.Contains(j.st.Only, f.Kind) && f.Kind != other
			}
			it := &j.st.Items[i]
			it.Sure = it.Sure || f.Sure
			if len(f.Text) > len(it.Text) && f.Kind == personal.Person { // the full name says most
				it.Text = oneLine(f.Text)
			}
			j.pages[p].items = append(j.pages[p].items, i)
			if j.count[i]++; len(j.on[i]) == 0 || j.on[i][len(j.on[i])-1] != p {
				j.on[i] = append(j.on[i], p)
			}
		}
	}
}

// added puts in what the person added as plain text.
func (j *job) added(p *page, found []personal.Finding) []personal.Finding {
	for _, add := range j.st.Plain {
		for _, span := range p.occurrences(add) {
			f := personal.Finding{Kind: other, Start: span[0], End: span[1], Text: p.text[span[0]:span[1]], Norm: norm(add), Sure: true}
			overlaps := func(g personal.Finding) bool { return g.Start < f.End && f.Start < g.End }
			if k := slices.IndexFunc(found, overlaps); k >= 0 {
				if found[k].Start <= f.Start && f.End <= found[k].End {
					continue
				}
				found = slices.DeleteFunc(found, overlaps)
			}
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b personal.Finding) int { return a.Start - b.Start })
	return found
}

// A kindName is a kind in a placeholder, in the table, and the words for all of it.
type kindName struct{ hold, one, many bots.Text }

var kindNames = map[personal.Kind]kindName{
	personal.Person:    {bots.Text{DE: "Person", EN: "Person"}, bots.Text{DE: "Name", EN: "name"}, bots.Text{DE: "namen personen", EN: "names persons people"}},
	personal.Address:   {bots.Text{DE: "Anschrift", EN: "Address"}, bots.Text{DE: "Anschrift", EN: "address"}, bots.Text{DE: "anschriften adressen anschrift adresse", EN: "addresses"}},
	personal.Birth:     {bots.Text{DE: "Geburtsdatum", EN: "Date of birth"}, bots.Text{DE: "Geburtsdatum", EN: "date of birth"}, bots.Text{DE: "geburtsdaten geburtstage geburtsdatum", EN: "births birthdays"}},
	personal.Phone:     {bots.Text{DE: "Telefon", EN: "Phone"}, bots.Text{DE: "Telefon", EN: "phone"}, bots.Text{DE: "telefonnummern telefone rufnummern nummern telefon", EN: "phones"}},
	personal.Email:     {bots.Text{DE: "E-Mail", EN: "Mail"}, bots.Text{DE: "E-Mail", EN: "mail"}, bots.Text{DE: "mails mailadressen mail", EN: "mails emails"}},
	personal.IBAN:      {bots.Text{DE: "IBAN", EN: "IBAN"}, bots.Text{DE: "IBAN", EN: "IBAN"}, bots.Text{DE: "ibans iban konten", EN: "accounts"}},
	personal.TaxID:     {bots.Text{DE: "Steuer-ID", EN: "Tax ID"}, bots.Text{DE: "Steuer-ID", EN: "tax ID"}, bots.Text{DE: "steuer", EN: "tax"}},
	personal.Pension:   {bots.Text{DE: "Versicherungsnummer", EN: "Pension number"}, bots.Text{DE: "Versicherungsnummer", EN: "pension number"}, bots.Text{DE: "versicherungsnummern rentenversicherungsnummern", EN: "pension"}},
	personal.Health:    {bots.Text{DE: "Versichertennummer", EN: "Health number"}, bots.Text{DE: "Versichertennummer", EN: "health insurance number"}, bots.Text{DE: "versichertennummern", EN: "health"}},
	personal.IDCard:    {bots.Text{DE: "Ausweis", EN: "Identity card"}, bots.Text{DE: "Ausweis", EN: "identity card"}, bots.Text{DE: "ausweise ausweisnummern", EN: "cards passports"}},
	personal.Card:      {bots.Text{DE: "Karte", EN: "Card"}, bots.Text{DE: "Zahlungskarte", EN: "payment card"}, bots.Text{DE: "karten", EN: "payment"}},
	personal.VAT:       {bots.Text{DE: "USt-ID", EN: "VAT ID"}, bots.Text{DE: "USt-ID", EN: "VAT ID"}, bots.Text{DE: "ust umsatzsteuer", EN: "vat"}},
	personal.Plate:     {bots.Text{DE: "Kennzeichen", EN: "Plate"}, bots.Text{DE: "Kfz-Kennzeichen", EN: "number plate"}, bots.Text{DE: "kennzeichen kfz", EN: "plates"}},
	personal.Reference: {bots.Text{DE: "Aktenzeichen", EN: "Reference"}, bots.Text{DE: "Akten-, Kundenzeichen", EN: "reference"}, bots.Text{DE: "aktenzeichen zeichen kundennummern referenzen", EN: "references"}},
	other:              {bots.Text{DE: "Angabe", EN: "Item"}, bots.Text{DE: "von Ihnen ergänzt", EN: "added by you"}, bots.Text{DE: "ergänzungen", EN: "additions"}},
}

// word returns what stands for item i: the next of its kind.
func (j *job) word(i int) string {
	n := 0
	for _, it := range j.st.Items[:i] {
		if it.Kind == j.st.Items[i].Kind {
			n++
		}
	}
	kind := j.st.Items[i].Kind
	hold := kindNames[kind].hold.In(j.t.Language)
	if kind != personal.Person {
		return fmt.Sprintf("[%s %d]", hold, n+1)
	}
	for ; ; n++ {
		word := hold + " " + letters(n)
		free := !slices.ContainsFunc(j.st.Items, func(it item) bool { return it.Word == word })
		for _, p := range j.pages {
			free = free && !strings.Contains(p.text, word)
		}
		if free {
			return word
		}
	}
}

// letters counts A, B, … Z, AA, AB.
func letters(n int) string {
	s := string(rune('A' + n%26))
	if n >= 26 {
		return letters(n/26-1) + s
	}
	return s
}

// bar is what blacks out: always as long, so that it tells nothing.
const bar = "██████"

// stand returns what stands in a text for item i.
func (j *job) stand(i int) string {
	if j.st.Style == black {
		return bar
	}
	return j.st.Items[i].Word
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
