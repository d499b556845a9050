package teamstest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// The fake refuses what OneDrive refuses; else tests against it would say nothing.
func TestFilesAreStrict(t *testing.T) {
	const size = 2*fragmentUnit + 5
	card := Message{ID: "1", Activity: map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.teams.card.file.consent", "name": "a.txt",
		"content": map[string]any{"description": "a", "sizeInBytes": float64(size), "acceptContext": map[string]any{"id": "1"}, "declineContext": map[string]any{"id": "1"}}}}}}
	c := Start(t)
	jana := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	p, err := c.Personal(jana).Press(jana, card, "accept")
	if err != nil {
		t.Fatal(err)
	}
	session := p.Upload()["uploadUrl"].(string)
	put := func(address, span, header string, length int) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, bytes.NewReader(make([]byte, length)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Range", span)
		if header != "" {
			req.Header.Set(header, "x")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, test := range []struct {
		span, header string
		length, want int
	}{
		{"", "", 5, 400},
		{"bytes 0-4/*", "", 5, 400},
		{"bytes 0-327679/655365", "Authorization", fragmentUnit, 401},
		{"bytes 0-327679/655366", "", fragmentUnit, 400}, // not what the card said
		{"bytes 0-327678/655365", "", fragmentUnit, 400}, // not as long
		{"bytes 0-999/655365", "", 1000, 400},            // no multiple of 320 KiB
		{"bytes 327680-655359/655365", "", fragmentUnit, 416},
		{"bytes 0-327679/655365", "", fragmentUnit, 202},
		{"bytes 0-327679/655365", "", fragmentUnit, 416},
		{"bytes 327680-655359/655365", "", fragmentUnit, 202},
		{"bytes 655360-655364/655365", "", 5, 201},
		{"bytes 655360-655364/655365", "", 5, 404},
	} {
		if got := put(session, test.span, test.header, test.length); got != test.want {
			t.Errorf("%q %s: %d, want %d", test.span, test.header, got, test.want)
		}
	}
	if b, ok := c.Personal(jana).Drive(p.Upload()["contentUrl"].(string)); !ok || len(b) != size {
		t.Errorf("%d bytes are in the drive", len(b))
	}
	if n := len(c.Refusals()); n != 8 {
		t.Errorf("%d faults were noted, want 8: %q", n, c.Refusals())
	}
	card.Activity["attachments"].([]any)[0].(map[string]any)["name"] = "a:b.txt"
	if _, err := c.Personal(jana).Press(jana, card, "accept"); err == nil || !strings.Contains(err.Error(), "OneDrive") {
		t.Errorf("a name with a colon: %v", err)
	}
}
