package check

import (
	"math"
	"strconv"
	"strings"
	"time"

	"amtsbote/skills/facts"
)

// numbers checks accounts, phone numbers, numbers, periods and codes of what is
// left of the answer.
func (c *checker) numbers() {
	scanIBANs(string(c.rest), func(code string, start, end int) {
		if !c.src.has(kCode, code) {
			c.add(facts.IBAN, start, end)
		}
		blank(c.rest, start, end)
	})
	c.dials()
	scanNumbers(c.text, c.rest, func(n number) {
		if c.src.hasNumber(n) || n.rounded && c.src.rounds(n.values, false) {
			return
		}
		if n.of == "" && c.counts(n) {
			return
		}
		if (n.of == facts.Reference || n.of == facts.Time) && c.says(c.text[n.start:n.end]) {
			return
		}
		k := n.kind()
		if k == facts.Term {
			c.period(n)
			return
		}
		c.add(k, n.start, n.end)
	})
}

// period flags a period, unless it is the time between two dates of the sources.
func (c *checker) period(n number) {
	for _, v := range n.values {
		if months, err := strconv.Atoi(v); err == nil && n.unit == "month" && c.src.spans(months) {
			return
		}
	}
	c.add(facts.Term, n.start, n.end)
}

// spans reports whether two days of the sources are so many months apart, the
// first and the last counted: from 1 July 2026 to 30 June 2029 it is 36. Fewer
// than six are too often so by chance.
func (s *Sources) spans(months int) bool {
	if months < 6 || months > 1200 {
		return false
	}
	for _, v := range s.shown[facts.Date] {
		if v.date.IsZero() {
			continue
		}
		last := v.date.AddDate(0, months, 0)
		if s.has(kDate, last.Format(time.DateOnly)) || s.has(kDate, last.AddDate(0, 0, -1).Format(time.DateOnly)) {
			return true
		}
	}
	return false
}

// counts reports whether a number counts what the answer itself says: the items
// of its list, or its "zwei Möglichkeiten".
func (c *checker) counts(n number) bool {
	v, err := strconv.Atoi(n.values[0])
	if err != nil || v < 2 {
		return false
	}
	next, _, _ := strings.Cut(strings.TrimLeft(c.text[n.end:min(len(c.text), n.end+40)], " \u00a0"), " ")
	return v <= 9 && countable[strings.ToLower(strings.TrimRight(next, ".,:;*"))] || c.announces(n, v)
}

var countable = set("punkte punkten aspekte aspekten fragen möglichkeiten themen schritte schritten gründe gründen bereiche bereichen teile teilen hinweise optionen wege points aspects questions options topics steps reasons parts")

// dials checks what looks like a phone number. What has no blank or mark in it
// is one only if it is long.
func (c *checker) dials() {
	best, from, to, known := 0, -1, 0, 0
	flush := func() {
		if from < 0 {
			return
		}
		text := c.text[from:to]
		switch {
		case known > from && (known == to || c.text[known] != '-' && c.text[known] != '/'):
			blank(c.rest, from, known)
		case best >= 8 && strings.ContainsAny(text, " /-–)") && !c.src.has(kCode, squeeze(text)):
			c.add(facts.Phone, from, to)
			blank(c.rest, from, to)
		}
		from, known = -1, 0
	}
	scanDials(string(c.rest), func(d string, start, end int) bool {
		if start != from {
			flush()
			from = start
		}
		best, to = len(d), end
		if c.src.has(kDial, d) {
			known = end
		}
		return false
	})
	flush()
}

// hasNumber reports whether the sources have a number in the sense it has here.
func (s *Sources) hasNumber(n number) bool {
	for _, v := range n.values {
		if s.hasValue(n, v) {
			return true
		}
	}
	// A small number without a unit is not the source of a period: "zwei
	// Stellplätze" does not say "zwei Monate".
	for _, v := range n.bare {
		if s.has(kCell, v) || len(v) > 1 && s.has(kBare, v) {
			return true
		}
	}
	return false
}

func (s *Sources) hasValue(n number, v string) bool {
	switch n.of {
	case facts.Reference:
		return s.has(kCode, v)
	case facts.Time:
		return s.hasTime(v)
	case facts.Month:
		return s.has(kMonth, v)
	case weekday:
		return s.has(kWeekday, v)
	case facts.Percent:
		return s.has(kPercent, v) || s.has(kCell, v)
	case facts.Term:
		return s.has(kPeriod, v+" "+n.unit)
	}
	return s.has(kNumber, v) || n.label && s.has(kLabel, v)
}

// rounds reports whether a number of the sources becomes one of values when it
// is rounded to as many digits, and is less than a twentieth off.
func (s *Sources) rounds(values []string, amount bool) bool {
	for _, v := range values {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f < 10 {
			continue
		}
		unit := 1.0
		for math.Mod(f, unit*10) == 0 {
			unit *= 10
		}
		for _, x := range s.values {
			if math.Abs(x-f) <= f/20 && math.Abs(x-f) < unit {
				return true
			}
		}
		if !amount {
			continue
		}
		for _, c := range s.cents {
			if x := float64(c) / 100; math.Abs(x-f) <= f/20 && math.Abs(x-f) < unit {
				return true
			}
		}
	}
	return false
}
