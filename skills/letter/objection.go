package letter

import (
	"fmt"
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

// A regime is the law that a term for an objection follows.
type regime int

const (
	general regime = iota // VwVfG of the Land, VwGO
	tax                   // AO
	social                // SGB X, SGG
	fine                  // OWiG
)

var (
	fineCue   = lazy.New(`(?i)bußgeldbescheid|§ ?67 OWiG`)
	socialCue = lazy.New(`(?i)sozialgericht|§ ?84 (?:Abs\. ?1 )?SGG|jobcenter|bürgergeld|\bSGB (?:II|III|V|VI|IX|XI|XII)\b`)
	taxCue    = lazy.New(`(?i)finanzamt|abgabenordnung|§ ?3(?:47|55|57) [^.\n]{0,20}AO\b`)
	taxAppeal = lazy.New(`(?i)\beinspruch\b`)
)

// findRegime tells the law by what notice and letter cite.
func (l *Letter) findRegime() regime {
	text := quote.Clip(l.Head.Subject+"\n"+l.Body, maxCues)
	if d := l.noticeDoc(); d != nil {
		text += "\n" + quote.Clip(d.Text(), maxCues)
	}
	switch {
	case fineCue.MatchString(text):
		return fine
	case socialCue.MatchString(text):
		return social
	case taxCue.MatchString(text) && taxAppeal.MatchString(text):
		return tax
	}
	return general
}

// federal are the Länder whose law on proceedings refers to the VwVfG of the
// federation as it stands, so that the fourth day counts since 2025.
const federal = "BE BB NI RP SN ST"

// fewObjections are Länder that have abolished the objection for many decisions.
const fewObjections = "BY NI NW"

// objectionTerm proposes the term for the objection, always as an assumption.
func (l *Letter) objectionTerm(ref time.Time, opt Options) {
	name := document.Text{DE: "Widerspruchsfrist (Frist " + l.whose().DE + ")", EN: "Term for the objection (" + "the author’s)"}
	if l.whose().DE == "aus der Mail" || l.Scan {
		name.DE = "Widerspruchsfrist (Frist der Bürgerseite)"
	}
	law := l.law
	if law == tax || law == fine {
		name.DE = strings.Replace(name.DE, "Widerspruchsfrist", "Einspruchsfrist", 1)
	}
	t, local := Term{What: name, Proposal: true}, opt.local()
	switch {
	case opt.Law.NoObjection && law == general:
		t.Assumption = document.Text{DE: "Laut Einstellung ist gegen Bescheide dieser Stelle kein Widerspruch vorgesehen; maßgeblich ist die Rechtsbehelfsbelehrung.",
			EN: "By configuration this office’s decisions know no objection; the instructions on appeal decide."}
	case l.Notice.Date.IsZero():
		t.Assumption = document.Text{DE: "Nicht berechnet: Das Datum des Bescheids wurde nicht gefunden.", EN: "Not computed: the date of the notice was not found."}
	case law == fine || l.served():
		t.Assumption = document.Text{DE: "Nicht berechnet: Es gibt Hinweise auf eine förmliche Zustellung; der Tag der Zustellung steht in keiner Anlage.",
			EN: "Not computed: there are signs of formal service; its day stands in no attachment."}
	default:
		l.presumed(&t, law, ref, opt, local)
	}
	l.claim(&t, law, opt, local)
	local.say(&t.Assumption)
	l.Terms = append(l.Terms, t)
	if !l.postingKnown(ref) && !t.Day.IsZero() {
		l.warn("posting", "**Tag der Aufgabe zur Post:** in den Unterlagen nicht gefunden.", "**Day of posting:** not found in the files.")
	}
	if law == general && strings.Contains(fewObjections, strings.ToUpper(opt.Law.Land)) && opt.Law.Land != "" && !opt.Law.NoObjection && l.Notice.Instructions == 0 {
		l.warn("no-objection", "**Statthaftigkeit:** Im Land ist das Widerspruchsverfahren für viele Bescheide abgeschafft; maßgeblich ist die Rechtsbehelfsbelehrung.",
			"**Admissible?** The Land has abolished the objection for many decisions; the instructions on appeal decide.")
	}
}

func (l *Letter) postingKnown(ref time.Time) bool {
	t, _ := l.postedOn(ref)
	return !t.IsZero()
}

// presumed computes the term from the presumed day of receipt.
func (l *Letter) presumed(t *Term, law regime, ref time.Time, opt Options, local *local) {
	sent, at := l.postedOn(ref)
	how := document.Text{DE: "zur Post gegeben laut " + at.DE, EN: "posted by " + at.EN}
	if sent.IsZero() {
		sent = l.Notice.Date
		how = document.Text{DE: "(Datum des Bescheids) zur Post gegeben", EN: "(date of the notice)"}
	}
	days, rule, unsure := receiptDays(law, sent, opt)
	known := facts.DeemedNotice(sent, days)
	if law == tax { // § 108 Abs. 3 AO: there the day of receipt moves too
		known = local.moved(known)
	}
	t.Day, t.Rule = local.monthAfter(known, law)
	ordinal := map[int]string{3: "dritten", 4: "vierten"}[days]
	t.Assumption = document.Text{
		DE: fmt.Sprintf("Annahme: einfacher Brief, am %s %s; Bekanntgabe am %s Tag danach, %s (%s); ein Monat nach Bekanntgabe (%s).",
			sent.Format("02.01.2006"), how.DE, ordinal, facts.ShortDate(known, "de"), rule.DE, t.Rule),
		EN: fmt.Sprintf("Assumption: ordinary letter, posted on %s %s; received on the %s day after, %s (%s); one month after receipt (%s).",
			sent.Format("2 January 2006"), how.EN, map[int]string{3: "third", 4: "fourth"}[days], facts.ShortDate(known, "en"), rule.EN, t.Rule)}
	if unsure {
		early, _ := local.monthAfter(facts.DeemedNotice(sent, 3), law)
		t.Assumption.DE += " Ob der dritte oder der vierte Tag gilt, ist für das Land nicht eingestellt; mit dem dritten Tag: " + facts.ShortDate(early, "de") + "."
		t.Assumption.EN += " Whether the third or the fourth day counts is not configured for the Land; with the third: " + facts.ShortDate(early, "en") + "."
	} else if law != tax && known.Weekday()%6 == 0 {
		t.Assumption.DE += " Der Tag der Bekanntgabe fällt auf ein Wochenende; ob er sich verschiebt, ist streitig."
		t.Assumption.EN += " The day of receipt is on a weekend; whether it moves is disputed."
	}
	if d := l.noticeDoc(); d != nil && l.Notice.Instructions == 0 && !d.Partial && law != tax {
		year, _ := facts.PeriodEnd(known, 1, "year")
		year = local.moved(year)
		t.Assumption.DE += " In " + called(l.Notice.File) + " wurde keine Rechtsbehelfsbelehrung gefunden; fehlt sie oder ist sie unrichtig, gilt ein Jahr (§ 58 Abs. 2 VwGO), dann bis " + facts.ShortDate(year, "de") + "."
		t.Assumption.EN += " No instructions on appeal were found in " + called(l.Notice.File) + "; if they are missing or wrong, one year counts (§ 58 Abs. 2 VwGO): " + facts.ShortDate(year, "en") + "."
	}
}

// claim adds the term by the receipt that the letter claims.
func (l *Letter) claim(t *Term, law regime, opt Options, local *local) {
	on := l.claimed()
	if on.IsZero() || (!l.Notice.Date.IsZero() && on.Before(l.Notice.Date)) || opt.Law.NoObjection {
		return
	}
	t.ClaimedOn = on
	if law == fine {
		end, _ := facts.PeriodEnd(on, 2, "week")
		t.Claimed = local.moved(end)
		return
	}
	t.Claimed, _ = local.monthAfter(on, law)
}

// receiptDays returns after how many days a posted notice counts as received,
// by which rule, and whether the Land's rule is not known. The fourth day came
// with 1 January 2025 (Postrechtsmodernisierungsgesetz) for what was posted then
// or later.
func receiptDays(law regime, sent time.Time, opt Options) (int, document.Text, bool) {
	days := facts.DeemedDays(sent)
	switch law {
	case tax:
		return days, document.Text{DE: "§ 122 Abs. 2 Nr. 1 AO", EN: "§ 122 Abs. 2 Nr. 1 AO"}, false
	case social:
		return days, document.Text{DE: "§ 37 Abs. 2 SGB X", EN: "§ 37 Abs. 2 SGB X"}, false
	}
	name := opt.Law.Name
	if name == "" {
		name = "§ 41 Abs. 2 VwVfG"
	}
	switch {
	case opt.Law.Days != 0:
		return opt.Law.Days, document.Text{DE: name + "; laut Einstellung", EN: name + "; by configuration"}, false
	case opt.Law.Land != "" && strings.Contains(federal, strings.ToUpper(opt.Law.Land)):
		return days, document.Text{DE: name + "; Landesrecht laut Einstellung: *Verweis auf Bundesrecht*", EN: name + "; law of the Land by configuration: *refers to federal law*"}, false
	}
	return days, document.Text{DE: name + " oder Landesrecht", EN: name + " or the law of the Land"}, days == 4
}
