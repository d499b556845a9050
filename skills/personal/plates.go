package personal

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed districts.txt
var districtList string

// districts are the signs of German registration districts.
var districts = words(districtList)

var (
	plateForm = regexp.MustCompile(`([A-ZÄÖÜ]{1,3})([- ])([A-Z]{1,2})[- ]?([1-9][0-9]{0,3})([EH])?`)
	plateCue  = regexp.MustCompile(`(?i)(?:kennzeichen|kfz|pkw|lkw|fahrzeug|wagen|krad|motorrad|halter|plate|car)[^\n]{0,50}$`)
	noPlate   = map[string]bool{"DIN-EN": true, "EN-ISO": true, "SGB-II": true, "EU-VO": true, "DIN-ISO": true, "DIN-A": true, "A-Z": true, "DS-GV": true}
)

// plates takes German number plates: with a hyphen behind the sign of a district,
// or beside a word that speaks of vehicles.
func (s *scan) plates() {
	for from := 0; ; {
		m := plateForm.FindStringSubmatchIndex(s.text[from:])
		if m == nil {
			return
		}
		for k := range m {
			if m[k] >= 0 {
				m[k] += from
			}
		}
		from = m[1]
		start, end := m[0], m[1]
		district, letters := s.text[m[2]:m[3]], s.text[m[6]:m[7]]
		if !districts[district] || noPlate[district+"-"+letters] || !s.whole(start, end) {
			from = m[3]
			continue
		}
		cue := plateCue.MatchString(s.text[max(0, start-60):start])
		if s.text[m[4]:m[5]] != "-" && !cue {
			continue
		}
		if district+letters == "AB" && !cue { // rooms, parts: A-B 12
			continue
		}
		norm := district + "-" + letters + s.text[m[8]:m[9]]
		if m[10] >= 0 {
			norm += s.text[m[10]:m[11]]
		}
		s.add(Plate, start, end, norm, true)
	}
}

// whole reports whether text[start:end] is no part of a longer word or number.
func (s *scan) whole(start, end int) bool {
	if start > 0 && (alnum(s.text[start-1]) || strings.IndexByte("-./_", s.text[start-1]) >= 0 || !s.wordStart(start)) {
		return false
	}
	if end >= len(s.text) {
		return true
	}
	if c := s.text[end]; alnum(c) || c == '_' || c >= 0xC0 {
		return false
	} else if strings.IndexByte("-/.,", c) >= 0 && end+1 < len(s.text) && alnum(s.text[end+1]) {
		return false
	}
	return true
}
