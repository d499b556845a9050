package draft

import (
	"context"
	"io"
	"slices"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/letter"
)

// Withhold returns read for other skills: a mail with a letter of a kind that gets
// no draft, in any mailbox, is not read by it. No model sees such a letter, and that
// must not depend on which words somebody wrote above it or below the brief. Where
// there is no model, read itself is right.
func (c Config) Withhold(read document.ReadFunc) document.ReadFunc {
	configs := []Config{c}
	for name := range c.Mailboxes {
		configs = append(configs, c.of(name))
	}
	return func(ctx context.Context, name string, content io.Reader) (document.Document, error) {
		doc, err := read(ctx, name, content)
		if kind := c.withheld(doc, configs, 0); kind != letter.KindOther {
			what := kind.Text()
			return document.Document{Name: doc.Name, Type: doc.Type}, &document.Unreadable{Reason: document.Reason{Code: document.Unsupported, Text: document.Text{
				DE: "Für Schreiben dieser Art (" + what.DE + ") ist kein Sprachmodell vorgesehen; bitte lesen Sie es selbst",
				EN: "no language model is meant for letters of this kind (" + what.EN + "); please read it yourself"}}}
		}
		return doc, err
	}
}

// withheld returns the kind of the first letter in a mail, or in one that lies in a
// document, that gets no draft.
func (c Config) withheld(doc document.Document, configs []Config, depth int) letter.Kind {
	if doc.Mail != nil {
		// Whose mail it is does not matter here: read as a forward and as a letter.
		for _, opt := range []letter.Options{{Own: c.Own, Forms: c.Forms, Scanners: c.Scanners, Zone: time.UTC}, {Watched: true, Sender: "mailbox@localhost", Forms: c.Forms, Scanners: c.Scanners}} {
			for _, l := range letter.Read(doc, opt).Letters {
				if slices.ContainsFunc(configs, func(c Config) bool { return !c.drafts(l.Kind) }) {
					return l.Kind
				}
			}
		}
	}
	for _, p := range doc.Parts {
		if p.Doc != nil && depth < 5 {
			if kind := c.withheld(*p.Doc, configs, depth+1); kind != letter.KindOther {
				return kind
			}
		}
	}
	return letter.KindOther
}
