package facts

import "fmt"

// amount finds a sum of money: "25,00 €", "EUR 12.500,00", "1,2 Mio. €", "€25",
// "fünfzig Euro", "-5 €", and both of "100 bis 500 Euro".
func (s *scan) amount(i int) int {
	t := s.at(i)
	sign := int64(1)
	j := i
	if t.kind == markToken && isDash(t.mark) {
		// A minus stands alone before its number; a dash between does not.
		if t.gap == tight && i > 0 && s.at(i-1).mark != '(' || s.at(i+1).gap != tight {
			return i
		}
		sign, j = -1, i+1
	}
	if code, k := s.currency(j); k > j {
		return s.prefixed(i, k, sign, code)
	}
	if s.at(j).kind == wordToken {
		return s.worded(i)
	}
	if !s.bare(j) && sign > 0 {
		return i
	}
	f, scale, code, next := s.suffixed(j)
	if next == j {
		return s.amountRange(i, j)
	}
	return s.addAmount(f, scale, sign, code, i, next)
}

// currency reads a currency at token i.
func (s *scan) currency(i int) (string, int) {
	t := s.at(i)
	if t.kind == markToken {
		switch t.mark {
		case '€':
			return "EUR", i + 1
		case '$':
			return "USD", i + 1
		case '£':
			return "GBP", i + 1
		}
		return "", i
	}
	if t.kind == wordToken && t.lex.flags&fCurrency != 0 {
		return t.lex.s, i + 1
	}
	if s.str(i) == "T" && s.is(i+1, '€') {
		return "TEUR", i + 2
	}
	return "", i
}

// prefixed reads the number after a currency: "EUR 25,00", "€25.00".
func (s *scan) prefixed(i, k int, sign int64, code string) int {
	if s.at(k).gap > blank || code == "CENT" {
		return i
	}
	symbol := s.at(k-1).kind == markToken
	if symbol && s.at(k).gap != tight && s.at(k-1).gap == tight && s.at(k-2).kind == numToken {
		return i // "25 €, 30 €" read from behind
	}
	f, ok := s.figure(k, symbol)
	if !ok {
		return i
	}
	if _, after := s.currency(f.next); after > f.next && s.near(f.next) && !symbol && f.next == k+1 {
		return i // "Euro 3 €": the number belongs to what follows
	}
	if s.str(k-1) == "Euro" && f.next == k+1 && s.isNum(k, 4, 4) && isYear(int(f.whole)) {
		return i // "der Euro 2026"
	}
	scale, next := s.scale(f.next)
	return s.addAmount(f, scale, sign, code, i, next)
}

// suffixed reads a number with its currency behind: "1,2 Mio. €".
func (s *scan) suffixed(j int) (f figure, scale int64, code string, next int) {
	f, ok := s.figure(j, false)
	if !ok {
		return f, 0, "", j
	}
	scale, k := s.scale(f.next)
	code, next = s.currency(k)
	if next == k || !s.near(k) {
		return f, 0, "", j
	}
	return f, scale, code, next
}

// scale reads "Mio.", "Tsd.", "Millionen" at token i.
func (s *scan) scale(i int) (int64, int) {
	t := s.at(i)
	if t.kind != wordToken || t.lex.flags&fScale == 0 || t.gap > blank {
		return 1, i
	}
	next := i + 1
	if s.is(next, '.') && s.at(next).gap == tight {
		if _, k := s.currency(next + 1); k > next+1 && s.near(next+1) {
			next++
		}
	}
	return int64(t.lex.n), next
}

// worded finds "fünfzig Euro", "zwei Millionen Euro".
func (s *scan) worded(i int) int {
	t := s.at(i)
	scale, k := s.scale(i + 1)
	code, next := s.currency(k)
	if next == k || !s.near(k) || s.at(k).kind == wordToken && !s.at(k).upper {
		return i
	}
	n := t.lex.n
	if t.lex.flags&fNumber == 0 {
		n = numberWord(lower(s.str(i)))
	}
	if n == 0 {
		return i
	}
	return s.addAmount(figure{whole: int64(n)}, scale, 1, code, i, next)
}

// amountRange adds the first number of "100 bis 500 Euro", "5–10 €".
func (s *scan) amountRange(i, j int) int {
	f, ok := s.figure(j, false)
	if !ok || j != i {
		return i
	}
	k := f.next
	t := s.at(k)
	between := t.kind == markToken && (isDash(t.mark) || t.mark == '/') || t.kind == wordToken && (s.str(k) == "bis" || s.str(k) == "und" || s.str(k) == "oder" || s.str(k) == "to")
	if !between || !s.near(k) || !s.near(k+1) {
		return i
	}
	_, scale, code, next := s.suffixed(k + 1)
	if next == k+1 {
		return i
	}
	return s.addAmount(f, scale, 1, code, i, f.next)
}

func (s *scan) addAmount(f figure, scale, sign int64, code string, i, next int) int {
	div := int64(1)
	switch code {
	case "TEUR":
		code, scale = "EUR", scale*1000
	case "CENT":
		code, div = "EUR", 100
	}
	cents, ok := f.scaled(scale)
	if !ok {
		return i
	}
	cents = cents / div * sign
	s.add(Fact{Kind: Amount, Cents: cents, Currency: code, Norm: amountNorm(code, cents)}, i, next)
	return next
}

func amountNorm(code string, cents int64) string {
	minus := ""
	if cents < 0 {
		minus, cents = "-", -cents
	}
	return fmt.Sprintf("%s %s%d.%02d", code, minus, cents/100, cents%100)
}

// percent finds "19 %", "3,5 Prozent", "4 v. H.".
func (s *scan) percent(i int) int {
	if !s.bare(i) {
		return i
	}
	f, ok := s.figure(i, false)
	if !ok {
		return i
	}
	k := f.next
	if !s.near(k) {
		return i
	}
	next := k
	switch {
	case s.is(k, '%'):
		next = k + 1
	case s.at(k).kind == wordToken:
		switch lower(s.str(k)) {
		case "prozent", "percent":
			next = k + 1
		case "v":
			if s.is(k+1, '.') && (s.str(k+2) == "H" || s.str(k+2) == "h") && s.is(k+3, '.') {
				next = k + 4
			}
		case "vh":
			next = k + 1
		}
	}
	if next == k {
		return i
	}
	norm := fmt.Sprint(f.whole)
	if frac := trimZeros(f.fraction); frac != "" {
		norm += "." + frac
	}
	s.add(Fact{Kind: Percent, Norm: norm + "%"}, i, next)
	return next
}

func trimZeros(s string) string {
	for len(s) > 0 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	return s
}
