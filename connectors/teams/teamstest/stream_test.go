package teamstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A streamer sends activities in a bubble.
type streamer struct {
	t     *testing.T
	c     *Cloud
	token string
}

// send posts an activity and returns status, ID and error.
func (s *streamer) send(v *Conversation, a map[string]any) (int, string) {
	s.t.Helper()
	body, _ := json.Marshal(a)
	r, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.c.URL+"/connector/v3/conversations/"+url.PathEscape(v.ID)+"/activities", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.c.Transport().RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	got, _ := io.ReadAll(resp.Body)
	var said struct {
		ID    string
		Error struct{ Message string }
	}
	_ = json.Unmarshal(got, &said)
	return resp.StatusCode, said.ID + said.Error.Message
}

func part(kind, id string, n int, text string) map[string]any {
	e := map[string]any{"type": "streaminfo", "streamType": kind}
	if id != "" {
		e["streamId"] = id
	}
	if n > 0 {
		e["streamSequence"] = n
	}
	a := map[string]any{"type": "typing", "text": text, "entities": []any{e}}
	if kind == "final" {
		a["type"] = "message"
	}
	return a
}

func with(a map[string]any, key string, v any) map[string]any {
	a[key] = v
	return a
}

// inStream runs a test with a stream that has begun with "Ein Anfang.".
func inStream(t *testing.T, test func(s *streamer, v *Conversation, id string)) {
	t.Helper()
	c := Start(t)
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{t: t, c: c, token: "t"}
		c.issuer.own.given = map[string]bearer{s.token: {Scope, time.Now().Add(time.Hour)}}
		v := c.Personal(c.Person("Anna", "anna@stadt.example"))
		code, id := s.send(v, part("streaming", "", 1, "Ein Anfang."))
		if code != http.StatusCreated || id == "" {
			t.Fatalf("%d %s", code, id)
		}
		time.Sleep(streamPause)
		test(s, v, id)
	})
}

// What Teams refuses of a stream, the fake does.
func TestStreamRefused(t *testing.T) {
	long := strings.Repeat("x", maxInform+1)
	for name, tt := range map[string]struct {
		activity func(id string) map[string]any
		status   int
		why      string
		before   func(s *streamer, v *Conversation, id string)
	}{
		"goes on":             {activity: func(id string) map[string]any { return part("streaming", id, 2, "Ein Anfang. Mehr") }, status: 202},
		"ends":                {activity: func(id string) map[string]any { return part("final", id, 0, "Ein Anfang. Ende") }, status: 202},
		"too fast":            {func(id string) map[string]any { return part("streaming", id, 3, "Ein Anfang. Mehr.") }, 429, "quota", func(s *streamer, v *Conversation, id string) { s.send(v, part("streaming", id, 2, "Ein Anfang.")) }},
		"out of order":        {activity: func(id string) map[string]any { return part("streaming", id, 1, "Ein Anfang. Mehr") }, status: 202, why: "PreCondition"},
		"other text":          {activity: func(id string) map[string]any { return part("streaming", id, 2, "Anders") }, status: 403, why: "previously streamed"},
		"other end":           {activity: func(id string) map[string]any { return part("final", id, 0, "Anders") }, status: 403, why: "previously streamed"},
		"inform after text":   {activity: func(id string) map[string]any { return part("informative", id, 2, "Seite 1") }, status: 400, why: "after text"},
		"no stream":           {activity: func(string) map[string]any { return part("streaming", "1", 2, "Ein Anfang.") }, status: 400, why: "no stream"},
		"a second one":        {activity: func(string) map[string]any { return part("streaming", "", 1, "Zwei") }, status: 403, why: "one concurrent"},
		"begins with 2":       {func(string) map[string]any { return part("streaming", "", 2, "Zwei") }, 400, "streamSequence 1", func(s *streamer, v *Conversation, id string) { s.send(v, part("final", id, 0, "Ein Anfang.")) }},
		"begins with the end": {activity: func(string) map[string]any { return part("final", "", 0, "x") }, status: 400, why: "final one"},
		"end with a number":   {activity: func(id string) map[string]any { return part("final", id, 2, "Ein Anfang.") }, status: 400, why: "final one"},
		"end as typing":       {activity: func(id string) map[string]any { return with(part("final", id, 0, "Ein Anfang."), "type", "typing") }, status: 400, why: "final one"},
		"no number":           {activity: func(id string) map[string]any { return part("streaming", id, 0, "Ein Anfang.") }, status: 400, why: "streamSequence"},
		"as message": {activity: func(id string) map[string]any {
			return with(part("streaming", id, 2, "Ein Anfang."), "type", "message")
		}, status: 400, why: "typing activity"},
		"another type": {activity: func(id string) map[string]any { return part("start", id, 2, "Ein Anfang.") }, status: 400, why: "streamType"},
		"long inform":  {activity: func(id string) map[string]any { return part("informative", id, 2, long) }, status: 400, why: "1 KB"},
		"buttons": {activity: func(id string) map[string]any {
			return with(part("streaming", id, 2, "Ein Anfang."), "channelData", map[string]any{"feedbackLoop": map[string]any{"type": "default"}})
		}, status: 400, why: "labels"},
		"no text": {activity: func(id string) map[string]any {
			a := part("streaming", id, 2, "x")
			delete(a, "text")
			return a
		}, status: 400, why: "include text"},
		"after the end":       {func(id string) map[string]any { return part("streaming", id, 3, "Ein Anfang. Mehr") }, 403, "already completed", func(s *streamer, v *Conversation, id string) { s.send(v, part("final", id, 0, "Ein Anfang.")) }},
		"after two minutes":   {func(id string) map[string]any { return part("final", id, 0, "Ein Anfang.") }, 403, "exceeded", func(*streamer, *Conversation, string) { time.Sleep(streamFor) }},
		"after the stop sign": {func(id string) map[string]any { return part("final", id, 0, "Ein Anfang.") }, 403, "canceled", func(_ *streamer, v *Conversation, _ string) { v.CancelStream() }},
	} {
		t.Run(name, func(t *testing.T) {
			inStream(t, func(s *streamer, v *Conversation, id string) {
				if tt.before != nil {
					tt.before(s, v, id)
				}
				code, said := s.send(v, tt.activity(id))
				if code != tt.status || !strings.Contains(said, tt.why) {
					t.Errorf("%d %s", code, said)
				}
				if tt.why != "" && len(s.c.Refusals()) == 0 {
					t.Error("it is no fault of the test")
				}
			})
		})
	}
	inStream(t, func(s *streamer, _ *Conversation, _ string) {
		v := s.c.Group("Runde", s.c.Person("Anna", "anna@stadt.example"))
		if code, said := s.send(v, part("informative", "", 1, "Seite 1")); code != 403 || !strings.Contains(said, "not allowed") {
			t.Errorf("in a group: %d %s", code, said)
		}
		if v.CancelStream() {
			t.Error("a stop button without a stream")
		}
	})
}

func TestStreamShown(t *testing.T) {
	inStream(t, func(s *streamer, v *Conversation, id string) {
		s.send(v, part("final", id, 0, "Ein Anfang. Ende"))
		if all := v.Messages(); len(all) != 1 || all[0].ID != id || all[0].Text() != "Ein Anfang. Ende" || fmt.Sprint(len(v.Streamed())) != "2" {
			t.Errorf("got %v", all)
		}
	})
}
