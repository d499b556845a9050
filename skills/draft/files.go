package draft

import (
	"fmt"
	"strings"

	"amtsbote/skills/document"
)

// A reading says how far a file was read.
type reading struct {
	pages  int // that were read; 0 where the format has none
	ocr    bool
	unread document.Text // what of it was not read; empty if all was
}

func state(d *document.Document) reading {
	var r reading
	missing := 0
	for _, p := range d.Pages {
		if p.Unread != nil {
			missing++
			r.unread = p.Unread.Text
			continue
		}
		r.pages++
		r.ocr = r.ocr || p.OCR
	}
	switch {
	case missing > 0:
		r.unread = document.Text{DE: fmt.Sprintf("%d von %d Seiten nicht gelesen: %s", missing, len(d.Pages), r.unread.DE),
			EN: fmt.Sprintf("%d of %d pages not read: %s", missing, len(d.Pages), r.unread.EN)}
	case d.Partial:
		r.unread = document.Text{DE: "nicht vollständig gelesen", EN: "not read completely"}
	}
	if !paged(d) {
		r.pages = 0
	}
	return r
}

// paged says whether a format has pages that people count.
func paged(d *document.Document) bool {
	return d.Type == "application/pdf" || strings.HasPrefix(d.Type, "image/") || len(d.Pages) > 1
}

// files is the table of the files: read, or not and why.
func (b *brief) files(s say) string {
	lines := []string{"**" + s.of("Anlagen", "Attachments") + "**", "", s.of("| | Datei | Ergebnis |", "| | File | Result |"), "|---|---|---|"}
	for i, f := range b.letter.Files {
		lines = append(lines, fmt.Sprintf("| %d | %s | %s |", i+1, esc(f.Name), b.result(f.Doc, f.Reason, f.Loose, s)))
	}
	return strings.Join(lines, "\n")
}

func (b *brief) result(d *document.Document, why *document.Reason, loose bool, s say) string {
	if d == nil {
		r := s.of("**nicht gelesen:** ", "**not read:** ") + esc(s.text(why.Text)) + "."
		if b.draft != nil {
			return r + s.of(" Der Inhalt fehlt in Kurzfassung und Entwurf.", " Its content is missing in brief and draft.")
		}
		return r + s.of(" Der Inhalt fehlt in der Kurzfassung.", " Its content is missing in the brief.")
	}
	st := state(d)
	out := s.of("gelesen", "read")
	if st.ocr {
		out += s.of(" mit Texterkennung", " with text recognition")
	}
	if st.pages > 0 {
		out += ", " + s.of(count(st.pages, "Seite", "Seiten"), count(st.pages, "page", "pages"))
	}
	if st.ocr {
		out += s.of("; Lesefehler möglich", "; mistakes are possible")
	}
	if loose {
		out += s.of("; im Entwurf nicht verwendet", "; not used in the draft")
	}
	if st.unread.DE != "" {
		out += "; **" + esc(s.text(st.unread)) + "**"
	}
	return out
}
