package document

// reasons are the clauses that stand after "nicht gelesen:" in a brief.
var reasons = map[Code]Text{
	Password:    {"mit einem Passwort geschützt; bitte ohne Passwort erneut erbitten", "protected with a password; please ask for it without one"},
	Encrypted:   {"verschlüsselt (S/MIME oder PGP)", "encrypted (S/MIME or PGP)"},
	Damaged:     {"beschädigt oder unvollständig", "damaged or incomplete"},
	TooBig:      {"zu groß oder zu umfangreich", "too big"},
	TooDeep:     {"zu tief verschachtelt (Dateien in Dateien)", "nested too deeply (files in files)"},
	TooLong:     {"das Lesen dauerte zu lange und wurde abgebrochen", "reading took too long and was stopped"},
	Memory:      {"das Lesen brauchte zu viel Speicher und wurde abgebrochen", "reading took too much memory and was stopped"},
	Crashed:     {"das Lesen brach wegen des Inhalts der Datei ab", "the content of the file made reading stop"},
	Unsupported: {"dieses Dateiformat wird nicht gelesen", "this file format is not read"},
	NoOCR:       {"ein Bild oder Scan; Texterkennung ist nicht eingerichtet", "a picture or scan; text recognition is not set up"},
	NoText:      {"enthält keinen Text", "has no text"},
}

// helpful are clauses for formats that are not read but have a way out.
var helpful = map[string]Text{
	"application/msword":            {"altes Word-Format; bitte als DOCX oder PDF speichern", "old Word format; please save it as DOCX or PDF"},
	"application/vnd.ms-excel":      {"altes Excel-Format; bitte als XLSX oder PDF speichern", "old Excel format; please save it as XLSX or PDF"},
	"application/vnd.ms-powerpoint": {"altes PowerPoint-Format; bitte als PPTX oder PDF speichern", "old PowerPoint format; please save it as PPTX or PDF"},
	"application/x-7z-compressed":   {"7z-Archiv; bitte als ZIP oder einzeln senden lassen", "7z archive; please have it sent as ZIP or one by one"},
	"application/x-rar-compressed":  {"RAR-Archiv; bitte als ZIP oder einzeln senden lassen", "RAR archive; please have it sent as ZIP or one by one"},
	"application/pkcs7-signature":   {"elektronische Signatur; wird nicht geprüft", "electronic signature; not verified"},
	"application/pgp-signature":     {"elektronische Signatur; wird nicht geprüft", "electronic signature; not verified"},
}

// Reason returns the general reason of a code, in both languages.
func (c Code) Reason() Reason {
	t, ok := reasons[c]
	if !ok {
		c = Crashed
		t = reasons[Crashed]
	}
	return Reason{Code: c, Text: t}
}

// unreadable returns the error of a code with its general text. err is for the
// log and must hold nothing of the file; it may be nil.
func unreadable(c Code, err error) *Unreadable {
	return &Unreadable{Reason: c.Reason(), Err: err}
}

// unsupported returns the error of a type that has no reader.
func unsupported(mediaType string) *Unreadable {
	u := unreadable(Unsupported, nil)
	if t, ok := helpful[mediaType]; ok {
		u.Text = t
	}
	return u
}
