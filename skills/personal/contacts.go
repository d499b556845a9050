package personal

import (
	"strings"

	"amtsbote/skills/facts"
)

// contacts takes mail addresses and phone numbers.
func (s *scan) contacts() {
	for _, f := range s.facts {
		switch f.Kind {
		case facts.Email:
			s.add(Email, f.Start, f.End, f.Norm, true)
		case facts.Phone:
			if len(f.Norm) >= 5 { // 110, 115 and the like are nobody's
				s.add(Phone, f.Start, f.End, f.Norm, true)
			}
		}
	}
	for i := 0; i < len(s.text); i++ {
		c := s.text[i]
		if c != '0' && c != '+' && c != '(' {
			continue
		}
		if i > 0 && (alnum(s.text[i-1]) || strings.IndexByte(".,/-+_:#<", s.text[i-1]) >= 0 && !strings.HasSuffix(s.text[:i], "tel:")) {
			continue
		}
		if end, norm, ok := s.phone(i); ok {
			s.add(Phone, i, end, norm, false)
			i = end
		}
	}
}

// phone reads at i a number that is written as phone numbers are: "+49 40 …",
// "(040) 12 34", "040/1234-0", "0176 12345678".
func (s *scan) phone(i int) (end int, norm string, ok bool) {
	var b []byte
	seps, j := 0, i
	plus := s.text[i] == '+'
	bracket := s.text[i] == '('
	if plus || bracket {
		j++
	}
	end = i
	for j < len(s.text) && len(b) < 17 {
		if c := s.text[j]; '0' <= c && c <= '9' {
			b = append(b, c)
			j++
			end = j
			continue
		}
		n := s.phoneMark(j, len(b))
		if n == 0 {
			break
		}
		if j+n > end {
			seps++
		}
		j += n
	}
	d := string(b)
	if bracket && !strings.Contains(s.text[i:end], ")") {
		return 0, "", false
	}
	if end < len(s.text) && (alnum(s.text[end]) || s.text[end] == '<') || len(d) < 7 {
		return 0, "", false
	}
	switch {
	case plus && d[0] != '0' && len(d) >= 9 && len(d) <= 15:
		if strings.HasPrefix(d, "490") { // +49 (0)40
			d = "49" + d[3:]
		}
		return end, "+" + d, true
	case strings.HasPrefix(d, "00") && d[2] != '0' && len(d) >= 11 && seps > 0:
		return end, "+" + d[2:], true
	case d[0] == '0' && d[1] != '0' && len(d) >= 8 && len(d) <= 14:
		mobile := (d[1] == '1' && (d[2] == '5' || d[2] == '6' || d[2] == '7')) && len(d) >= 11 && len(d) <= 13
		if seps > 0 || mobile {
			return end, "+49" + d[1:], true
		}
	}
	return 0, "", false
}

// phoneMark returns how many bytes of marks may stand inside a phone number at j.
func (s *scan) phoneMark(j, digits int) int {
	n := 0
	for n < 3 && j+n < len(s.text) {
		rest := s.text[j+n:]
		switch {
		case strings.HasPrefix(rest, "\u00a0"):
			n += 2
		case strings.HasPrefix(rest, "–"), strings.HasPrefix(rest, "\u202f"), strings.HasPrefix(rest, "\u2011"):
			n += 3
		case strings.IndexByte(" /-()", rest[0]) >= 0:
			n++
		default:
			if n > 0 && '0' <= rest[0] && rest[0] <= '9' && digits > 0 {
				return n
			}
			return 0
		}
	}
	if j+n < len(s.text) && '0' <= s.text[j+n] && s.text[j+n] <= '9' {
		return n
	}
	return 0
}
