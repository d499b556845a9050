package knowledge

import (
	"regexp"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// DateFrom says where the date of a document comes from.
type DateFrom string

const (
	FromText DateFrom = "text" // the document says so ("Stand: März 2024", "vom 05.11.2026")
	FromMail DateFrom = "mail" // the head of a mail
	FromFile DateFrom = "file" // the time of the file, which copying may change
)

// dateHead is how many bytes from the beginning are looked at: further on stand dates
// of other things.
const dateHead = 2500

// dateCues are what stands before the date of a document, the surest first.
var dateCues = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:\bstand|fassung|zuletzt geändert (?:am|durch[^.]{0,60})|as of)(?: vom| am| der| von)?[:\s(]*$`),
	regexp.MustCompile(`(?i)(?:in kraft(?: getreten)?(?: ab| am| seit| zum| mit wirkung vom)?|gültig (?:ab|seit)|gilt (?:ab|seit)|wirkung vom|valid from)[:\s]*$`),
	regexp.MustCompile(`(?i)(?:\bdatum|beschlossen am|ausgefertigt am|erlassen am|beschluss vom|sitzung (?:am|vom)|protokoll (?:vom|der sitzung vom)|satzung vom|anweisung vom|verfügung vom|rundschreiben (?:nr\. [\d/]+ )?vom|bescheid vom|\bdate)[:\s]*$`),
	regexp.MustCompile(`(?m)(?:^|^[^\n.,]{2,40}, (?:den )?)$`), // a line, or what stands behind a place: "Musterstadt, den 05.11.2026"
}

// dateOf returns the date of a document and where it comes from. seen is the time of
// the file.
func dateOf(d document.Document, seen time.Time, zone *time.Location) (time.Time, DateFrom) {
	if d.Mail != nil && !d.Mail.Date.IsZero() {
		return d.Mail.Date, FromMail
	}
	head := clip(d.Text(), dateHead)
	ref := seen.In(zone)
	latest := max(ref.Year(), time.Now().Year()) + 2 // copying makes files of 1980
	best, rank := time.Time{}, len(dateCues)
	for _, f := range facts.Find(head, ref) {
		if f.Kind != facts.Date && f.Kind != facts.Month && f.Kind != facts.Term || f.Date.IsZero() || f.Relative ||
			f.Date.Year() < 1900 || f.Date.Year() > latest {
			continue
		}
		for i, cue := range dateCues[:rank] {
			if cue.MatchString(head[max(0, f.Start-80):f.Start]) {
				best, rank = f.Date, i
				break
			}
		}
	}
	if !best.IsZero() {
		return best, FromText
	}
	return seen, FromFile
}
