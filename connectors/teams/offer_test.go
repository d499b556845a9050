package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

type keepingState struct {
	bots.State
	kept *[]time.Duration
}

func (k keepingState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	*k.kept = append(*k.kept, keep)
	return k.State.Put(ctx, values, keep)
}

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
		if err := n.c.Forget(t.Context(), n.state, n.chat.ID); err != nil {
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
	if err := n.c.Forget(t.Context(), n.state, n.chat.ID); err != nil {
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
