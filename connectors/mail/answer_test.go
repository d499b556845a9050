package mail

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"testing"

	"amtsbote/bots"
)

// TestAnswerFile: whose the .eml will be is the authority's choice, and so is the
// mark of AI that its recipient would see. The colleague's own mail says in every
// case what made it, and stays in its thread.
func TestAnswerFile(t *testing.T) {
	r := draftReply(bots.Message{Connector: "bot", ID: "1", Sender: "anna@amt.test", Subject: "Brief"})
	r.Answer.Notice = bots.Notice{Model: "Testmodell", Place: "Testraum"}
	for _, test := range []struct{ from, mark, wantFrom string }{
		{"", "", "<anna@amt.test>"},
		{"Bürgerbüro <amt@amt.test>", "KI-Entwurf", "=?utf-8?q?B=C3=BCrgerb=C3=BCro?= <amt@amt.test>"},
	} {
		c := New(Config{Name: "bot", Server: "127.0.0.1:1", Watch: watchForwards, Address: "bot@amt.test", OwnDomains: []string{"amt.test"}, DraftFrom: test.from, Mark: test.mark}, discard)
		m := c.compose(r, reference{References: []string{"a@x.example"}}, "id@amt.test")
		if len(m.Files) != 1 || !slices.Equal(m.References, []string{"a@x.example"}) {
			t.Fatalf("got %d files, references %v", len(m.Files), m.References)
		}
		draft, err := netmail.ReadMessage(bytes.NewReader(m.Files[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		h := draft.Header
		if h.Get("From") != test.wantFrom || h.Get("X-Amtsbote") != test.mark || h.Get("X-Unsent") != "1" || h.Get("Auto-Submitted") != "" {
			t.Errorf("got headers %v", h)
		}
		contains1(t, m.Text, "Testmodell")
		contains1(t, m.HTML, "Testraum")
		if bytes.Contains(m.Files[0].Data, []byte("Testmodell")) {
			t.Error("the draft names the model")
		}
	}
}
