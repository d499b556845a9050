package redact

import (
	"fmt"
	"strings"

	"amtsbote/bots"
)

const (
	maxRows    = 150 // of the list in the answer; all are in the file beside it
	previewLen = 700 // bytes
)

// propose writes the list for the person to decide on.
func (j *job) propose(first bots.Text) bots.Answer {
	a := bots.Answer{Read: j.set.Read(true), Warnings: append(j.set.Warnings(true), j.lost()...)}
	accepted := 0
	for _, it := range j.st.Items {
		if !it.Rejected {
			accepted++
		}
	}
	var de, en strings.Builder
	add := func(d, e string) { de.WriteString(d); en.WriteString(e) }
	if first.DE != "" {
		add(first.DE+"\n\n", first.EN+"\n\n")
	}
	if len(j.st.Items) == 0 {
		add("Ich habe keine personenbezogenen Daten gefunden. Das heißt nicht, dass keine darin stehen.\n\n", "I found no personal data. That does not mean that there is none.\n\n")
	} else {
		add(fmt.Sprintf("**Vorschlag: %d von %d Funden werden ersetzt.** Noch ist nichts freigegeben.\n\n", accepted, len(j.st.Items)),
			fmt.Sprintf("**Proposal: %d of %d finds are replaced.** Nothing is released yet.\n\n", accepted, len(j.st.Items)))
		j.table(add)
		add("\n"+j.preview(textPreview.DE)+"\n", "\n"+j.preview(textPreview.EN)+"\n")
	}
	add(textHow.DE+"\n\n", textHow.EN+"\n\n")
	if j.st.Missed > 0 {
		a.Warnings = append(a.Warnings, textMissed)
	}
	if j.st.ByModel != "" {
		m := bots.Literal(j.st.ByModel)
		add("Namen suchte auch das Sprachmodell "+m+".\n\n", "The language model "+m+" looked for names too.\n\n")
	}
	add("**"+textCheck.DE+"**", "**"+textCheck.EN+"**")
	a.Text = bots.Text{DE: de.String(), EN: en.String()}
	if len(j.st.Items) > maxRows {
		a.Files = append(a.Files, bots.File{Name: "fundliste.txt", Type: "text/plain; charset=utf-8", Data: []byte(j.list())})
	}
	a.Notice = j.notice()
	return a
}

func (j *job) notice() bots.Notice {
	return bots.Notice{Model: j.st.ByModel, Place: j.st.Place, Replaced: j.st.Replaced}
}

// table writes the list as a table.
func (j *job) table(add func(de, en string)) {
	add("| Nr. | Fund | Art | Ersatz | wie oft | Seiten |\n|---|---|---|---|---|---|\n", "| No. | Find | Kind | Replacement | how often | Pages |\n|---|---|---|---|---|---|\n")
	for i, it := range j.st.Items {
		if i == maxRows {
			n := len(j.st.Items) - maxRows
			add(fmt.Sprintf("\n… und %d weitere: alle stehen in der Datei fundliste.txt.\n", n), fmt.Sprintf("\n… and %d more: all of them are in the file fundliste.txt.\n", n))
			return
		}
		kind := kindNames[it.Kind].one
		stand := bots.Text{DE: cell(j.stand(i)), EN: cell(j.stand(i))}
		if it.Rejected {
			stand = bots.Text{DE: "*bleibt stehen*", EN: "*stays*"}
		}
		var notes bots.Text
		if !it.Sure {
			notes = bots.Text{DE: " (unsicher)", EN: " (unsure)"}
		}
		if it.Office {
			notes = bots.Text{DE: " (Behörde?)", EN: " (office?)"}
		}
		pages := j.pagesOf(i)
		row := func(kind, stand, note string) string {
			return fmt.Sprintf("| %d | %s | %s%s | %s | %d | %s |\n", i+1, cell(it.Text), kind, note, stand, j.count[i], pages)
		}
		add(row(kind.DE, stand.DE, notes.DE), row(kind.EN, stand.EN, notes.EN))
	}
}

// cell is a text in a cell of a table.
func cell(s string) string {
	if r := []rune(s); len(r) > 80 {
		s = string(r[:79]) + "…"
	}
	return strings.ReplaceAll(bots.Literal(s), "|", `\|`)
}

// list is the whole list as plain text.
func (j *job) list() string {
	var b strings.Builder
	for i, it := range j.st.Items {
		stand := j.stand(i)
		if it.Rejected {
			stand = "-"
		}
		fmt.Fprintf(&b, "%d\t%s\t%s\t%s\t%d\t%s\n", i+1, it.Text, kindNames[it.Kind].one.In(j.t.Language), stand, j.count[i], j.pagesOf(i))
	}
	return b.String()
}

// pagesOf names the pages of an item, with the number of the file if there are
// several: "1, 3" or "2:1".
func (j *job) pagesOf(i int) string {
	var pages []string
	for _, k := range j.on[i] {
		p := j.pages[k]
		name := fmt.Sprint(p.n)
		if len(j.files) > 1 {
			name = fmt.Sprintf("%d:%d", p.file+1, p.n)
		}
		if len(pages) == 8 {
			return strings.Join(pages, ", ") + " …"
		}
		pages = append(pages, name)
	}
	return strings.Join(pages, ", ")
}

// preview quotes the beginning of what would be released.
func (j *job) preview(title string) string {
	for _, p := range j.redacted() {
		if len(j.pages[p.page].found) == 0 {
			continue
		}
		text := p.text
		if len(text) > previewLen {
			text = strings.ToValidUTF8(text[:previewLen], "") + " …"
		}
		var b strings.Builder
		b.WriteString(title + "\n\n")
		for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			b.WriteString("> " + bots.Literal(line) + "  \n")
		}
		return b.String()
	}
	return ""
}

// lost says what of the files does not go into a new file.
func (j *job) lost() (all []bots.Text) {
	pictures, unread := 0, 0
	for _, f := range j.files {
		for _, p := range f.Doc.Parts {
			if p.Inline {
				pictures++
			}
		}
		for _, p := range f.Doc.Pages {
			if p.Unread != nil {
				unread++
			}
		}
	}
	if pictures > 0 {
		all = append(all, bots.Text{DE: fmt.Sprintf("Bilder werden entfernt (%d); was darauf steht, fehlt in der neuen Datei.", pictures), EN: fmt.Sprintf("Pictures are removed (%d); what they show is missing in the new file.", pictures)})
	}
	if unread > 0 {
		all = append(all, bots.Text{DE: fmt.Sprintf("%d Seiten konnten nicht gelesen werden und fehlen in der neuen Datei.", unread), EN: fmt.Sprintf("%d pages could not be read and are missing in the new file.", unread)})
	}
	if n := len(j.set.Files) - len(j.files); n > 0 {
		all = append(all, bots.Text{DE: fmt.Sprintf("%d Dateien konnten nicht gelesen werden; von ihnen wird nichts freigegeben.", n), EN: fmt.Sprintf("%d files could not be read; nothing of them is released.", n)})
	}
	return all
}
