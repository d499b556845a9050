package teams

import (
	"bytes"
	"context"
	"encoding/json"
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

// A counter is a desk with an endpoint that takes what people press.
type counter struct {
	*desk
	s       bots.State // what the endpoint uses; the desk's state unless it is replaced
	pending sync.WaitGroup
}

func newCounter(t *testing.T) *counter {
	n := &counter{desk: newDesk(t)}
	n.s = n.state
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := decode(r.Body)
		if err != nil || a.Name != invokeConsent {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		status, body, after := n.c.consent(r.Context(), n.s, a)
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
		if after != nil {
			n.pending.Go(func() { after(context.Background()) })
		}
	}))
	t.Cleanup(func() { n.pending.Wait(); srv.Close() })
	n.Bot(srv.URL)
	return n
}

func (n *counter) ref(v *teamstest.Conversation) ref {
	return ref{Service: n.Service(), Conversation: v.ID, Type: personal, Tenant: teamstest.Tenant, Bot: teamstest.BotID, Person: v.Members[0].ID}
}

// show offers a file in a chat and returns its card as it stands there.
func (n *counter) show(t *testing.T, v *teamstest.Conversation, key, name string, data []byte) teamstest.Message {
	t.Helper()
	card, err := n.c.offer(t.Context(), n.state, n.ref(v), key, bots.File{Name: name, Data: data}, "de")
	if err != nil || card == nil {
		t.Fatalf("offer: %v, %v", card, err)
	}
	id, err := n.c.api.post(t.Context(), n.ref(v), card)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Messages() {
		if m.ID == id {
			return m
		}
	}
	t.Fatal("the card is not shown")
	return teamstest.Message{}
}

// kept counts what the State holds under a prefix.
func (n *counter) kept(t *testing.T, prefix string) (values, size int) {
	t.Helper()
	err := n.state.Each(t.Context(), prefix, func(_ string, v []byte) error {
		values, size = values+1, size+len(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return values, size
}

// press presses a button and waits until what it causes is done.
func (n *counter) press(t *testing.T, want int, press func() (int, error)) {
	t.Helper()
	status, err := press()
	if err != nil || status != want {
		t.Errorf("answered %d, %v; want %d", status, err, want)
	}
	n.pending.Wait()
}

func (n *counter) accept(t *testing.T, v *teamstest.Conversation, card teamstest.Message) {
	t.Helper()
	n.press(t, http.StatusOK, func() (int, error) { return v.Accept(card) })
}

// given returns the only message in a chat, which is the card of a file, and the
// file.
func given(t *testing.T, v *teamstest.Conversation) (name string, content []byte) {
	t.Helper()
	all := v.Messages()
	if len(all) != 1 {
		t.Fatalf("%d messages in the chat, want the card of a file: %v", len(all), all)
	}
	at, _ := all[0].Activity["attachments"].([]any)
	if len(at) != 1 {
		t.Fatalf("no card: %v", all[0].Activity)
	}
	card := at[0].(map[string]any)
	info, _ := card["content"].(map[string]any)
	if card["contentType"] != "application/vnd.microsoft.teams.card.file.info" || info["uniqueId"] == nil || info["fileType"] == nil {
		t.Errorf("not a file card: %v", card)
	}
	content, ok := v.Drive(card["contentUrl"].(string))
	if !ok {
		t.Error("the file is not in the drive")
	}
	return card["name"].(string), content
}

// says wants the last message of a chat to be a text, and n messages in all.
func says(t *testing.T, v *teamstest.Conversation, n int, want bots.Text) {
	t.Helper()
	all := v.Messages()
	if len(all) != n || all[n-1].Text() != want.DE {
		t.Errorf("the chat shows %v, want %d messages and last %q", all, n, want.DE)
	}
}

func TestGive(t *testing.T) {
	for _, size := range []int{1, offerChunk, offerChunk + 1, fragment, fragment + 1, bots.MaxFile} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			n := newCounter(t)
			data := bytes.Repeat([]byte("0123456789abcdefg"), size/17+1)[:size]
			card := n.show(t, n.chat, "m/answer/f0", "Bescheid: Straße.docx", data)
			if _, kept := n.kept(t, "offered/"); kept != size {
				t.Errorf("%d bytes are kept, want %d", kept, size)
			}
			n.accept(t, n.chat, card)
			if name, got := given(t, n.chat); name != "Bescheid_ Straße.docx" || !bytes.Equal(got, data) {
				t.Errorf("%q with %d bytes was given", name, len(got))
			}
			if values, _ := n.kept(t, "offered/"); values != 0 {
				t.Errorf("%d values are still kept", values)
			}
			n.quiet(t)
		})
	}
}

