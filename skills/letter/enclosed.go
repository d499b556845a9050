package letter

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// oneAuthor mends a From line whose name has a bare comma ("Carla Neuhaus,
// Anzeiger <c@x.example>"), which RFC 5322 reads as two authors, the first
// without an address.
func oneAuthor(from []document.Address) []document.Address {
	var names []string
	for i, a := range from {
		if a.Name != "" {
			names = append(names, a.Name)
		}
		if a.Email != "" {
			if i == 0 {
				return from
			}
			return append([]document.Address{{Name: strings.Join(names, ", "), Email: a.Email}}, from[i+1:]...)
		}
	}
	return from
}

// points matches what people write above a letter that they attach.
var points = lazy.New(`(?i)\b(?:anbei|anhang|anlage|angehängt|beigefügt|attached|enclosed)\b`)

// maxPointing is how long such a text is at most.
const maxPointing = 160

// addressed matches the salutation of a letter at the beginning of a line.
var addressed = lazy.New(`(?im)^\s*(?:sehr geehrte|sehr verehrte|liebe[rs]?\b|hallo\b|guten (?:tag|morgen|abend)\b|dear\b)`)

// formalStart matches the salutation of a letter to an office.
var formalStart = lazy.New(`(?im)^\s*(?:sehr geehrte|sehr verehrte|dear (?:sir|madam|mr|ms))`)

// enclosed takes the first attached letter for the letter where the mail itself
// says nothing, or only points at it. A notice of the authority is none.
func (l *Letter) enclosed(parts []document.Part) {
	own := strings.Join(paragraphs(l.Body), " ")
	if own != "" && (len(own) > maxPointing || !points.MatchString(own) || strings.Contains(own, "?")) {
		return
	}
	for _, p := range flat(parts) {
		if p.Doc == nil || p.Doc.Mail != nil || logo(p) {
			continue
		}
		text := quote.Normal(quote.Clip(p.Doc.Text(), quote.MaxText))
		if instructions.MatchString(text) || !addressed.MatchString(quote.Clip(text, maxCues)) {
			continue
		}
		l.text = p.Name
		body, signature := trim(text)
		if l.Body = body; signature != "" {
			l.Signature = signature
		}
		l.warn("enclosed", "Die Mail selbst sagt wenig; als Brief gelesen wurde die Datei „"+p.Name+"“.",
			"The mail itself says little; the file “"+p.Name+"” was read as the letter.")
		return
	}
}
