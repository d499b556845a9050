package facts

import (
	"strings"
	"testing"
)

// TestCheckDigits holds each function to numbers of its own authority's making or
// worked out by hand, and to such as miss one condition alone.
func TestCheckDigits(t *testing.T) {
	for name, c := range map[string]struct {
		valid    func(string) bool
		yes, not string
	}{
		// Not: another check digit, a zero first, three in a row, two digits twice, none
		// twice, too short, too long.
		"tax":     {ValidTaxID, "86095742719 47036892816 65929970489", "86095742718 01234567781 11123456786 11233456784 12123456787 12345678903 8609574271 860957427190 8609574271A"},
		"VAT":     {ValidVAT, "DE136695976 DE129273398", "DE136695975 AT136695976 de136695976 DE13669597 DE1366959761"},
		"pension": {ValidPension, "15070649C103 65170839J003", "15070649C104 15320649C102 15071349C107 01070649C107 15000649C105 15070649c103 15070649C1030"},
		"health":  {ValidHealth, "A123456780 Z987654321 M000000007", "A123456781 a123456780 1123456780 A12345678 A1234567800"},
		"document": {ValidDocument, "T220001293 L898902C36 5207273 L898902C<3", // the last two: a day of birth of ICAO 9303, a filler
			"T220001294 L898902C37 t220001293 T22000129Ä 3"},
		"card": {ValidCard, "4111111111111111 4222222222222 5555555555554444 2223003122003222 378282246310005 30569309025904 6011111111111117 3530111333300000 6759649826438453",
			"4111111111111112 9999999999999995 55555555555544440 411111111111111 37828224631000"},
		"IBAN": {ValidIBAN, "DE89370400440532013000 GB29NWBK60161331926819", "DE89370400440532013001 DE8937040044053201300 XX89370400440532013000 DE"},
	} {
		for s := range strings.FieldsSeq(c.yes) {
			if !c.valid(s) {
				t.Errorf("%s: %s is valid", name, s)
			}
		}
		for s := range strings.FieldsSeq(c.not + " x Ä") {
			if c.valid(s) {
				t.Errorf("%s: %s is not valid", name, s)
			}
		}
		if c.valid("") {
			t.Errorf("%s: nothing is valid", name)
		}
	}
}
