package teams

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

func TestGiveFails(t *testing.T) {
	for status, want := range map[int]bots.Text{403: textUploadFailed, 404: textUploadFailed, 409: textUploadFailed, 302: textUploadFailed, 202: textUploadFailed, 507: textDriveFull} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			n := newCounter(t)
			card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
			requests := 0
			n.FileHook(func(w http.ResponseWriter, r *http.Request) bool {
				requests++
				w.Header().Set("Location", "/files/u/a")
				w.WriteHeader(status)
				return true
			})
			n.accept(t, n.chat, card)
			says(t, n.chat, 2, want)
			if requests != 1 {
				t.Errorf("%d requests", requests)
			}
			n.FileHook(nil)
			n.accept(t, n.chat, card)
			if all := n.chat.Messages(); len(all) != 2 || all[0].ID == card.ID {
				t.Errorf("the chat shows %v", all)
			}
			n.quiet(t)
		})
	}
}

func TestUploadAgain(t *testing.T) {
	data := bytes.Repeat([]byte("x"), fragment+7)
	for name, fail := range map[string]func(w http.ResponseWriter, r *http.Request, take func()) bool{
		"busy": func(w http.ResponseWriter, _ *http.Request, _ func()) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		},
		"broken off":  func(http.ResponseWriter, *http.Request, func()) bool { panic(http.ErrAbortHandler) },
		"answer lost": func(_ http.ResponseWriter, _ *http.Request, take func()) bool { take(); panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			n := newCounter(t)
			card := n.show(t, n.chat, "k", "a.bin", data)
			var mu sync.Mutex
			puts := 0
			n.FileHook(func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if r.Method != http.MethodPut {
					return false
				}
				if puts++; puts > 1 {
					return false
				}
				return fail(w, r, func() { n.Take(httptest.NewRecorder(), r) })
			})
			n.accept(t, n.chat, card)
			if _, got := given(t, n.chat); !bytes.Equal(got, data) {
				t.Errorf("%d bytes were given", len(got))
			}
			want := 3
			if name == "answer lost" {
				want = 2
			}
			if puts != want {
				t.Errorf("%d fragments were sent, want %d", puts, want)
			}
			n.quiet(t)
		})
	}
}

type serve http.HandlerFunc

func (s serve) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s(w, r)
	return w.Result(), nil
}

func TestUploadGivesUp(t *testing.T) {
	for name, test := range map[string]struct {
		status   int
		after    string // Retry-After
		min, max time.Duration
	}{
		"busy":          {http.StatusServiceUnavailable, "", 7500 * time.Millisecond, 8 * time.Second},
		"has it":        {http.StatusRequestedRangeNotSatisfiable, "", 7500 * time.Millisecond, 8 * time.Second},
		"says how long": {http.StatusTooManyRequests, "9", 36 * time.Second, 37 * time.Second},
		"says too long": {http.StatusTooManyRequests, "99999999", 4 * maxPause, 4*maxPause + time.Second},
		"says nonsense": {http.StatusTooManyRequests, "-5", 7500 * time.Millisecond, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := publicConnector(t, Config{})
				puts := 0
				c.client = &http.Client{Transport: serve(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet { // it says that it wants the same again
						fmt.Fprint(w, `{"nextExpectedRanges":["0-"]}`)
						return
					}
					puts++
					w.Header().Set("Retry-After", test.after)
					w.WriteHeader(test.status)
				})}
				begin := time.Now()
				err := c.upload(t.Context(), driveURL, []byte("a"))
				if e, ok := errors.AsType[*apiError](err); !ok || e.Status != test.status || puts != uploadTries {
					t.Errorf("%d tries, %v", puts, err)
				}
				if took := time.Since(begin); took < test.min || took > test.max {
					t.Errorf("gave up after %v", took)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := c.upload(ctx, driveURL, []byte("a")); err == nil || time.Since(begin) > test.max+time.Second {
					t.Errorf("out of time: %v after %v", err, time.Since(begin))
				}
			})
		})
	}
}

func TestUploadMissing(t *testing.T) {
	c := publicConnector(t, Config{})
	for answer, want := range map[string]int{`{"nextExpectedRanges":["4-","7-8"]}`: 4, `{"nextExpectedRanges":["0-8"]}`: 0,
		``: -1, `{`: -1, `{"nextExpectedRanges":[]}`: -1, `{"nextExpectedRanges":["9-"]}`: -1, `{"nextExpectedRanges":["-1"]}`: -1, `{"nextExpectedRanges":["x"]}`: -1} {
		c.client = &http.Client{Transport: serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })}
		at, err := c.missing(t.Context(), driveURL, 3, 9)
		if errors.Is(err, errUploadLost) != (want < 0) || want >= 0 && at != want {
			t.Errorf("%s: %d, %v", answer, at, err)
		}
	}
	for status, lost := range map[int]bool{503: false, 429: false, 404: true, 403: true} {
		c.client = &http.Client{Transport: serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })}
		if at, err := c.missing(t.Context(), driveURL, 3, 9); at != 3 || (err != nil) != lost {
			t.Errorf("%d: %d, %v", status, at, err)
		}
	}
}

