package draft

import "regexp"

// Decisions are for the office and not for a model: what reads like one is marked,
// unless the colleague asked for one in this direction. The patterns are of German
// and English, the languages of drafts.
var (
	grants = regexp.MustCompile(`(?i)\b(?:ist|wird|werden|sind|wurden?) (?:\pL+ ){0,4}?(?:genehmigt|bewilligt|aufgehoben|stattgegeben|gewährt|anerkannt|gestundet|verlängert|zugesagt|erstattet|zurückgezahlt|erlassen|erteilt)|` +
		`\bwir (?:genehmigen|bewilligen|gewähren|erstatten|stunden|verlängern|erlassen|erteilen)|\bwir (?:heben|geben|sagen|erkennen|zahlen)\b[^.!?]{0,80} (?:auf|statt|zu|an|zurück)\b|\b(?:sie|du) (?:erhalten|erhältst)\b[^.!?]{0,60} (?:zurück|erstattet)|` +
		`\b(?:has|have|is|are|was|were|will|be|been) (?:\pL+ ){0,3}?(?:approved|granted|refunded|reimbursed|extended|waived|set aside)\b|\bwe (?:\pL+ ){0,2}?(?:approve|grant|refund|reimburse|extend|waive)\b|\byou will (?:receive|get)\b[^.!?]{0,60}(?:refund|back)\b`)
	refuses = regexp.MustCompile(`(?i)\b(?:ist|wird|werden|sind|wurden?) (?:\pL+ ){0,4}?(?:abgelehnt|zurückgewiesen|versagt)|\bwir (?:lehnen|weisen|sagen)\b[^.!?]{0,80} (?:ab|zurück)\b|` +
		`\b(?:has|have|is|are|was|were|will|be|been) (?:\pL+ ){0,3}?(?:rejected|refused|declined|denied|dismissed)\b|\bwe (?:\pL+ ){0,2}?(?:reject|refuse|decline|deny|dismiss)\b`)
	negation = regexp.MustCompile(`(?i)\b(?:nicht|kein\pL*|not|no|never)\b`)

	grantWish  = regexp.MustCompile(`(?i)genehm|bewillig|heb|stattgeb|gewähr|erlass|verläng|stund|zusag|anerk|zahl|erstatt|zustimm|erteil|\b(?:ja|ok|yes)\b|approv|grant|refund|reimburs|exten|waiv`)
	refuseWish = regexp.MustCompile(`(?i)lehn|absag|zurückweis|zurückzuweis|versag|\bnein\b|reject|refus|declin|den(?:y|ial)`)
	// unwished matches what the colleague does not want: "ohne Absage zu Ziffer 2".
	unwished = regexp.MustCompile(`(?i)\b(?:ohne|kein\pL*|nichts?|nie|not|never|without|don[’']t|do not)\b[^.,;:!?\n]{0,60}`)
)

// decided returns where a text decides something that a note does not ask for.
func decided(text, note string) (at [][]int) {
	note = unwished.ReplaceAllString(note, "")
	grant, refuse := grantWish.MatchString(note), refuseWish.MatchString(note)
	for _, m := range grants.FindAllStringIndex(text, -1) {
		wanted := grant
		if negation.MatchString(text[m[0]:m[1]]) {
			wanted = refuse
		}
		if !wanted {
			at = append(at, m)
		}
	}
	for _, m := range refuses.FindAllStringIndex(text, -1) {
		if !refuse {
			at = append(at, m)
		}
	}
	return at
}
