package facts

import "strings"

// The functions here hold numbers of persons against their check digits. Each
// takes the number without blanks, letters in capitals.

// ValidIBAN reports whether s has the length of its country's IBANs and check
// digits after ISO 7064, modulo 97.
func ValidIBAN(s string) bool {
	return len(s) > 4 && IBANLength(s[:2]) == len(s) && ibanValid([]byte(s))
}

// IBANLength returns the length of a country's IBANs, 0 of one that has none.
func IBANLength(country string) int { return ibanLength[country] }

// ValidTaxID reports whether s is a German tax identification number (§ 139b AO):
// eleven digits, not beginning with 0, the last a check digit after ISO 7064, mod
// 11, 10; of the first ten one digit occurs twice or three times (three times not
// in a row), the others at most once.
func ValidTaxID(s string) bool {
	if len(s) != 11 || !digitsOnly(s) || s[0] == '0' {
		return false
	}
	var count [10]int
	for i := range 10 {
		count[s[i]-'0']++
		if i >= 2 && s[i] == s[i-1] && s[i] == s[i-2] {
			return false
		}
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && mod1110(s)
}

// ValidVAT reports whether s is a German VAT number: DE and nine digits, the
// last after ISO 7064, mod 11, 10.
func ValidVAT(s string) bool {
	return len(s) == 11 && strings.HasPrefix(s, "DE") && digitsOnly(s[2:]) && s[2] != '0' && mod1110(s[2:])
}

// mod1110 checks ISO 7064, mod 11, 10.
func mod1110(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		sum := (int(s[i]-'0') + p) % 10
		if sum == 0 {
			sum = 10
		}
		p = 2 * sum % 11
	}
	return (11-p)%10 == int(s[len(s)-1]-'0')
}

// ValidPension reports whether s is a German pension insurance number: area, day
// of birth, initial, serial, check digit (§ 147 SGB VI, VKVV).
func ValidPension(s string) bool {
	if len(s) != 12 || !digitsOnly(s[:8]) || !capital(s[8]) || !digitsOnly(s[9:]) {
		return false
	}
	if day, month := two(s[2:]), two(s[4:]); day == 0 || day > 31 || month == 0 || month > 12 || two(s) < 2 {
		return false
	}
	n := int(s[8]-'A') + 1
	digits := s[:8] + string([]byte{byte('0' + n/10), byte('0' + n%10)}) + s[9:11]
	sum := 0
	for i, w := range [12]int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		sum += crossSum(int(digits[i]-'0') * w)
	}
	return sum%10 == int(s[11]-'0')
}

// ValidHealth reports whether s is the unchanging part of a German health
// insurance number: a letter, eight digits, check digit (§ 290 SGB V).
func ValidHealth(s string) bool {
	if len(s) != 10 || !capital(s[0]) || !digitsOnly(s[1:]) {
		return false
	}
	n := int(s[0]-'A') + 1
	digits := string([]byte{byte('0' + n/10), byte('0' + n%10)}) + s[1:9]
	sum := 0
	for i := range len(digits) {
		sum += crossSum(int(digits[i]-'0') * (1 + i%2))
	}
	return sum%10 == int(s[9]-'0')
}

// ValidDocument reports whether s ends in the check digit that ICAO 9303 gives
// what stands before it: the number of a passport or identity card.
func ValidDocument(s string) bool {
	if len(s) < 2 {
		return false
	}
	sum := 0
	for i := range len(s) - 1 {
		v := 0
		switch c := s[i]; {
		case c == '<':
		case '0' <= c && c <= '9':
			v = int(c - '0')
		case capital(c):
			v = int(c-'A') + 10
		default:
			return false
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return sum%10 == int(s[len(s)-1])-'0'
}

// ValidCard reports whether s is the number of a payment card: 13 to 19 digits
// of a known issuer, the last after Luhn.
func ValidCard(s string) bool {
	if len(s) < 13 || len(s) > 19 || !digitsOnly(s) {
		return false
	}
	four := two(s)*100 + two(s[2:])
	switch n := len(s); {
	case s[0] == '4' && (n == 13 || n == 16 || n == 19):
	case n == 16 && (four >= 5100 && four < 5600 || four >= 2221 && four <= 2720):
	case n == 15 && (four/100 == 34 || four/100 == 37):
	case n == 14 && (four/100 == 36 || four/100 == 38 || four >= 3000 && four <= 3059):
	case n == 16 && (four == 6011 || four/100 == 65 || four >= 3528 && four <= 3589):
	case four/100 == 50 || four/100 >= 56 && four/100 <= 59 || four/100 == 67:
	default:
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d = crossSum(2 * d)
		}
		sum += d
	}
	return sum%10 == 0
}

func crossSum(n int) int { return n/10 + n%10 }

func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

func capital(c byte) bool { return 'A' <= c && c <= 'Z' }

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
