package teams

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// kept returns how many values a State has under a prefix.
func kept(t *testing.T, s bots.State, prefix string) (n int) {
	t.Helper()
	if err := s.Each(t.Context(), prefix, func(string, []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSendTooLong: what Teams finds too long is cut again, and nothing of it is lost
// or shown twice.
func TestSendTooLong(t *testing.T) {
	for name, says := range map[string]string{"status": "413", "code": `400 {"error":{"code":"MessageSizeTooBig"}}`} {
		t.Run(name, func(t *testing.T) {
			cloud := teamstest.Start(t)
			d := open(t, cloud, config(cloud))
			jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
			chat := cloud.Personal(jana)
			m := asks(t, d, chat, jana, "", "Frage")
			var long strings.Builder
			for i := range 200 {
				fmt.Fprintf(&long, "Absatz-%04d, in dem etwas über die Straße steht, und noch etwas mehr.\n\n", i)
			}
			cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/activities") || r.ContentLength < 9000 {
					return false
				}
				code, body, _ := strings.Cut(says, " ")
				status := http.StatusBadRequest
				if code == "413" {
					status = http.StatusRequestEntityTooLarge
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return true
			})
			a := saying(long.String())
			a.Files = []bots.File{{Name: "a.txt", Data: []byte("a")}}
			if _, err := d.Send(t.Context(), d.state, reply(m, a)); err != nil {
				t.Fatal(err)
			}
			got := texts(chat)
			for i := range 200 {
				if n := holds(got, fmt.Sprintf("Absatz-%04d", i)); n != 1 {
					t.Fatalf("paragraph %d shows %d times", i, n)
				}
			}
			if len(got) < 3 || got[len(got)-1] != "" {
				t.Errorf("%d parts, last %q", len(got), got[len(got)-1])
			}
			if n := kept(t, d.state, keySent); n != 1 {
				t.Errorf("%d notes are left, want that it is shown", n)
			}

			cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/activities") {
					w.WriteHeader(http.StatusRequestEntityTooLarge)
				}
				return strings.HasSuffix(r.URL.Path, "/activities")
			})
			other := reply(m, saying("kurz"))
			other.ID = "other"
			if _, err := d.Send(t.Context(), d.state, other); !isRefusal(err) {
				t.Errorf("got %v, want a refusal: it will not be shorter tomorrow", err)
			}
			if n := kept(t, d.state, keySent); n != 1 {
				t.Errorf("%d notes are left, want 1", n)
			}
		})
	}
}

// TestSendHalvedResumes: a retry goes on with the parts as they were cut again.
func TestSendHalvedResumes(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	m := asks(t, d, chat, jana, "", "Frage")
	var long strings.Builder
	for i := range 200 {
		fmt.Fprintf(&long, "Absatz-%04d, in dem etwas über die Straße steht, und noch etwas mehr.\n\n", i)
	}
	posts := 0
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/activities") {
			return false
		}
		if r.ContentLength > 9000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		if posts++; posts == 2 {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	if _, err := d.Send(t.Context(), d.state, reply(m, saying(long.String()))); err == nil || isRefusal(err) {
		t.Fatalf("got %v", err)
	}
	cloud.Hook(nil)
	if _, err := New(config(cloud), nil).Send(t.Context(), d.state, reply(m, saying(long.String()))); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if n := holds(texts(chat), fmt.Sprintf("Absatz-%04d", i)); n != 1 {
			t.Fatalf("paragraph %d shows %d times", i, n)
		}
	}
}

// TestSendOnlyFile: an answer without words is its file, and one whose ID Teams does
// not name has none.
func TestSendOnlyFile(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	m := asks(t, d, chat, jana, "", "Frage")
	a := saying("")
	a.Files = []bots.File{{Name: "leer.txt"}, {Name: "a.txt", Data: []byte("a")}}
	sent, err := d.Send(t.Context(), d.state, reply(m, a))
	if all := chat.Messages(); err != nil || len(all) != 1 || sent != messageID(chat.ID, all[0].ID) {
		t.Errorf("got %q, %v, %v", sent, err, all)
	}
	nameless := reply(m, saying("Ohne Namen"))
	nameless.ID = "nameless"
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusCreated); return true })
	if sent, err := d.Send(t.Context(), d.state, nameless); sent != "" || err != nil {
		t.Errorf("got %q, %v", sent, err)
	}
	if r := cloud.Refusals(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
}

// TestSendHint: that the hint at where it was asked fails costs no answer.
func TestSendHint(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	group := cloud.Group("Umzug", jana)
	m := asks(t, d, group, jana, "", "@Amtsbote Frage")
	group.Remove()
	a := saying("Nur für Sie")
	a.Private = true
	chat := cloud.Personal(jana)
	sent, err := d.Send(t.Context(), d.state, reply(m, a))
	if got := chat.Messages(); err != nil || len(got) != 1 || sent != messageID(chat.ID, got[0].ID) {
		t.Errorf("got %q, %v, %v", sent, err, got)
	}
	other := cloud.Group("Zug", jana)
	notice := reply(asks(t, d, other, jana, "", "@Amtsbote Frage"), a) // nobody waits for it there
	notice.ID = "n/notice"
	if _, err := d.Send(t.Context(), d.state, notice); err != nil || len(other.Messages()) > 0 || len(chat.Messages()) != 2 {
		t.Errorf("got %v, in the group %q", err, texts(other))
	}
}

