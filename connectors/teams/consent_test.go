package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
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
// What fails for the moment is tried again from where the server is, and in vain only
// so often.
// serve is a client's way to a server without a network, so that time can be tested.
// Uploads go to the hosts of files, and their addresses stand nowhere.
// The card of a file bears the name that the drive gave it, if one that is safe.
// A drive that never answers holds nobody up for ever, and the person is told.
// keepingState notes how long the values are kept that are written.
// Nothing of a file stays for ever, whether anybody presses a button or not.
// A chunk that is missing, as where a store lost it, gives no broken file.
// What waits in one chat is bounded: the oldest give way.
// brokenState is a State whose store is out of order.
// What fails after the request was answered is told as well.
// A session that ended while it was uploaded to is a failure that is told.
// People are spoken to in their language: of the answer, or of their client where the
// offer is not known any more.
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