// An answer that is sent again offers its file once, and a file that was given is
// given once, however often and wherever its card is pressed.
func TestGiveOnce(t *testing.T) {
	n := newCounter(t)
	first := n.show(t, n.chat, "m/answer/f0", "a.txt", []byte("Inhalt"))
	second := n.show(t, n.chat, "m/answer/f0", "a.txt", []byte("Inhalt"))
	if values, _ := n.kept(t, "offered/"); values != 1 {
		t.Errorf("%d values are kept of one offer", values)
	}
	n.accept(t, n.chat, first)
	n.accept(t, n.chat, second) // takes the card away
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.Decline(second) })
	given(t, n.chat)
	again, err := n.c.offer(t.Context(), n.state, n.ref(n.chat), "m/answer/f0", bots.File{Name: "a.txt", Data: []byte("Inhalt")}, "de")
	if again != nil || err != nil {
		t.Errorf("offered again: %v, %v", again, err)
	}
}

// Two presses at once are one.
func TestGiveAtOnce(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	began, release := make(chan struct{}, 2), make(chan struct{})
	n.FileHook(func(http.ResponseWriter, *http.Request) bool {
		began <- struct{}{}
		<-release
		return false
	})
	if status, err := n.chat.Accept(card); status != http.StatusOK || err != nil {
		t.Fatal(status, err)
	}
	<-began
	other := make(chan struct{})
	p, err := n.chat.Press(n.jana, card, "accept")
	if err != nil {
		t.Fatal(err)
	}
	_, _, after := n.c.consent(t.Context(), n.s, arrived(t, p))
	go func() { after(t.Context()); close(other) }()
	<-other // it does nothing: the first one is at it
	close(release)
	n.pending.Wait()
	given(t, n.chat)
	if len(began) != 0 {
		t.Error("the file was uploaded twice")
	}
	n.quiet(t)
}

// arrived returns an activity as the endpoint decodes it.
func arrived(t testing.TB, p map[string]any) *activity {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	a, err := decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestDecline(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.Decline(card) })
	if values, _ := n.kept(t, "offered/"); values != 0 || len(n.chat.Messages()) != 0 {
		t.Errorf("%d values are kept, the chat shows %v", values, n.chat.Messages())
	}
	p, err := n.chat.Press(n.jana, card, "accept")
	if err != nil {
		t.Fatal(err)
	}
	delete(p, "replyToId")
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.DeliverPress(p) })
	if all := n.chat.Messages(); len(all) != 0 {
		t.Errorf("the chat shows %v", all)
	}
	n.quiet(t)
}

// A file is for the person it was offered to, in the chat where it was.
func TestGiveToNobodyElse(t *testing.T) {
	n := newCounter(t)
	ole := n.Person("Ole", "ole@stadt.example")
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	n.FileHook(func(http.ResponseWriter, *http.Request) bool { t.Error("something was uploaded"); return false })
	for _, action := range []string{"accept", "decline"} {
		p, err := n.chat.Press(ole, card, action)
		if err != nil {
			t.Fatal(err)
		}
		n.press(t, http.StatusForbidden, func() (int, error) { return n.chat.DeliverPress(p) })
	}
	p, err := n.Group("Team", n.jana, ole).Press(n.jana, card, "accept")
	if err != nil {
		t.Fatal(err)
	}
	n.press(t, http.StatusBadRequest, func() (int, error) { return n.chat.DeliverPress(p) })
	other := n.Personal(ole)
	if p, err = other.Press(ole, card, "accept"); err != nil {
		t.Fatal(err)
	}
	delete(p, "replyToId")
	n.press(t, http.StatusOK, func() (int, error) { return other.DeliverPress(p) })
	says(t, other, 1, textOfferGone)
	if values, _ := n.kept(t, "offered/"); values != 1 || len(n.chat.Messages()) != 1 {
		t.Error("the offer is not there any more")
	}
	// The offer may have come to another person between the request and its work.
	a := arrived(t, must(n.chat.Press(n.jana, card, "decline")))
	_, _, after := n.c.consent(t.Context(), connectortest.NewState(), a)
	o, _ := json.Marshal(offer{Person: ole.ID, Time: time.Now()})
	meta, _ := offersOf(n.chat.ID)
	id := offerID("k")
	n.c.pressed(t.Context(), n.with(t, meta+id, o), press{Action: "decline", Context: offerContext{id}, meta: meta, card: card.ID, at: a.ref()})
	if after == nil || len(n.chat.Messages()) != 1 {
		t.Error("the card is gone")
	}
}

