package summary

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// readFiles says of each file whether it was read.
func readFiles(files []document.File) (all []bots.ReadFile) {
	for _, f := range files {
		if f.Name == "" {
			continue // the message's own text
		}
		r := f.Reading()
		all = append(all, bots.ReadFile{Name: f.Name, Type: f.Doc.Type, Read: r.Read, Pages: len(r.Pages), OCR: r.OCR, Reason: bots.Text(r.Reason)})
	}
	return all
}

// nothingRead says that no file could be read, and why.
func nothingRead(files []bots.ReadFile) bots.Text {
	t := bots.Text{DE: "Davon konnte ich nichts lesen:", EN: "I could not read any of this:"}
	for _, f := range files {
		reason, name := f.Reason, bots.Quoted(f.Name)
		if reason.IsZero() {
			reason = bots.Text{DE: "kein Text darin", EN: "no text in it"}
		}
		t.DE += fmt.Sprintf("\n- %s: %s", name.DE, reason.DE)
		t.EN += fmt.Sprintf("\n- %s: %s", name.EN, reason.EN)
	}
	return t
}

// coverage says what a summary is made from, and what is missing in it.
func coverage(files []document.File) bots.Text {
	var de, en []string
	for _, f := range files {
		if f.Name == "" {
			de, en = append(de, "Ihr Text ganz"), append(en, "all of your text")
			continue
		}
		name, c := bots.Literal(f.Name), f.Covered(f.Reading().Pages, false)
		de, en = append(de, name+" "+c.DE), append(en, name+" "+c.EN)
	}
	return bots.Text{DE: "Ausgewertet: " + strings.Join(de, "; ") + ".", EN: "Covered: " + strings.Join(en, "; ") + "."}
}
