package teams

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// post delivers an activity once and wants it confirmed.
func post(t *testing.T, cloud *teamstest.Cloud, a map[string]any) {
	t.Helper()
	resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s", resp.Status)
	}
}

// post delivers what a person says in a conversation.
func (d *listener) post(t *testing.T, v *teamstest.Conversation, p *teamstest.Person, text string, fields ...any) map[string]any {
	t.Helper()
	a := v.Activity(p, "message", "")
	a["text"] = text
	if strings.Contains(text, "<at>Amtsbote</at>") {
		a["entities"] = []any{mentionOf(teamstest.BotID, "<at>Amtsbote</at>")}
	}
	for i := 0; i < len(fields); i += 2 {
		a[fields[i].(string)] = fields[i+1]
	}
	post(t, d.cloud, a)
	return a
}

// TestRoomPanics: a message that cannot be handled ends neither the program nor the
// run, is not tried again, and nothing of it is in the log.
func TestRoomPanics(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	var log syncBuffer
	d := &listener{Connector: New(config(cloud), slog.New(slog.NewTextHandler(&log, nil))), cloud: cloud, state: connectortest.NewState(), news: make(chan struct{}, 1)}
	mount(t, cloud, d.Connector)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- d.Receive(ctx, d.state, func(ctx context.Context, m bots.Message) error {
			if m.Text == "Personalakte" {
				panic(m.Text)
			}
			return d.accept(ctx, m)
		})
	}()
	until(t, "the run", func() bool { s, _ := d.intake.get(); return s != nil })
	d.post(t, chat, jana, "Personalakte")
	d.post(t, chat, jana, "zwei")
	if m := d.message(t, 0); m.Text != "zwei" {
		t.Errorf("got %+v", m)
	}
	until(t, "the State to be empty", func() bool { return waits(t, d.state) == 0 })
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Receive: %v", err)
	}
	if said := log.String(); !strings.Contains(said, "passed over") || strings.Contains(said, "Personalakte") {
		t.Errorf("log:\n%s", said)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestRoomPanicsBackground: what follows a button ends nothing either.
func TestRoomPanicsBackground(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	until(t, "the run", func() bool { _, n := d.intake.get(); return n != nil })
	began := make(chan struct{})
	d.background(func(context.Context) { close(began); panic("geheim") })
	<-began
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	d.post(t, cloud.Personal(jana), jana, "hallo")
	d.message(t, 0)
}

// TestNotKeptFull: what is too much is not confirmed.
func TestNotKeptFull(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	until(t, "the run", func() bool { _, n := d.intake.get(); return n != nil })
	_, n := d.intake.get()
	n.mu.Lock()
	for i := range maxWaiting {
		n.known[fmt.Sprint(i)] = true
	}
	n.mu.Unlock()
	a := cloud.Personal(jana).Activity(jana, "message", "")
	resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("got %v, %v", resp, err)
	}
	resp.Body.Close()
	if n := waits(t, d.state); n != 0 {
		t.Errorf("%d wait", n)
	}
}

// dyingState is a State that fails when its context is done, as the core's does.
type dyingState struct{ *connectortest.State }

func (s dyingState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.State.Put(ctx, values, keep)
}

// slowState is a State in which reading what waits takes as long as the test wants.
type slowState struct {
	bots.State
	read, proceed chan struct{}
}

func (s *slowState) Each(ctx context.Context, prefix string, fn func(string, []byte) error) error {
	err := s.State.Each(ctx, prefix, fn)
	if prefix == keyIn {
		close(s.read)
		<-s.proceed
	}
	return err
}

// TestOrderLoading: what comes while the State is read comes after what waits there,
// and nothing is passed by two lines.
func TestOrderLoading(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := cloud.Personal(jana)
	d := &listener{Connector: New(config(cloud), nil), cloud: cloud, news: make(chan struct{}, 1)}
	slow := &slowState{connectortest.NewState(), make(chan struct{}), make(chan struct{})}
	d.state = slow.State
	mount(t, cloud, d.Connector)
	d.intake.use(slow.State)
	second := d.post(t, chat, jana, "zwei", "timestamp", time.Now().Add(-time.Minute).Format(time.RFC3339))
	d.post(t, chat, jana, "eins", "timestamp", time.Now().Add(-time.Hour).Format(time.RFC3339))
	d.state = slow
	d.receive(t)
	<-slow.read
	d.post(t, chat, jana, "drei")
	post(t, cloud, second)
	close(slow.proceed)
	var got []string
	for i := range 3 {
		got = append(got, d.message(t, i).Text)
	}
	if want := "eins zwei drei"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	until(t, "the State to be empty", func() bool { return waits(t, slow.State) == 0 })
	if n := len(d.accepted()); n != 3 {
		t.Errorf("%d were passed", n)
	}
}

// strictState is a State that takes what the core's takes, and notes how long it is
// to keep what waits.
type strictState struct {
	*connectortest.State
	mu   sync.Mutex
	keep time.Duration
}