func TestUploadElsewhere(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	n.FileHook(func(http.ResponseWriter, *http.Request) bool { t.Error("something was uploaded"); return false })
	network := n.c.client.Transport
	n.c.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Hostname() != "127.0.0.1" || strings.HasPrefix(r.URL.Path, "/files/") {
			t.Errorf("a request to %s", r.URL.Host)
		}
		return network.RoundTrip(r)
	})
	told := 1
	for _, field := range []string{"uploadUrl", "contentUrl"} {
		for _, address := range []any{"https://evil.example/files/?tempauth=a", "http://stadt.sharepoint.com/files/?tempauth=a", "", pictureURL} {
			p := must(n.chat.Press(n.jana, card, "accept"))
			p.Upload()[field] = address
			n.press(t, http.StatusOK, func() (int, error) { return n.chat.DeliverPress(p) })
			told++
			says(t, n.chat, told, textUploadFailed)
		}
	}
	p := must(n.chat.Press(n.jana, card, "accept"))
	p.Upload()["uploadUrl"] = 1
	n.press(t, http.StatusBadRequest, func() (int, error) { return n.chat.DeliverPress(p) })
	n.c.client.Transport = network
	err := n.c.upload(t.Context(), "http://127.0.0.1\x00/?tempauth=geheim", []byte("a"))
	safe(t, err, "tempauth=geheim")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = n.c.upload(ctx, "http://127.0.0.1:1/files/?tempauth=geheim", []byte("a"))
	if err == nil {
		t.Error("nobody was there, and took it")
	}
	safe(t, err, "tempauth=geheim")
}

func TestGivenName(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("a"))
	p := must(n.chat.Press(n.jana, card, "accept"))
	p.Upload()["name"] = "../a\u202e 1.txt"
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.DeliverPress(p) })
	if name, _ := given(t, n.chat); name != "a 1.txt" {
		t.Errorf("%q was given", name)
	}
	var long press
	long.Upload.UniqueID = strings.Repeat("a", 101)
	if at := fileCard(long, offer{Name: "a"}).Attachments[0]; string(at.Content) != `{"fileType":"file"}` || at.Name != "a" {
		t.Errorf("%s %s", at.Name, at.Content)
	}
}

func TestGiveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := publicConnector(t, Config{})
		told := ""
		c.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			switch r.URL.Host {
			case "login.microsoftonline.com":
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}`)
			case "smba.trafficmanager.net":
				b, _ := io.ReadAll(r.Body)
				told += string(b)
				fmt.Fprint(w, `{"id":"1"}`)
			default:
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return w.Result(), nil
		})
		s := connectortest.NewState()
		at := ref{Service: "https://smba.trafficmanager.net/emea/", Conversation: "a:1", Type: personal, Tenant: teamstest.Tenant, Bot: "28:1", Person: "29:1"}
		if _, err := c.offer(t.Context(), s, at, "k", bots.File{Name: "a.txt", Data: []byte("a")}, "de"); err != nil {
			t.Fatal(err)
		}
		p := press{Action: "accept", Context: offerContext{offerID("k")}, card: "1", at: at}
		p.meta, p.content = offersOf(at.Conversation)
		p.Upload.UploadURL, p.Upload.ContentURL = driveURL, driveURL
		begin := time.Now()
		c.pressed(t.Context(), s, p)
		if took := time.Since(begin); took < maxAccept || took > maxAccept+time.Second || !strings.Contains(told, "nicht in Ihrem OneDrive") {
			t.Errorf("ended after %v: %s", took, told)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPressWithoutStore(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	_, _, after := n.c.consent(t.Context(), n.state, arrived(t, must(n.chat.Press(n.jana, card, "accept"))))
	if after == nil {
		t.Fatal("refused")
	}
	p := press{Action: "accept", Context: offerContext{offerID("k")}, card: card.ID, at: n.ref(n.chat), locale: "en-US"}
	p.meta, p.content = offersOf(n.chat.ID)
	n.c.pressed(t.Context(), brokenState{n.state, true, false}, p)
	if all := n.chat.Messages(); len(all) != 2 || all[1].Text() != textUploadFailed.EN {
		t.Errorf("the chat shows %v", all)
	}
	n.s = brokenState{n.state, false, true}
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.Decline(card) })
	if all := n.chat.Messages(); len(all) != 1 || !strings.Contains(n.log.String(), "cannot delete a file that was declined") {
		t.Errorf("the chat shows %v", all)
	}
}

func TestUploadSessionEnds(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	n.FileHook(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(map[string]int{http.MethodPut: 503, http.MethodGet: 404}[r.Method])
		return true
	})
	n.accept(t, n.chat, card)
	says(t, n.chat, 2, textUploadFailed)
}

func FuzzUploadMissing(f *testing.F) {
	f.Add(`{"nextExpectedRanges":["4-","7-8"]}`)
	f.Add(`{"nextExpectedRanges":[1]}`)
	f.Add(`{"nextExpectedRanges":["99999999999999999999-"]}`)
	c := publicConnector(f, Config{})
	var answer string
	c.client.Transport = serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
	f.Fuzz(func(t *testing.T, said string) {
		answer = said
		if at, err := c.missing(t.Context(), driveURL, 3, 9); at < 0 || at >= 9 || err != nil && at != 3 {
			t.Fatalf("%d, %v", at, err)
		}
	})
}
