package letter

import "amtsbote/skills/document"

// signature warns of an S/MIME signature that was checked and does not hold.
// That one does, or was not checked, is no warning; see [SignatureText].
func (l *Letter) signature() {
	if s := l.Head.Signature; s != nil && s.State != document.SignatureValid {
		text := s.Text()
		l.warn("signature", "**"+text.DE+".**", "**"+upper(text.EN)+".**")
	}
}

// SignatureText says of a mail with an electronic signature whether it holds or
// was not checked; it is empty for one without, and for one of which a warning
// tells.
func (l *Letter) SignatureText() document.Text {
	switch s := l.Head.Signature; {
	case s != nil && s.State == document.SignatureValid:
		return s.Text()
	case s == nil && l.Head.Signed != "":
		return document.Text{DE: "Signatur nicht geprüft", EN: "signature not checked"}
	}
	return document.Text{}
}

// signedForm says of an objection by a signed e-mail what was found, and nothing
// of what it is worth.
func (l *Letter) signedForm() (de, en string) {
	switch s := l.Head.Signature; {
	case s == nil:
		return "**Form:** E-Mail mit elektronischer Signatur, nicht geprüft", "**Form:** e-mail with an electronic signature, not verified"
	case s.State == document.SignatureValid:
		return "**Form:** E-Mail mit gültiger Signatur (S/MIME); ob sie eine qualifizierte ist, wurde nicht geprüft", "**Form:** e-mail with a valid signature (S/MIME); whether it is a qualified one was not checked"
	}
	return "**Form:** E-Mail mit elektronischer Signatur, die nicht bestätigt ist", "**Form:** e-mail with an electronic signature that is not confirmed"
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