// TestSendFileRefused: a file that cannot be offered is not left out in silence.
func TestSendFileRefused(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	m := asks(t, d, chat, jana, "", "Frage")
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/activities") {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), typeConsent) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":"BadSyntax"}}`)
			return true
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return false
	})
	a := saying("Hier ist sie.")
	a.Files = []bots.File{{Name: "a<b>.txt", Data: []byte("a")}, {Name: "c.txt", Data: []byte("c")}}
	if _, err := d.Send(t.Context(), d.state, reply(m, a)); err != nil {
		t.Fatal(err)
	}
	if got := texts(chat); len(got) != 3 || !strings.Contains(got[2], "„c.txt“ gehört zur Antwort") || strings.Contains(got[1], "<") {
		t.Errorf("shown: %q", got)
	}
}

// TestForget: of a conversation that its person has deleted nothing is kept, and of
// others all.
func TestForget(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat, channel := cloud.Personal(jana), cloud.Channel("Bauamt", "Allgemein", jana)
	one, two := asks(t, d, chat, jana, "", "Frage"), asks(t, d, channel, jana, "4711", "@Amtsbote Frage")
	a := saying("Antwort")
	a.Files = []bots.File{{Name: "a.txt", Data: []byte("a")}}
	b := a
	b.Private = true
	for m, a := range map[*bots.Message]bots.Answer{&one: a, &two: b} {
		if _, err := d.Send(t.Context(), d.state, reply(*m, a)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := parseRef(two.Ref)
	if err != nil {
		t.Fatal(err)
	}
	l := left{Message: "m", Ref: r, ID: "1"}
	if err := d.state.Put(t.Context(), l.put(), 0); err != nil {
		t.Fatal(err)
	}
	counts := func() string {
		return fmt.Sprint(kept(t, d.state, keySent), kept(t, d.state, keyShown), kept(t, d.state, keyDirect), kept(t, d.state, "offer"))
	}
	for _, step := range []struct{ room, want string }{{"other", "2 1 1 4"}, {two.Room, "1 0 1 4"}, {one.Room, "0 0 0 0"}, {one.Room, "0 0 0 0"}} {
		if err := d.Forget(t.Context(), d.state, step.room); err != nil {
			t.Fatal(err)
		}
		if got := counts(); got != step.want {
			t.Errorf("after %s: %s are kept, want %s", bots.LogID(step.room), got, step.want)
		}
	}
}

// TestSendBrokenNote: a note that cannot be read, or lacks a text, shows nothing.
func TestSendBrokenNote(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	m := asks(t, d, chat, jana, "", "Frage")
	r, err := parseRef(m.Ref)
	if err != nil {
		t.Fatal(err)
	}
	without, err := json.Marshal(sending{Place: r, Texts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range []string{"{", string(without)} {
		key := (&delivery{r: reply(m, bots.Answer{}), asked: r}).key()
		if err := d.state.Put(t.Context(), map[string][]byte{key: []byte(note)}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Send(t.Context(), d.state, reply(m, saying("x"))); !isRefusal(err) {
			t.Errorf("note %s: got %v", note, err)
		}
	}
	if got := append(texts(chat), cloud.Refusals()...); len(got) > 0 {
		t.Errorf("shown, or refused by Teams: %q", got)
	}
}

// TestSendFiles: a file goes with an answer where there can be one, and is spoken of
// where not; an answer that is too long for a chat is one.
func TestSendFiles(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat, group := cloud.Personal(jana), cloud.Group("Umzug", jana)
	one, two := asks(t, d, chat, jana, "", "Frage"), asks(t, d, group, jana, "", "@Amtsbote Frage")
	a := saying("Kurz.")
	a.Files = []bots.File{{Name: "a.txt", Data: []byte("a")}}
	if _, err := d.Send(t.Context(), d.state, reply(two, a)); err != nil {
		t.Fatal(err)
	}
	if m := only(t, group); !strings.Contains(m.Text(), "Zu dieser Antwort gehört eine Datei. Hier kann ich keine") {
		t.Errorf("in the group: %q", m.Text())
	}
	a.Text = bots.Say(strings.Repeat("Ein Absatz, der etwas sagt.\n\n", 5000))
	if _, err := d.Send(t.Context(), d.state, reply(one, a)); err != nil {
		t.Fatal(err)
	}
	got := chat.Messages()
	if len(got) != 3 || !strings.Contains(got[0].Text(), "Antwort.md") || strings.Contains(got[0].Text(), "Hier kann ich keine") {
		t.Fatalf("%d messages", len(got))
	}
	for i, want := range []string{"Antwort.md", "a.txt"} {
		if s := fmt.Sprint(got[i+1].Activity["attachments"]); !strings.Contains(s, want) {
			t.Errorf("file %d: %s", i, s)
		}
	}
}
