package teams

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// config returns the configuration of a connector for a cloud.
func config(c *teamstest.Cloud) Config {
	return Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Secret: bots.NewSecret(teamstest.Secret), Cloud: "custom",
		Endpoints: Endpoints{Login: c.Login(), Metadata: c.Metadata(), Issuer: teamstest.Issuer, Scope: teamstest.Scope, Graph: c.URL + "/graph"},
		Profile:   bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt", Language: "de", Zone: time.UTC},
		Allows:    func(who string) bool { return strings.HasSuffix(who, "@stadt.example") }}
}

// mount serves a connector and tells the cloud where it is.
func mount(t *testing.T, cloud *teamstest.Cloud, c *Connector) {
	t.Helper()
	srv := httptest.NewServer(c)
	cloud.Bot(srv.URL + c.Path() + "messages")
	t.Cleanup(srv.Close)
}

// A listener is a bot that receives: what it accepted can be waited for.
type listener struct {
	*Connector
	cloud *teamstest.Cloud
	state bots.State

	mu   sync.Mutex
	got  []bots.Message
	news chan struct{}
	err  error // what accept returns
}

// open starts a connector of a configuration and has it receive until the test ends.
func open(t *testing.T, cloud *teamstest.Cloud, cfg Config) *listener {
	t.Helper()
	d := &listener{Connector: New(cfg, slog.New(slog.DiscardHandler)), cloud: cloud, state: connectortest.NewState(), news: make(chan struct{}, 1)}
	mount(t, cloud, d.Connector)
	d.receive(t)
	return d
}

func (d *listener) receive(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Receive(ctx, d.state, d.accept) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Receive: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func (d *listener) accept(_ context.Context, m bots.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.got = append(d.got, m)
	select {
	case d.news <- struct{}{}:
	default:
	}
	return nil
}

// message waits for the nth message that was accepted, from 0.
func (d *listener) message(t *testing.T, n int) bots.Message {
	t.Helper()
	for timeout := time.After(20 * time.Second); ; {
		d.mu.Lock()
		if len(d.got) > n {
			defer d.mu.Unlock()
			return d.got[n]
		}
		d.mu.Unlock()
		select {
		case <-d.news:
		case <-timeout:
			t.Fatalf("message %d did not come", n)
		}
	}
}

// accepted returns what was accepted so far.
func (d *listener) accepted() []bots.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bots.Message(nil), d.got...)
}

// waits returns how many messages wait in the State.
func waits(t *testing.T, s bots.State) (n int) {
	t.Helper()
	err := s.Each(t.Context(), keyIn, func(_ string, value []byte) error {
		var w waiting
		if err := json.Unmarshal(value, &w); err != nil {
			return err
		}
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
