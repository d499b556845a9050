package draft

import (
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// TestLabel: in a reply the author's own sign is "Ihr Zeichen", and no cue stays
// in small letters.
func TestLabel(t *testing.T) {
	tests := map[string]struct{ de, en string }{
		"az.":            {"Aktenzeichen", "file number"},
		"gz":             {"Aktenzeichen", "file number"},
		"unser zeichen":  {"Ihr Zeichen", "your reference"},
		"mein zeichen":   {"Ihr Zeichen", "your reference"},
		"ihr zeichen":    {"unser Zeichen", "our reference"},
		"kassenzeichen":  {"Kassenzeichen", "Kassenzeichen"},
		"rechnung nr.":   {"Rechnung Nr.", "Rechnung Nr."},
		"übergabenummer": {"Übergabenummer", "Übergabenummer"},
		"nr.":            {"Zeichen", "reference"},
		"":               {"Zeichen", "reference"},
	}
	for cue, want := range tests {
		t.Run(cue, func(t *testing.T) {
			if _, got := sie.label(cue); got != want.de {
				t.Errorf("got %q, want %q", got, want.de)
			}
			if _, got := english.label(cue); got != want.en {
				t.Errorf("English: got %q, want %q", got, want.en)
			}
		})
	}
}

// TestLetterWithoutRequest: nothing asked, no heading and one gap.
func TestLetterWithoutRequest(t *testing.T) {
	s := skill(office, nil, map[string]document.Document{"d.eml": plainLetter("Erika Sommer", "Danke", "Liebes Team,\n\nich möchte mich herzlich bei Ihnen bedanken.\n\nHerzliche Grüße\nErika Sommer")})
	d := do(t, s, task("d.eml")).Drafts[0]
	if strings.Contains(d.Text, "Anliegen") || d.Gaps != 1 {
		t.Errorf("%d gaps in\n%s", d.Gaps, d.Text)
	}
}

// TestReplyWanted: that an answer is wanted is for the brief, not a point of its
// own in the reply.
func TestReplyWanted(t *testing.T) {
	s := skill(office, nil, map[string]document.Document{"d.eml": plainLetter("Robin Weiß", "Müll", "Wann kommt die Müllabfuhr? Ich bitte um baldige Antwort bis zum 27.11.2026.")})
	a := do(t, s, task("d.eml"))
	if got := a.Drafts[0].Text; strings.Contains(got, "baldige Antwort") || !strings.Contains(got, "Zu Ihrem Anliegen:") {
		t.Errorf("draft\n%s", got)
	}
	if !strings.Contains(a.Text.DE, "bis **Fr 27.11.2026**: „Ich bitte um baldige Antwort") {
		t.Errorf("brief\n%s", a.Text.DE)
	}
}

// TestClaimedReceipt: "erst" only where the letter claims a later day than the
// presumed one; the same day is said once.
func TestClaimedReceipt(t *testing.T) {
	tests := map[string]string{
		"10.11.2026": "ging der Bescheid erst am 10.11.2026 zu; dann bis Do 10.12.2026. Die Mail ging vor beiden Tagen ein.",
		"09.11.2026": "ging der Bescheid am 09.11.2026 zu; das ergibt denselben Tag. Die Mail ging davor ein.",
		"06.11.2026": "ging der Bescheid am 06.11.2026 zu; dann bis Mo 07.12.2026. Die Mail ging vor beiden Tagen ein.",
	}
	for day, want := range tests {
		t.Run(day, func(t *testing.T) {
			l := plainLetter("Robin Weiß", "Widerspruch", "Gegen den Bescheid vom 05.11.2026, den ich am "+day+" erhalten habe, lege ich Widerspruch ein.")
			s := skill(office, nil, map[string]document.Document{"d.eml": l})
			task := task("d.eml")
			task.Message.Time = time.Date(2026, 11, 20, 17, 42, 9, 0, time.UTC)
			if got := do(t, s, task).Text.DE; !strings.Contains(got, want) {
				t.Errorf("want %q in\n%s", want, got)
			}
		})
	}
}