func must(p teamstest.Press, err error) teamstest.Press {
	if err != nil {
		panic(err)
	}
	return p
}

func (n *counter) with(t *testing.T, key string, value []byte) bots.State {
	s := connectortest.NewState()
	if err := s.Put(t.Context(), map[string][]byte{key: value}, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConsentMalformed(t *testing.T) {
	c := publicConnector(t, Config{})
	good := `{"action":"accept","context":{"id":"` + strings.Repeat("a", 32) + `"}}`
	for value, want := range map[string]int{
		good: 200, `{`: 400, `null`: 400, `[]`: 400, `1`: 400, strings.Replace(good, "accept", "delete", 1): 400,
		`{"action":"accept"}`: 400, `{"action":"accept","context":{"id":1}}`: 400, `{"action":"accept","context":{"id":"../x"}}`: 400,
		strings.Replace(good, "aaaa", "A/..", 1): 400, `{"action":["accept"]}`: 400,
	} {
		a := &activity{Value: json.RawMessage(value)}
		a.Conversation.ConversationType = personal
		status, _, after := c.consent(t.Context(), connectortest.NewState(), a)
		if status != want || (after != nil) != (want == 200) {
			t.Errorf("%s: %d", value, status)
		}
	}
}

// A failed upload is told, and can be tried again.
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

// What fails for the moment is tried again from where the server is, and in vain only
// so often.
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

// serve is a client's way to a server without a network, so that time can be tested.
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

// Uploads go to the hosts of files, and their addresses stand nowhere.
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

// The card of a file bears the name that the drive gave it, if one that is safe.
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

// A drive that never answers holds nobody up for ever, and the person is told.
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

// keepingState notes how long the values are kept that are written.
type keepingState struct {
	bots.State
	kept *[]time.Duration
}

func (k keepingState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	*k.kept = append(*k.kept, keep)
	return k.State.Put(ctx, values, keep)
}

// Nothing of a file stays for ever, whether anybody presses a button or not.
func TestOfferIsKeptForATime(t *testing.T) {
	n := newCounter(t)
	var kept []time.Duration
	n.s = keepingState{n.state, &kept}
	if _, err := n.c.offer(t.Context(), n.s, n.ref(n.chat), "k", bots.File{Name: "a.txt", Data: []byte("a")}, "de"); err != nil {
		t.Fatal(err)
	}
	card := n.show(t, n.chat, "k", "a.txt", []byte("a"))
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.Decline(card) })
	if len(kept) != 2 || kept[0] != offerKeep || kept[1] <= 0 || kept[1] > offerKeep {
		t.Errorf("kept for %v", kept)
	}
}

func TestOfferExpires(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", []byte("Inhalt"))
	meta, _ := offersOf(n.chat.ID)
	key := meta + offerID("k")
	o, err := readOffer(t.Context(), n.state, key)
	if err != nil || o.Person != n.jana.ID {
		t.Fatal(o, err)
	}
	o.Time = o.Time.Add(-offerKeep - time.Second)
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.state.Put(t.Context(), map[string][]byte{key: b}, 0); err != nil {
		t.Fatal(err)
	}
	n.accept(t, n.chat, card)
	says(t, n.chat, 1, textOfferGone)
}

// A chunk that is missing, as where a store lost it, gives no broken file.
func TestOfferBroken(t *testing.T) {
	n := newCounter(t)
	card := n.show(t, n.chat, "k", "a.txt", make([]byte, offerChunk+1))
	_, content := offersOf(n.chat.ID)
	if err := n.state.Put(t.Context(), map[string][]byte{content + offerID("k") + "/1": nil}, 0); err != nil {
		t.Fatal(err)
	}
	n.accept(t, n.chat, card)
	says(t, n.chat, 1, textOfferGone)
}