func (s *strictState) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	for key, v := range values {
		if len(v) > 256<<10 {
			return errors.New("value of more than 256 KB")
		}
		if strings.HasPrefix(key, keyIn) && v != nil {
			s.mu.Lock()
			s.keep = keep
			s.mu.Unlock()
		}
	}
	return s.State.Put(ctx, values, keep)
}

// TestNotKeptLong: however large an activity is, it is kept, in a value that the
// State takes, and not for ever.
func TestNotKeptLong(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat, channel := cloud.Personal(jana), cloud.Channel("Bauamt", "Allgemein", jana)
	d := &listener{Connector: New(config(cloud), nil), cloud: cloud, news: make(chan struct{}, 1)}
	strict := &strictState{State: connectortest.NewState()}
	d.state = strict
	mount(t, cloud, d.Connector)
	d.receive(t)
	until(t, "the run", func() bool { s, _ := d.intake.get(); return s != nil })
	d.post(t, chat, jana, strings.Repeat("<", 80_000)) // six bytes each, as JSON
	if m := d.message(t, 0); m.Cannot != textTooLong {
		t.Errorf("got %.100v", m.Cannot)
	}
	d.post(t, chat, jana, strings.Repeat("ä", 90_000))
	if m := d.message(t, 1); !m.Cannot.IsZero() || len(m.Text) != 180_000 {
		t.Errorf("got %d bytes, %v", len(m.Text), m.Cannot)
	}
	long := strings.Repeat("x", 100_000)
	a := channel.Activity(jana, "conversationUpdate", "")
	members := []any{map[string]any{"id": teamstest.BotID}}
	for i := range 9000 {
		members = append(members, map[string]any{"id": fmt.Sprintf("29:1%040d", i)})
	}
	a["membersRemoved"] = members
	post(t, cloud, a)
	a = channel.Activity(jana, "conversationUpdate", "")
	data := a["channelData"].(map[string]any)
	data["eventType"], data["channel"].(map[string]any)["name"], data["team"].(map[string]any)["name"] = "channelRenamed", long, long
	a["conversation"].(map[string]any)["name"], a["from"].(map[string]any)["name"], a["recipient"].(map[string]any)["name"] = long, long, long
	post(t, cloud, a)
	until(t, "the State to be empty", func() bool { return waits(t, d.state) == 0 })
	strict.mu.Lock()
	defer strict.mu.Unlock()
	if want := defaultMaxAge + waitsFor; strict.keep != want {
		t.Errorf("kept for %v, want %v", strict.keep, want)
	}
}

// TestNotKeptExpired: what has expired in the State meanwhile is not passed.
func TestNotKeptExpired(t *testing.T) {
	cloud := teamstest.Start(t)
	d := open(t, cloud, config(cloud))
	ole, jana := cloud.Person("Ole Weiß", "ole.weiss@stadt.example"), cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	cloud.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/members/") {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	d.post(t, cloud.Personal(ole), ole, "wer bin ich?")
	until(t, "the alarm", func() bool { return d.Alarms()[alarmPeople] != "" })
	err := d.state.Each(t.Context(), keyIn, func(key string, _ []byte) error {
		return d.state.Put(t.Context(), map[string][]byte{key: nil}, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	cloud.Hook(nil)
	until(t, "the alarm's end", func() bool { return len(d.Alarms()) == 0 })
	d.post(t, cloud.Personal(jana), jana, "zum Schluss")
	if m := d.message(t, 0); m.Text != "zum Schluss" {
		t.Errorf("got %+v", m)
	}
}

// TestNotReadInRoom: of files in a room the person is told, or Graph is asked.
func TestNotReadInRoom(t *testing.T) {
	html := map[string]any{"contentType": "text/html", "content": `<p>bitte</p><attachment id="0c5cfdbb"></attachment>`}
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	channel := cloud.Channel("Bauamt", "Allgemein", jana)
	d := open(t, cloud, config(cloud))
	d.post(t, channel, jana, "<at>Amtsbote</at> bitte", "attachments", []any{html})
	m := d.message(t, 0)
	if len(m.Files) != 1 || m.Text != "bitte" {
		t.Fatalf("without Graph: got %+v", m)
	}
	if _, err := d.Open(t.Context(), d.state, m.Files[0]); !refuses(err, textFileThere) {
		t.Errorf("opened: got %v", err)
	}
	d.post(t, channel, jana, "<at>Amtsbote</at>", "attachments", []any{html})
	if m := d.message(t, 1); m.Cannot != textFileThere || len(m.Files) != 0 {
		t.Errorf("without words: got %+v", m)
	}
	cfg := config(cloud)
	cfg.Graph = true
	asked := open(t, cloud, cfg)
	cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		fmt.Fprintf(w, `{"id":%q,"attachments":[{"contentType":"reference","contentUrl":"https://stadt.sharepoint.com/a.txt","name":"a.txt"}]}`, id)
		return true
	})
	asked.graph.tokens = newTokens(asked.cfg, teamstest.GraphScope, asked.client)
	asked.post(t, channel, jana, "<at>Amtsbote</at> bitte", "attachments", []any{html, map[string]any{"contentType": "audio/ogg"}})
	if m := asked.message(t, 0); len(m.Files) != 2 || m.Files[1].Name != "a.txt" {
		t.Errorf("with Graph: got %+v", m)
	}
	cloud.GraphHook(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true })
	asked.post(t, channel, jana, "<at>Amtsbote</at> bitte", "attachments", []any{html})
	m = asked.message(t, 1)
	if len(m.Files) != 1 {
		t.Fatalf("without the permission: got %+v", m)
	}
	if _, err := asked.Open(t.Context(), asked.state, m.Files[0]); !refuses(err, textNoChannel) {
		t.Errorf("opened: got %v", err)
	}
}

