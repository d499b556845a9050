package letter

import (
	"strings"
	"testing"

	"amtsbote/skills/document"
)

// TestSignature: of a signature no more is said than was found.
func TestSignature(t *testing.T) {
	valid := &document.Signature{State: document.SignatureValid, Name: "Jana", Email: "jana@x.example", Issuer: "CA"}
	for name, c := range map[string]struct {
		mail               document.Mail
		text, warned, form string // parts of what is said; empty: nothing
	}{
		"none":           {document.Mail{}, "", "", "keine elektronische Signatur erkannt"},
		"not checked":    {document.Mail{Signed: "smime"}, "Signatur nicht geprüft", "", "nicht geprüft"},
		"PGP":            {document.Mail{Signed: "pgp"}, "Signatur nicht geprüft", "", "nicht geprüft"},
		"valid":          {document.Mail{Signed: "smime", Signature: valid}, "Signatur gültig (Jana <jana@x.example>", "", "ob sie eine qualifizierte ist, wurde nicht geprüft"},
		"changed":        {document.Mail{Signed: "smime", Signature: &document.Signature{State: document.SignatureChanged}}, "", "**Signatur UNGÜLTIG", "nicht bestätigt"},
		"of another":     {document.Mail{Signed: "smime", Signature: &document.Signature{State: document.SignatureOther, Name: "Evil"}}, "", "**Signatur UNGÜLTIG für diesen Absender", "nicht bestätigt"},
		"nobody's known": {document.Mail{Signed: "smime", Signature: &document.Signature{State: document.SignatureUnknown, Issuer: "X"}}, "", "**Signatur NICHT bestätigt", "nicht bestätigt"},
	} {
		t.Run(name, func(t *testing.T) {
			c.mail.From = []document.Address{{Name: "Jana Wieczorek", Email: "jana@x.example"}}
			c.mail.Subject = "Widerspruch"
			doc := document.Document{Type: "message/rfc822", Mail: &c.mail, Pages: []document.Page{{N: 1, Text: "Guten Tag,\n\nhiermit lege ich Widerspruch ein.\n\nMit freundlichen Grüßen\nJana Wieczorek"}}}
			opt := office()
			opt.Watched = true
			l := Read(doc, opt).Letters[0]
			said := map[string]string{}
			for _, w := range l.Warnings {
				said[w.Code] = w.Text.DE
			}
			if got := l.SignatureText().DE; !strings.Contains(got, c.text) || (got == "") != (c.text == "") {
				t.Errorf("said %q", got)
			}
			if got := said["signature"]; !strings.Contains(got, c.warned) || (got == "") != (c.warned == "") {
				t.Errorf("warned %q", got)
			}
			if got := said["form"]; !strings.Contains(got, c.form) {
				t.Errorf("form: %q", got)
			}
		})
	}
}