func TestForgetOffers(t *testing.T) {
	n := newCounter(t)
	ole := n.Personal(n.Person("Ole", "ole@stadt.example"))
	card := n.show(t, n.chat, "k", "a.txt", make([]byte, 3*offerChunk))
	n.show(t, n.chat, "l", "b.txt", make([]byte, offerChunk))
	n.show(t, ole, "k", "a.txt", make([]byte, offerChunk))
	for range 2 {
		if err := n.c.forgetOffers(t.Context(), n.state, n.chat.ID); err != nil {
			t.Fatal(err)
		}
	}
	if values, size := n.kept(t, "offered/"); values != 1 || size != offerChunk {
		t.Errorf("%d values with %d bytes are kept, want the other chat's", values, size)
	}
	if values, _ := n.kept(t, "offer/"); values != 1 {
		t.Errorf("%d offers are kept, want the other chat's", values)
	}
	n.accept(t, n.chat, card)
	if all := n.chat.Messages(); all[len(all)-1].Text() != textOfferGone.DE {
		t.Errorf("the chat shows %v", all)
	}
}

// What waits in one chat is bounded: the oldest give way.
func TestManyOffers(t *testing.T) {
	n := newCounter(t)
	for i := range maxOffers + 4 {
		i = min(i, maxOffers+2) // the last one again, which needs no more room
		_, err := n.c.offer(t.Context(), n.state, n.ref(n.chat), fmt.Sprint(i), bots.File{Name: "a.txt", Data: []byte(fmt.Sprint(i))}, "de")
		if err != nil {
			t.Fatal(err)
		}
	}
	values, _ := n.kept(t, "offered/")
	if metas, _ := n.kept(t, "offer/"); values != maxOffers || metas != maxOffers {
		t.Errorf("%d contents and %d offers are kept, want %d", values, metas, maxOffers)
	}
	meta, _ := offersOf(n.chat.ID)
	for i, want := range map[int]bool{0: false, 2: false, 3: true, maxOffers + 2: true} {
		if o, err := readOffer(t.Context(), n.state, meta+offerID(fmt.Sprint(i))); err != nil || (o.Person != "") != want {
			t.Errorf("offer %d: %v, %v", i, o, err)
		}
	}
}

// brokenState is a State whose store is out of order.
type brokenState struct {
	bots.State
	reads, writes bool
}

var errBroken = errors.New("disk full")

func (b brokenState) Get(ctx context.Context, key string) ([]byte, error) {
	if b.reads {
		return nil, errBroken
	}
	return b.State.Get(ctx, key)
}

func (b brokenState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	if b.writes {
		return errBroken
	}
	return b.State.Put(ctx, values, keep)
}

func TestOfferWithoutStore(t *testing.T) {
	n := newCounter(t)
	f := bots.File{Name: "a.txt", Data: []byte("Inhalt")}
	for _, s := range []bots.State{brokenState{n.state, true, false}, brokenState{n.state, false, true}} {
		if card, err := n.c.offer(t.Context(), s, n.ref(n.chat), "k", f, "de"); card != nil || !errors.Is(err, errBroken) {
			t.Errorf("offered what is not kept: %v", err)
		}
	}
	if card, err := n.c.offer(t.Context(), n.state, n.ref(n.chat), "k", bots.File{Name: "a.txt"}, "de"); card != nil || err != nil {
		t.Errorf("offered an empty file: %v, %v", card, err)
	}
	card := n.show(t, n.chat, "k", "a.txt", f.Data)
	n.s = brokenState{n.state, true, false}
	n.press(t, http.StatusServiceUnavailable, func() (int, error) { return n.chat.Accept(card) })
	if len(n.chat.Messages()) != 1 {
		t.Error("the card is gone")
	}
	// It was given, though that could not be noted.
	n.s = brokenState{n.state, false, true}
	n.accept(t, n.chat, card)
	given(t, n.chat)
}

// What fails after the request was answered is told as well.
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

// A session that ended while it was uploaded to is a failure that is told.
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

