package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/teams/teamstest"
)

// TestTeams runs the real program beside a strict fake of Microsoft's side.
func TestTeams(t *testing.T) {
	t.Run("a personal chat: a greeting, a question, a file summed up", teamsChat)
	t.Run("a channel: nothing of it is kept, a mention is answered in its thread", teamsChannel)
	t.Run("a thousand activities, each delivered twice: one answer each", teamsThousand)
	t.Run("killed again and again, each question is answered", teamsKilled)
	t.Run("an anonymous flood takes no more memory and asks nobody", teamsFlood)
}

// A tenant is Microsoft's side with a bot.
type tenant struct {
	*teamstest.Cloud
	dir, config string
	port        int
}

func newTenant(t testing.TB, extra string) *tenant {
	t.Helper()
	// One port for all runs: the address of the endpoint is registered with Microsoft.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	c := &tenant{Cloud: teamstest.Start(t), dir: t.TempDir(), port: port}
	t.Setenv("AMTSBOTE_TEST_TEAMS_SECRET", teamstest.Secret)
	c.config = file(t, "config.yaml", fmt.Sprintf(`
storage: bolt:%s/amtsbote.db
http: {listen: "127.0.0.1:%d"}
bots:
- name: Amtsbote
  authority: Stadt Musterstadt
  key: env:AMTSBOTE_TEST_KEY
  access: {allow: [stadt.example]}
  quota: {per_hour: 100000}
  connectors:
    teams:
    - {%s%s}
`, c.dir, port, c.Config("env:AMTSBOTE_TEST_TEAMS_SECRET"), extra))
	c.Bot(fmt.Sprintf("http://127.0.0.1:%d/teams/messages", port))
	return c
}

func (c *tenant) run(t testing.TB) *process {
	t.Helper()
	p := start(t, c.config, "")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chat = fmt.Sprintf("http://127.0.0.1:%d/", c.port) // for its figures
	return p
}

