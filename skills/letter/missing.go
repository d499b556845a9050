package letter

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

var (
	encloses = lazy.New(`(?i)(?:\banbei\b|\bim anhang\b|\bals anlage\b|\bals anhang\b|\bin der anlage\b|\bbeigefügt\b|\bliegt (?:\pL+ ){0,3}?bei\b|\bliegen (?:\pL+ ){0,3}?bei\b|\blege ich\b[^.!?]*\bbei\b|\bfüge ich\b[^.!?]*\b(?:bei|an)\b|\b(?:schicke|sende|übersende) ich (?:ihnen )?(?:anbei|mit|hiermit)\b|\bangehängt|\battached\b|\benclosed\b|\bbeiliegend)`)
	notYet   = lazy.New(`(?i)\b(?:reiche ich nach|nachreichen|folgt|folgen|schicke ich (?:ihnen )?(?:noch|nach)|noch nicht|kann ich (?:gerne? )?(?:nach|vor)|sende ich nach|will follow)\b`)
	// item is a thing that is enclosed: "eine Kopie des Fahrzeugscheins", "den Mietvertrag".
	item = lazy.New(`(?:(?:[Ee]inen?|[Ee]ine|[Ee]in|[Dd]en|[Dd]ie|[Dd]as|[Dd]er|[Mm]einen?|[Mm]eine|[Mm]ein|[Uu]nseren?|[Uu]nsere) )?((?:Kopien?|Scans?|Fotos?|Bild(?:er)?|Abschrift(?:en)?|Ablichtung(?:en)?|Nachweise?)(?: \pL+)? (?:des|der|meines|meiner|unseres|unserer|vom|von|über|zum|zur|eines|einer) (?:\pL+ )?\p{Lu}[\pL-]+|\p{Lu}[\pL-]{3,})`)
	// papers are nouns that an item may be; others ("Anhang", "Grüße") are not.
	papers  = lazy.New(`(?i)(?:kopie|scan|foto|bild|abschrift|ablichtung|nachweis|vertrag|bescheid|bescheinigung|bestätigung|formular|antrag|ausweis|pass|schein|rechnung|quittung|beleg|zeugnis|urkunde|vollmacht|attest|gutachten|plan|liste|auszug|abrechnung|schreiben|brief|erklärung|police|protokoll|unterlagen|dokument|copy|contract|invoice|certificate|form|receipt|statement|letter|passport|photo)`)
	vague   = lazy.New(`(?i)^(?:anhang|anlage|anlagen|unterlagen|dokumente?|schreiben|brief|kopien?|scans?|fotos?|bild(?:er)?|nachweise?|copy|photo)$`)
	generic = lazy.New(`(?i)^(?:scan|img|image|dsc|pxl|dok(?:ument)?|doc(?:ument)?|file|datei|anlage|anhang|foto|photo|bild|whatsapp.*|\d)[\d\s_().-]*$|^[\d_.-]+$`)
	copyOf  = lazy.New(`(?i)^(?:kopien?|scans?|fotos?|bild(?:er)?|abschrift(?:en)?|ablichtung(?:en)?|nachweise?)(?: \pL+)? (?:des|der|meines|meiner|unseres|unserer|vom|von|über|zum|zur|eines|einer) (?:\pL+ )?`)
)

// missing lists what the letter says is enclosed and no file can be. Where a
// file was not read and its name says nothing, nothing is claimed.
func (l *Letter) missing() {
	named := map[string]bool{}
	for i, para := range paragraphs(quote.Clip(l.Body, maxLook)) {
		for _, span := range facts.Sentences(para) {
			s := quote.Clip(para[span.Start:span.End], maxSentence)
			list := quote.Enclosures(s)
			if (!encloses.MatchString(s) && !list) || notYet.MatchString(s) {
				continue
			}
			any := false
			for _, m := range item.FindAllStringSubmatch(s, 20) {
				name := m[1]
				if !papers.MatchString(name) || vague.MatchString(name) {
					continue
				}
				any = true
				if named[strings.ToLower(name)] || l.present(name) {
					continue
				}
				named[strings.ToLower(name)] = true
				l.Missing = append(l.Missing, Missing{Name: name, Where: l.where(i + 1)})
			}
			if !any && len(l.Files) == 0 && !named[""] {
				named[""] = true
				l.Missing = append(l.Missing, Missing{Where: l.where(i + 1)})
			}
		}
	}
}

// present says whether a file may be what is meant: by its name, by its text, or
// because nothing is known of it.
func (l *Letter) present(name string) bool {
	core := stem(copyOf.ReplaceAllString(name, ""))
	for _, f := range l.Files {
		base := stem(called(f.Name))
		if strings.Contains(base, core) || (len(base) > 4 && strings.Contains(core, base)) {
			return true
		}
		if f.Doc == nil && generic.MatchString(called(f.Name)) {
			return true
		}
		if f.Doc != nil && strings.Contains(stem(quote.Clip(f.Doc.Text(), 300)), core) {
			return true
		}
	}
	return false
}

