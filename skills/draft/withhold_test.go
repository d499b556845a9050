package draft

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"amtsbote/skills/document"
)

// TestWithhold: a letter of a kind that gets no draft is closed to other skills,
// alone, forwarded as a file or in the text, and in an archive; nothing else is.
func TestWithhold(t *testing.T) {
	job := plainLetter("Lea Sommer", "Bewerbung als Gärtnerin", "Sehr geehrte Damen und Herren,\n\nanbei meine Bewerbung.")
	court := plainLetter("Amtsgericht", "Ladung", "In dem Rechtsstreit Meier gegen Stadt Musterstadt wird um Stellungnahme gebeten.")
	inline := forward("fass zusammen\n\n________________________________\nVon: Lea Sommer <lea@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: amt@musterstadt.example\nBetreff: Initiative\n\nSehr geehrte Damen und Herren,\n\nhiermit bewerbe ich mich als Gärtnerin.\n\nLea Sommer")
	inline.Mail.Subject = "WG: Initiative"
	zip := document.Document{Type: "application/zip", Parts: []document.Part{{Name: "b.eml", Doc: &job}}}
	for name, test := range map[string]struct {
		doc    document.Document
		cfg    Config
		closed bool
	}{
		"a letter":            {job, Config{}, true},
		"as a file":           {forward("fass zusammen", job), Config{}, true},
		"the second of two":   {forward("fass zusammen", jana(), job), Config{}, true},
		"in the text":         {inline, Config{}, true},
		"in an archive":       {zip, Config{}, true},
		"another letter":      {jana(), Config{}, false},
		"all are on":          {job, Config{NoDraft: []string{}}, false},
		"of one mailbox only": {job, Config{NoDraft: []string{}, Mailboxes: map[string]Mailbox{"amt": {NoDraft: []string{"bewerbung"}}}}, true},
		"not of that kind":    {court, Config{NoDraft: []string{"bewerbung"}}, false},
		"no mail":             {document.Document{Pages: []document.Page{{N: 1, Text: "Bewerbung"}}}, Config{}, false},
	} {
		read := test.cfg.Withhold(func(context.Context, string, io.Reader) (document.Document, error) { return test.doc, nil })
		doc, err := read(t.Context(), "x.eml", strings.NewReader(""))
		var u *document.Unreadable
		if errors.As(err, &u) != test.closed || test.closed && (doc.Mail != nil || len(doc.Pages)+len(doc.Parts) > 0) {
			t.Errorf("%s: got %v, %+v", name, err, doc)
		}
	}
}
