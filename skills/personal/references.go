package personal

import (
	"regexp"
	"strings"

	"amtsbote/skills/facts"
)

var (
	// refCell is a reference word in a cell of a table, or one that package
	// facts does not know, and its number.
	refCell     = regexp.MustCompile(`^(?i)(?:[\pL-]*(?:nummer|-nr\.?|zeichen|nr\.)|BG-Nr\.?|mandatsreferenz|buchungszeichen|aktenzeichen|az\.?)(?: \([^)\n]{0,40}\))?[ \t]*(?:[|:]|lautet:?|ist|:?[ \t]*\|)?[ \t]*([A-ZÄÖÜ0-9][A-ZÄÖÜa-z0-9./_–-]*(?: ?[0-9][A-Z0-9./_–-]*){0,5})`)
	benefitUnit = regexp.MustCompile(`^\d{5}//\d{7}`)
	// refSkip are numbers that refer to no person.
	refSkip = regexp.MustCompile(`(?i)^(?:hausnummer|kassennr|kassennummer|haus-nr\.?|zimmer\w*|seiten\w*|verkehrszeichen|zeichen|raumnummer|raum-nr\.?|lfd\. ?nr\.?|laufende nummer|vergabe\w*|artikel\w*|los\w*|position\w*|blatt\w*|telefon\w*|fax\w*|handy\w*|mobil\w*|ruf\w*|durchwahl\w*|kennzeichen|ausweis\w*|pass\w*|serien\w*|hsnr\.?|flurstücks\w*|din\w*|eg-nr\.?)$`)
	// cited is what stands before the file number of a decision that is cited.
	cited = regexp.MustCompile(`(?:BVerfG|BVerwG|BGH|BSG|BFH|BAG|EuGH|EuG|EGMR|OVG|VGH|VG|OLG|LG|AG|LSG|SG|KG|BayVGH|BayObLG)\b[^\n;]{0,70}(?:Urteil|Beschluss|Urt\.|Beschl\.|U\.|B\.|Entscheidung)[^\n;]{0,50}$|(?:Urteil|Beschluss|Urt\.|Beschl\.)[^\n;]{0,30}(?:BVerfG|BVerwG|BGH|BSG|BFH|BAG|EuGH|OVG|VGH|OLG|LSG)\b[^\n;]{0,50}$`)
)

// references takes file and customer numbers behind the words that announce them.
func (s *scan) references() {
	for _, f := range s.facts {
		if f.Kind != facts.Reference || cited.MatchString(s.text[max(0, f.Start-140):f.Start]) {
			continue
		}
		if refSkip.MatchString(strings.TrimRight(f.Cue, ".")) && f.Cue != "zeichen" {
			continue
		}
		s.add(Reference, f.Start, f.End, f.Norm, true)
	}
	for from := 0; ; { // numbers of benefit units: 35502//0012345
		k := strings.Index(s.text[from:], "//")
		if k < 0 {
			break
		}
		k += from
		from = k + 2
		if m := benefitUnit.FindStringIndex(s.text[max(0, k-5):min(len(s.text), k+10)]); m != nil && k >= 5 && s.whole(k-5, k-5+m[1]) {
			s.add(Reference, k-5, k-5+m[1], s.text[k-5:k-5+m[1]], true)
		}
	}
	for _, t := range s.toks {
		low := strings.ToLower(t.word)
		if low != "az" && !strings.HasSuffix(low, "nr") && !strings.HasSuffix(low, "nummer") && !strings.HasSuffix(low, "zeichen") && low != "mandatsreferenz" {
			continue
		}
		rest := s.text[t.start:min(len(s.text), t.end+100)]
		m := refCell.FindStringSubmatchIndex(rest)
		if m == nil {
			continue
		}
		value := rest[m[2]:m[3]]
		if countDigits(value) < 3 || refSkip.MatchString(t.word) || datelike(value) {
			continue
		}
		value = strings.TrimRight(value, ".-–_/")
		start := t.start + m[2]
		s.add(Reference, start, start+len(value), strings.Join(strings.Fields(value), ""), true)
	}
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			n++
		}
	}
	return n
}

var dateForm = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.(?:\d{2}|\d{4})$`)

func datelike(s string) bool { return dateForm.MatchString(s) }
