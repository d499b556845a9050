package summary

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// readFiles says of each source whether it was read.
func readFiles(sources []source) (all []bots.ReadFile) {
	for _, src := range sources {
		if src.doc.Name == "" {
			continue // the message's own text
		}
		f := bots.ReadFile{Name: src.doc.Name, Type: src.doc.Type, Read: src.err == nil}
		if src.err != nil {
			f.Reason = bots.Text(src.err.Text)
		}
		for _, p := range src.doc.Pages {
			if p.Unread == nil {
				f.Pages++
			} else if f.Reason.IsZero() {
				f.Reason = bots.Text(p.Unread.Text)
			}
			f.OCR = f.OCR || p.OCR
		}
		if f.Read && f.Pages == 0 && len(src.doc.Pages) > 0 {
			f.Read = false
		}
		all = append(all, f)
	}
	return all
}

// nothingRead says that no file could be read, and why.
func nothingRead(files []bots.ReadFile) bots.Text {
	de, en := "Davon konnte ich nichts lesen:", "I could not read any of this:"
	for _, f := range files {
		reason := f.Reason
		if reason.IsZero() {
			reason = bots.Text{DE: "kein Text darin", EN: "no text in it"}
		}
		de += fmt.Sprintf("\n- „%s“: %s", f.Name, reason.DE)
		en += fmt.Sprintf("\n- “%s”: %s", f.Name, reason.EN)
	}
	return bots.Text{DE: de, EN: en}
}

// coverage says what a summary is made from, and what is missing in it.
func coverage(sources []source) bots.Text {
	var de, en []string
	for _, src := range sources {
		name := src.doc.Name
		if name == "" {
			de, en = append(de, "Ihr Text ganz"), append(en, "all of your text")
			continue
		}
		if src.err != nil {
			de = append(de, fmt.Sprintf("%s nicht gelesen (%s)", name, src.err.Text.DE))
			en = append(en, fmt.Sprintf("%s not read (%s)", name, src.err.Text.EN))
			continue
		}
		d, e := covered(src.doc)
		de, en = append(de, name+" "+d), append(en, name+" "+e)
	}
	return bots.Text{DE: "Ausgewertet: " + strings.Join(de, "; ") + ".", EN: "Covered: " + strings.Join(en, "; ") + "."}
}

// covered says how much of a document was read.
func covered(d document.Document) (de, en string) {
	var missing []string
	var reason document.Text
	ocr := false
	for _, p := range d.Pages {
		if p.Unread != nil {
			missing = append(missing, fmt.Sprint(p.N))
			reason = p.Unread.Text
		}
		ocr = ocr || p.OCR
	}
	read := len(d.Pages) - len(missing)
	switch {
	case len(d.Pages) <= 1 && len(missing) == 0:
		de, en = "ganz", "all"
	case len(missing) == 0:
		de, en = fmt.Sprintf("alle %d Seiten", read), fmt.Sprintf("all %d pages", read)
	default:
		de = fmt.Sprintf("%d von %d Seiten, ohne S. %s (%s)", read, len(d.Pages), list(missing), reason.DE)
		en = fmt.Sprintf("%d of %d pages, without p. %s (%s)", read, len(d.Pages), list(missing), reason.EN)
	}
	if ocr {
		de, en = de+", mit Texterkennung (Lesefehler möglich)", en+", by text recognition (mistakes possible)"
	}
	if d.Partial && len(missing) == 0 {
		de, en = de+", aber nicht vollständig lesbar", en+", but not fully readable"
	}
	return de, en
}

// list joins the first numbers of a list.
func list(numbers []string) string {
	if len(numbers) > 10 {
		numbers = append(numbers[:10:10], "…")
	}
	return strings.Join(numbers, ", ")
}