// shows waits until a conversation shows a text, and returns the message.
func shows(t testing.TB, v *teamstest.Conversation, part string) (found teamstest.Message) {
	t.Helper()
	defer func() {
		if found.ID == "" {
			for _, m := range v.Messages() {
				t.Logf("shown: %s", m.Text())
			}
		}
	}()
	within(t, time.Minute, "“"+part+"” to be shown", func() bool {
		all := v.Messages()
		i := slices.IndexFunc(all, func(m teamstest.Message) bool { return strings.Contains(m.Text(), part) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

func teamsChat(t *testing.T) {
	c := newTenant(t, "")
	p := c.run(t)
	jana := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := c.Personal(jana)
	joined := chat.Activity(jana, "installationUpdate", "")
	joined["action"] = "add"
	c.Deliver(joined)
	greeting := shows(t, chat, "Guten Tag! Ich bin")
	for _, want := range []string{"Stadt Musterstadt", "ohne Sprachmodell eingerichtet, kein Mensch", "An Bürgerinnen und Bürger schicke ich nichts"} {
		if !strings.Contains(greeting.Text(), want) {
			t.Errorf("the greeting lacks %q:\n%s", want, greeting.Text())
		}
	}
	chat.Say(jana, "", "Fass das in zwei Sätzen zusammen.", jana.SendFile(chat, "Bescheid.txt", []byte(notice)))
	answer := shows(t, chat, "25,00 €")
	if !strings.Contains(answer.Text(), "Ohne Sprachmodell") || !strings.Contains(fmt.Sprint(answer.Activity["entities"]), "AIGeneratedContent") {
		t.Errorf("the answer is not marked: %v", answer.Activity)
	}
	stranger := c.Person("Fremd", "fremd@andere.example")
	c.Personal(stranger).Say(stranger, "", "hallo")
	shows(t, c.Personal(stranger), "nicht freigeschaltet")
	p.stop(t, syscall.SIGTERM)
	if r := c.Refusals(); len(r) > 0 {
		t.Errorf("Microsoft refused: %q", r)
	}
	c.keepsNothingOf(t, p, "Bewohnerparkausweis", "25,00", "jana.kaya", teamstest.Secret)
}

// keepsNothingOf wants none of the words in log or files.
func (c *tenant) keepsNothingOf(t *testing.T, p *process, words ...string) {
	t.Helper()
	all := map[string][]byte{"the log": p.log.Bytes()}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range all {
		for _, word := range words {
			if bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(word))) {
				t.Errorf("%s has %q", name, word)
			}
		}
	}
}

func teamsChannel(t *testing.T) {
	c := newTenant(t, "")
	p := c.run(t)
	jana := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	channel := c.Channel("Bauamt", "Allgemein", jana)
	channel.Say(jana, "", "Die Akte Lindenhof ist vertraulich.")
	channel.Say(jana, "4711", "@Amtsbote Was kostet das?")
	answer := shows(t, channel, "")
	if answer.Thread != "4711" {
		t.Errorf("the answer is in thread %q", answer.Thread)
	}
	p.stop(t, syscall.SIGTERM)
	if n := len(channel.Messages()); n != 1 {
		t.Errorf("%d messages are shown, want the answer alone", n)
	}
	c.keepsNothingOf(t, p, "Lindenhof")
}

func teamsThousand(t *testing.T) {
	const people, each = 200, 5
	c := newTenant(t, "")
	p := c.run(t)
	var chats []*teamstest.Conversation
	var persons []*teamstest.Person
	for i := range people {
		who := c.Person(fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@stadt.example", i))
		persons, chats = append(persons, who), append(chats, c.Personal(who))
	}
	took := c.burst(t, persons, chats, each)
	within(t, 3*time.Minute, "an answer to each", func() bool {
		n := 0
		for _, v := range chats {
			n += len(v.Messages())
		}
		return n >= people*each
	})
	within(t, time.Minute, "nothing to wait", func() bool {
		return p.metric(t, "amtsbote_queue_waiting")+p.metric(t, "amtsbote_teams_waiting") == 0
	})
	memory := p.memory(t, "VmHWM")
	p.stop(t, syscall.SIGTERM)
	for i, v := range chats {
		if n := len(v.Messages()); n != each {
			t.Errorf("person %d has %d answers, want %d", i, n, each)
		}
	}
	slices.Sort(took)
	t.Logf("2,000 deliveries at once: p50 %v, p99 %v; at most %.0f MB", took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), memory)
	if memory > 150 {
		t.Errorf("it took %.0f MB", memory)
	}
}

// burst delivers activities, each twice, from 64 connections, and returns how long
// each took.
func (c *tenant) burst(t testing.TB, persons []*teamstest.Person, chats []*teamstest.Conversation, each int) []time.Duration {
	t.Helper()
	token := c.Sign(c.Claims())
	work := make(chan map[string]any, 2*each*len(chats))
	for i := range each {
		for j, v := range chats {
			a := v.Activity(persons[j], "message", "")
			a["text"] = fmt.Sprintf("!info %d", i)
			work <- a
			work <- a
		}
	}
	close(work)
	var mu sync.Mutex
	var took []time.Duration
	var g sync.WaitGroup
	for range 64 {
		g.Go(func() {
			for a := range work {
				began := time.Now()
				resp, err := c.Post(a, token)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("got %s", resp.Status)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	g.Wait()
	return took
}

// BenchmarkTeams measures how soon activities are answered 200 when a thousand come at
// once, each twice, from 64 connections, and what the program takes for it: first just
// after its first start (cold), then each time once all before is answered.
func BenchmarkTeams(b *testing.B) {
	c := newTenant(b, "")
	p := c.run(b)
	var took []time.Duration
	var persons []*teamstest.Person
	var chats []*teamstest.Conversation
	for i := range 200 {
		who := c.Person(fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@stadt.example", i))
		persons, chats = append(persons, who), append(chats, c.Personal(who))
	}
	burst := func() []time.Duration {
		took := c.burst(b, persons, chats, 5)
		within(b, time.Minute, "nothing to wait", func() bool {
			return p.metric(b, "amtsbote_queue_waiting")+p.metric(b, "amtsbote_teams_waiting") == 0
		})
		return took
	}
	cold := burst()
	for b.Loop() {
		took = append(took, burst()...)
	}
	part := func(took []time.Duration, percent int) float64 {
		slices.Sort(took)
		return float64(took[len(took)*percent/100].Microseconds()) / 1000
	}
	b.ReportMetric(part(cold, 99), "cold-p99-ms")
	b.ReportMetric(part(took, 50), "p50-ms")
	b.ReportMetric(part(took, 99), "p99-ms")
	b.ReportMetric(p.memory(b, "VmHWM"), "MB")
	p.stop(b, syscall.SIGTERM)
}

// teamsKilled kills the program while it answers. Nothing is lost; what shows twice
// was on its way at that instant.
func teamsKilled(t *testing.T) {
	rounds := 5
	if long() {
		rounds = 40
	}
	c := newTenant(t, "")
	var flying, mostFlying atomic.Int64 // messages that Teams has taken and the bot does not know it
	c.Hook(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/activities") {
			n := flying.Add(1)
			for most := mostFlying.Load(); n > most && !mostFlying.CompareAndSwap(most, n); most = mostFlying.Load() {
			}
			context := r.Context()
			go func() { <-context.Done(); flying.Add(-1) }()
		}
		return false
	})
	var chats []*teamstest.Conversation
	asked := 0
	for round := range rounds {
		p := c.run(t)
		for i := range 10 {
			who := c.Person("Person", fmt.Sprintf("p%d-%d@stadt.example", round, i))
			v := c.Personal(who)
			chats = append(chats, v)
			for range 2 {
				v.Say(who, "", fmt.Sprintf("!info %d", asked))
				asked++
			}
		}
		<-time.After(time.Duration(rand.IntN(700)) * time.Millisecond) // somewhere in the middle
		p.stop(t, syscall.SIGKILL)
	}
	p := c.run(t)
	answers := func() (n int) {
		for _, v := range chats {
			n += len(v.Messages())
		}
		return n
	}
	within(t, 3*time.Minute, "all answers", func() bool {
		return !slices.ContainsFunc(chats, func(v *teamstest.Conversation) bool { return len(v.Messages()) < 2 })
	})
	within(t, time.Minute, "nothing to wait", func() bool {
		return p.metric(t, "amtsbote_queue_waiting")+p.metric(t, "amtsbote_teams_waiting") == 0
	})
	p.stop(t, syscall.SIGTERM)
	twice := answers() - asked
	t.Logf("%d questions, %d kills: none lost, %d answers twice; at most %d were on their way at once", asked, rounds, twice, mostFlying.Load())
	if twice < 0 || int64(twice) > int64(rounds)*mostFlying.Load() {
		t.Errorf("%d answers for %d questions", answers(), asked)
	}
}

// teamsFlood has somebody without a key send tokens by the thousand, bodies without
// an end, and open connections that say nothing; a colleague notices nothing.
func teamsFlood(t *testing.T) {
	c := newTenant(t, "")
	p := c.run(t)
	jana := c.Person("Jana Kaya", "jana.kaya@stadt.example")
	chat := c.Personal(jana)
	chat.Say(jana, "", "!info")
	shows(t, chat, "Stadt Musterstadt")
	keys, memory := c.KeyRequests(), p.memory(t, "VmHWM")
	url := fmt.Sprintf("http://127.0.0.1:%d/teams/messages", c.port)
	var g sync.WaitGroup
	forged := teamstest.NewKey("erfunden", "msteams")
	for worker := range 8 {
		g.Go(func() {
			for i := range 250 {
				key := forged
				key.ID = fmt.Sprintf("erfunden-%d-%d", worker, i)
				body := io.Reader(strings.NewReader(`{"type":"message"}`))
				if i%50 == 0 {
					body = io.LimitReader(zeros{}, 200<<20)
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+key.Sign(c.Claims()))
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					continue // hung up on, as it deserves
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("a forged token: got %s", resp.Status)
				}
			}
		})
	}
	silent := c.silence(t, 10_000)
	g.Wait()
	began := time.Now()
	chat.Say(jana, "", "!info")
	within(t, time.Minute, "the colleague's answer", func() bool { return len(chat.Messages()) == 2 })
	took := time.Since(began)
	for _, s := range silent {
		s.Close()
	}
	after := p.memory(t, "VmHWM")
	t.Logf("2,000 forged tokens, 40 bodies of 200 MB, %d silent connections: %.0f MB before, at most %.0f MB; %d questions for keys; an answer meanwhile took %v",
		len(silent), memory, after, c.KeyRequests()-keys, took.Round(time.Millisecond))
	if after > 150 {
		t.Errorf("it took %.0f MB", after)
	}
	if n := c.KeyRequests() - keys; n > 1 {
		t.Errorf("the key endpoint was asked %d times", n)
	}
	p.stop(t, syscall.SIGTERM)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// silence opens connections that say nothing.
func (c *tenant) silence(t *testing.T, n int) (all []net.Conn) {
	t.Helper()
	for range n {
		s, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", c.port), time.Second)
		if err != nil {
			break // the machine's own limits
		}
		all = append(all, s)
	}
	if len(all) < n/10 {
		t.Fatalf("only %d connections could be opened", len(all))
	}
	return all
}
