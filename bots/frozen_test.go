package bots

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

// frozenAt is the moment of all frozen values.
var frozenAt = time.Date(2026, 11, 20, 18, 42, 7, 5, time.UTC)

// frozen are values as version 1 stored them, with every field that it had. They
// are never changed: what is in a store must be read by every later release.
var frozen = map[string]any{
	"message": Message{Kind: KindEdit, Connector: "post", ID: "<1@a.example>", Target: "t", Room: "buergerbuero@stadt.example", Thread: "<0@a.example>",
		Sender: "anna@stadt.example", Author: "jana@buerger.example", Watched: true, Direct: true, Prio: PrioBacklog, Class: Confidential,
		Time: frozenAt, Subject: "Widerspruch", Text: "Grüße", Files: []File{{Name: "Brief.eml", Type: TypeLetter, Size: 7, Ref: "ref"}}, Ref: "ref"},
	"reply": Reply{ID: "<1@a.example>/answer", Language: "de",
		To: Address{Connector: "post", Room: "r", Thread: "t", Person: "anna@stadt.example", Watched: true, MessageID: "<1@a.example>", Ref: "ref"},
		Answer: Answer{Text: Text{"Kurz: ja.", "In short: yes."}, Drafts: []Draft{frozenDraft}, Files: []File{{Name: "a.odt", Type: "application/x", Size: 3, Data: []byte("abc")}},
			Read:     []ReadFile{{Name: "a.pdf", Type: "application/pdf", Read: true, Pages: 3, OCR: true, Reason: Text{"nur 3 Seiten", "only 3 pages"}}},
			Warnings: []Text{{"versteckter Text", "hidden text"}}, Sources: []Source{frozenSource}, Skip: "automatic", Private: true, Notice: frozenNotice}},
	"conversation": conversation{Shown: []string{"s1", "s2"}, Turns: []Turn{
		{ID: "1", Person: "anna@stadt.example", Time: frozenAt, Text: "Frage", Files: []File{{Name: "a.pdf", Type: "application/pdf", Size: 1, Ref: "r"}}},
		{ID: "1/answer", Bot: true, Skill: "draft", Time: frozenAt, Text: "Antwort", Drafts: []Draft{frozenDraft}, Notice: frozenNotice, Sources: []Source{frozenSource}}}},
	"person":  person{Language: "en", Asked: []time.Time{frozenAt}, Refused: "2026-11-20"},
	"memo":    memo{Value: []byte("Wert"), From: []string{"1"}},
	"cause":   cause{Conversation: []string{"post", "r", "t"}, Message: "1"},
	"trouble": trouble{Spent: 90 * time.Second, Panics: 1},
}

var (
	frozenDraft = Draft{To: []string{"Jana Wieczorek <jana@buerger.example>"}, Cc: []string{"ole@buerger.example"}, Subject: "AW: Widerspruch",
		InReplyTo: "1@a.example", References: []string{"0@a.example", "1@a.example"}, Language: "de", Text: "Sehr geehrte Frau Wieczorek,",
		Quote: "Guten Tag", QuoteFrom: "Am 20.11.2026 um 18:42 schrieb Jana Wieczorek:", Gaps: 1, Date: frozenAt}
	frozenSource = Source{N: 1, File: "a.pdf", ID: "m", Page: 2, Quote: "25,00 €", Link: "https://stadt.example/"}
	frozenNotice = Notice{Skill: "draft", Version: "3", Model: "Mistral Small", Place: "Rechenzentrum", Said: true, Plain: true}
)

// frozenName is what frozen values are stored under, which is sealed with them.
const frozenName = "frozen"

// TestFrozen reads what version 1 stored. With UPDATE=1 it writes what is not
// there yet, and changes nothing that is.
func TestFrozen(t *testing.T) {
	sealed, err := newSealer(NewSecret("geheim"), "b")
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range frozen {
		for form, s := range map[string]sealer{"plain": {}, "sealed": sealed} {
			t.Run(kind+" "+form, func(t *testing.T) {
				stored := fixture(t, kind+"."+form, func() []byte {
					b, err := s.encode(frozenName, want)
					if err != nil {
						t.Fatal(err)
					}
					return b
				})
				got := reflect.New(reflect.TypeOf(want))
				if err := s.decode(frozenName, stored, got.Interface()); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got.Elem().Interface(), want) {
					t.Errorf("got  %+v\nwant %+v", got.Elem(), want)
				}
				if form == "sealed" && bytes.Contains(stored, []byte("2026")) {
					t.Error("the value can be read without the key")
				}
			})
		}
	}
}

// TestFrozenKeys: what values and items are stored under stays the same, or what
// is in a store would not be found.
func TestFrozenKeys(t *testing.T) {
	sealed, err := newSealer(NewSecret("geheim"), "b")
	if err != nil {
		t.Fatal(err)
	}
	m := Message{Connector: "post", ID: "<1@a.example>", Room: "r"}
	var got []string
	for _, s := range []sealer{{}, sealed} {
		b := &bot{Bot{Profile: Profile{Name: "b"}}, s}
		for _, kind := range []string{kindConversation, kindMemo, kindCause, kindPerson, kindTrouble} {
			got = append(got, b.key(kind, m.conversation()...))
		}
		got = append(got, b.group(m), state{&Runner{}, b, "post"}.key("position"))
	}
	got = append(got, itemID(m.Connector, m.ID), inbox("b"), outbox("b", "post"), m.gateKey(), Message{Watched: true, Author: "Jana@Buerger.example"}.gateKey())
	want := fixture(t, "keys.txt", func() []byte { return []byte(strings.Join(got, "\n") + "\n") })
	if text := strings.Join(got, "\n") + "\n"; text != string(want) {
		t.Errorf("got\n%swant\n%s", text, want)
	}
}

// fixture returns a file of testdata/v1, which it writes only if it is missing.
func fixture(t *testing.T, name string, content func() []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", "v1", name)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) && os.Getenv("UPDATE") != "" {
		data = content()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestNewerVersion sets aside what a newer release stored, and goes on.
func TestNewerVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		w.run(0)
		w.update(func(tx storage.Tx) error {
			for _, queue := range []string{inbox("b"), outbox("b", "office")} {
				if _, err := tx.Add(storage.Item{Queue: queue, ID: "newer", Data: []byte{formPlain, version + 1, '{', '}'}}); err != nil {
					return err
				}
			}
			return nil
		})
		w.o.in = []Message{ask("1", "eins")}
		w.want(w.run(time.Minute), "Echo: eins")
		w.view(func(tx storage.Tx) error {
			for _, queue := range []string{inbox("b"), outbox("b", "office")} {
				if it, err := tx.Find(queue, "newer"); err != nil || len(it.Data) != 4 {
					t.Errorf("%s: got %+v, %v", queue, it, err)
				}
			}
			return nil
		})
		if n := strings.Count(w.log.String(), "set aside"); n != 2 {
			t.Errorf("the operator was told %d times:\n%s", n, &w.log)
		}
	})
}