// TestConfirmedEnds: a run ends after all that it passes on, and what comes after it
// is kept.
func TestConfirmedEnds(t *testing.T) {
	cloud := teamstest.Start(t)
	jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
	d := &listener{Connector: New(config(cloud), nil), cloud: cloud, state: connectortest.NewState(), news: make(chan struct{}, 1)}
	mount(t, cloud, d.Connector)
	ctx, cancel := context.WithCancel(t.Context())
	d.state = dyingState{connectortest.NewState()}
	var over atomic.Bool
	var calls atomic.Int64
	began, done := make(chan struct{}), make(chan error, 1)
	go func() {
		err := d.Receive(ctx, d.state, func(ctx context.Context, _ bots.Message) error {
			if calls.Add(1) == 1 {
				close(began)
			}
			<-ctx.Done()
			<-time.After(50 * time.Millisecond) // as storing takes
			over.Store(true)
			return nil
		})
		if !over.Load() {
			t.Error("Receive returned before accept did")
		}
		done <- err
	}()
	until(t, "the run", func() bool { _, n := d.intake.get(); return n != nil })
	d.post(t, cloud.Personal(jana), jana, "eins")
	<-began
	d.post(t, cloud.Personal(jana), jana, "danach")
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Receive: %v", err)
	}
	if n := waits(t, d.state); n != 1 || calls.Load() != 1 {
		t.Errorf("%d wait, want the second; accept was called %d times", n, calls.Load())
	}
	if err := d.pass(t.Context(), bots.Message{}); !errors.Is(err, errBusy) {
		t.Errorf("passed to nobody: %v", err)
	}
	a := cloud.Personal(jana).Activity(jana, "invoke", "")
	a["name"] = invokeConsent
	resp, err := cloud.Post(a, cloud.Sign(cloud.Claims()))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("a button: got %v, %v", resp, err)
	}
	resp.Body.Close()
	d.post(t, cloud.Personal(jana), jana, "zwei")
	if n := waits(t, d.state); n != 2 {
		t.Errorf("%d wait, want 2", n)
	}
}

// TestNotKeptKeys: who knows a name cannot tell from the keys whether it is there.
func TestNotKeptKeys(t *testing.T) {
	c, s, other := New(Config{}, nil), connectortest.NewState(), connectortest.NewState()
	key := func(s bots.State, name string) string {
		k, err := c.personKey(t.Context(), s, name)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	one := key(s, "jana.kaya@stadt.example")
	if key(s, "Jana.Kaya@stadt.example") != one || key(s, "ole.weiss@stadt.example") == one || key(other, "jana.kaya@stadt.example") == one {
		t.Error("the keys are not those of names and a secret")
	}
	if salt, err := s.Get(t.Context(), keySalt); err != nil || len(salt) != 32 || bytes.Count(salt, []byte{0}) > 16 {
		t.Errorf("salt of %d bytes, %v", len(salt), err)
	}
}

// TestUnheardIDs: what happens to a message never has its ID.
func TestUnheardIDs(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	seen := map[string]string{}
	for _, change := range []string{`"type":"message","text":"a"`, `"type":"messageUpdate","text":"b"`, `"type":"messageUpdate","text":"b","timestamp":"2026-11-28T12:00:01Z"`,
		`"type":"messageUpdate","text":"c"`, `"type":"messageDelete"`,
		`"type":"messageReaction","replyToId":"1","reactionsAdded":[{"type":"like"},{"type":"heart"}]`, `"type":"messageReaction","replyToId":"2","reactionsAdded":[{"type":"like"}]`,
		`"type":"messageReaction","replyToId":"2","reactionsAdded":[{"type":"like"}],"from":{"id":"29:2"}`, `"type":"installationUpdate","action":"add"`} {
		a, err := decode(strings.NewReader(`{"id":"1","timestamp":"2026-11-28T12:00:00Z","from":{"id":"29:1"},"recipient":{"id":"28:b"},"conversation":{"id":"a:1","conversationType":"personal"},` + change + `}`))
		if err != nil {
			t.Fatal(err)
		}
		all := c.messages(a)
		if len(all) == 0 {
			t.Errorf("%s: not heard", change)
		}
		for _, w := range all {
			if before := seen[w.Message.ID]; before != "" {
				t.Errorf("%s has the ID of %s", change, before)
			}
			seen[w.Message.ID] = change
		}
	}
}