func TestOffers(t *testing.T) {
	c := publicConnector(t, Config{})
	if !c.offers(ref{Type: personal}) || c.offers(ref{Type: channel}) || c.offers(ref{Type: "groupChat"}) || c.offers(ref{}) {
		t.Error("files are offered elsewhere than in personal chats")
	}
	if s := c.textNoFileHere(1).DE; !strings.Contains(s, "eine Datei") || !strings.Contains(s, "direkten Chat") {
		t.Error(s)
	}
	if s := c.textNoFileHere(2); !strings.Contains(s.DE, "2 Dateien") || !strings.Contains(s.EN, "2 files") {
		t.Error(s)
	}
	for _, cloud := range []string{"gcch", "dod"} {
		c = publicConnector(t, Config{Cloud: cloud})
		if s := c.textNoFileHere(1).DE; c.offers(ref{Type: personal}) || strings.Contains(s, "Chat") {
			t.Errorf("%s: files are offered where bots cannot give any: %s", cloud, s)
		}
	}
}

// People are spoken to in their language: of the answer, or of their client where the
// offer is not known any more.
func TestOfferLanguage(t *testing.T) {
	n := newCounter(t)
	card, err := n.c.offer(t.Context(), n.state, n.ref(n.chat), "k", bots.File{Name: "a.txt", Data: []byte("a")}, "en")
	if err != nil {
		t.Fatal(err)
	}
	var shown consentCard
	if err := json.Unmarshal(card.Attachments[0].Content, &shown); err != nil || shown.Description != textOffer.EN || shown.SizeInBytes != 1 {
		t.Errorf("%+v, %v", shown, err)
	}
	id := shown.AcceptContext
	if id.ID == "" || shown.DeclineContext != id {
		t.Errorf("%+v", shown)
	}
	a := n.chat.Activity(n.jana, "invoke", "")
	a["name"], a["value"] = invokeConsent, map[string]any{"action": "accept", "context": id, "uploadInfo": map[string]any{}}
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.DeliverPress(a) })
	if err := n.c.forgetOffers(t.Context(), n.state, n.chat.ID); err != nil {
		t.Fatal(err)
	}
	a["locale"] = "en-GB"
	n.press(t, http.StatusOK, func() (int, error) { return n.chat.DeliverPress(a) })
	if all := n.chat.Messages(); len(all) != 2 || all[0].Text() != textUploadFailed.EN || all[1].Text() != textOfferGone.EN {
		t.Errorf("the chat shows %v", all)
	}
}

func TestDriveName(t *testing.T) {
	for in, want := range map[string]string{
		"Bescheid.docx": "Bescheid.docx", "AW: Widerspruch?.eml": "AW_ Widerspruch_.eml", `a"b*c<d>e|f.txt`: "a_b_c_d_e_f.txt", "../../x.txt": "x.txt",
		"": "Datei", "…": "…", " a .txt ": "a .txt", "a.txt. .": "a.txt", "...": "Datei", "~$a.docx": "a.docx", "con.txt": "Datei con.txt", "NUL": "Datei NUL",
		".lock": "Datei .lock", "a_vti_b.txt": "Datei a_b.txt", "Straße & Co #1 100%.pdf": "Straße & Co #1 100%.pdf", "*": "_",
	} {
		if got := driveName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzConsent(f *testing.F) {
	f.Add(`{"type":"fileUpload","action":"accept","context":{"id":"`+strings.Repeat("a", 32)+`"},"uploadInfo":{"contentUrl":"https://a.sharepoint.com/a","name":"a","uploadUrl":"https://a.sharepoint.com/b","uniqueId":"1","fileType":"txt"}}`, "Datei.pdf")
	f.Add(`{"action":"decline","context":{"id":""}}`, "~$con.")
	f.Add(`{"uploadInfo":[]}`, "a:b")
	c := publicConnector(f, Config{})
	f.Fuzz(func(t *testing.T, value, name string) {
		a := &activity{Value: json.RawMessage(value)}
		a.Conversation.ConversationType = personal
		status, _, after := c.consent(t.Context(), connectortest.NewState(), a)
		if (status == http.StatusOK) != (after != nil) {
			t.Fatal(status)
		}
		var p press
		if json.Unmarshal(a.Value, &p) == nil {
			b, err := json.Marshal(fileCard(p, offer{Name: name}))
			if err != nil || !json.Valid(b) {
				t.Fatal(err)
			}
		}
		got := driveName(name)
		if got == "" || strings.ContainsAny(got, `"*:<>?/\|`) || strings.Trim(got, " ") != got || strings.HasSuffix(got, ".") || strings.HasPrefix(got, "~$") {
			t.Fatalf("%q: %q", name, got)
		}
	})
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