var folds = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "_", "", "-", "", " ", "")

// stem folds a noun so that "Fahrzeugscheins", "fahrzeugschein" and
// "Fahrzeug_Schein" are the same.
func stem(s string) string {
	s = folds.Replace(strings.ToLower(s))
	if len(s) > 6 {
		for _, end := range []string{"es", "en", "s", "e", "n"} {
			if t, ok := strings.CutSuffix(s, end); ok {
				return t
			}
		}
	}
	return s
}

// feeWord matches nouns whose amounts are compared between letter and files.
var feeWord = lazy.New(`(?i)\b\pL*(gebühr|miete|kaution|rechnungsbetrag|betrag|kosten|bußgeld|verwarnungsgeld|forderung|zuschlag|beitrag|steuer|preis|fee|rent|amount)(?:en|s)?\b`)

// amounts compares what letter and files say a fee is. An amount of the letter
// that no file has, beside another one of the same noun in a file, is a
// contradiction.
func (l *Letter) amounts(ref time.Time) {
	type sum struct {
		cents int64
		text  string
	}
	inFiles := map[string][]sum{}
	at := map[string]string{}
	all := map[int64]bool{}
	for _, f := range l.Files {
		if f.Doc == nil || f.Doc.Mail != nil {
			continue
		}
		for _, p := range f.Doc.Pages[:min(len(f.Doc.Pages), 30)] {
			text := quote.Clip(p.Text, 20_000)
			for _, a := range facts.Find(text, ref) {
				if a.Kind != facts.Amount {
					continue
				}
				all[a.Cents] = true
				if w := feeOf(text, a); w != "" && len(inFiles[w]) < 3 {
					inFiles[w] = append(inFiles[w], sum{a.Cents, a.Text})
					if at[w] == "" {
						at[w] = strings.Replace(pageOf(f.Doc, p.N, "", "").DE, ", S. ", " S. ", 1)
					}
				}
			}
		}
	}
	for _, a := range l.Facts {
		if a.Kind != facts.Amount || all[a.Cents] {
			continue
		}
		w := feeNear(l.Body, a)
		if len(inFiles[w]) == 0 {
			continue
		}
		other := inFiles[w][0]
		l.warn("amounts", fmt.Sprintf("**Beträge weichen ab:** Mail %s, %s %s.", money(a.Cents, a.Currency), at[w], money(other.cents, a.Currency)),
			fmt.Sprintf("**Amounts differ:** mail %s, %s %s.", money(a.Cents, a.Currency), strings.Replace(at[w], " S. ", " p. ", 1), money(other.cents, a.Currency)))
	}
}

// feeOf is feeNear, but where that is a word for any sum (the head of a table,
// say) it is the last word before it for a certain one.
func feeOf(text string, a facts.Fact) string {
	w := feeNear(text, a)
	switch w {
	case "betrag", "rechnungsbetrag", "kosten", "forderung", "amount":
	default:
		return w
	}
	all := feeWord.FindAllStringSubmatch(text[max(0, a.Start-400):a.Start], -1)
	for _, m := range slices.Backward(all) {
		switch certain := strings.ToLower(m[1]); certain {
		case "betrag", "rechnungsbetrag", "kosten", "forderung", "amount":
		default:
			return certain
		}
	}
	return w
}

// feeNear returns the noun that an amount belongs to: the nearest one before it
// in its sentence or line, else after.
func feeNear(text string, a facts.Fact) string {
	before := text[max(0, a.Start-120):a.Start]
	if i := strings.LastIndexAny(before, "!?;"); i >= 0 {
		before = before[i+1:]
	}
	if i := strings.LastIndex(before, "\n\n"); i >= 0 {
		before = before[i+2:]
	}
	if m := feeWord.FindAllStringSubmatch(before, -1); len(m) > 0 {
		return strings.ToLower(m[len(m)-1][1])
	}
	after := text[a.End:min(len(text), a.End+60)]
	if i := strings.IndexAny(after, ".!?;\n"); i >= 0 {
		after = after[:i]
	}
	if m := feeWord.FindStringSubmatch(after); m != nil {
		return strings.ToLower(m[1])
	}
	return ""
}

// money writes an amount as the office does.
func money(cents int64, currency string) string {
	unit := currency
	if currency == "EUR" || currency == "" {
		unit = "€"
	}
	whole, frac := cents/100, cents%100
	s := fmt.Sprint(whole)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return fmt.Sprintf("%s,%02d %s", s, frac, unit)
}
