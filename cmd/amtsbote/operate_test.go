package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"amtsbote/storage"
)

// TestQueue shows what was set aside and puts it back.
func TestQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	config := file(t, "config.yaml", fmt.Sprintf("storage: bolt:%s\nbots:\n- name: b\n  access: {allow: [a.example]}\n", path))
	if got := call(t, "", "queue", "-c", config); got.code != exitError || !strings.Contains(got.err, "no such file") {
		t.Errorf("without a store: got %+v", got)
	}
	if got := call(t, "", "check", "-c", config); got.code != 0 || !strings.Contains(got.stdout, "ok       storage") {
		t.Errorf("check without a store: got %+v", got)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a store was made, which may be root's: %v", err)
	}
	s, err := storage.OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	park(t, s, "in/1:b", "4711")
	if got := call(t, "", "queue", "-c", config); got.code != exitError || !strings.Contains(got.err, "in use") || !strings.Contains(got.err, "/metrics has the figures") {
		t.Errorf("while it runs: got %+v", got)
	}
	if got := call(t, "", "check", "-c", config); got.code != 0 || !strings.Contains(got.stdout, "warning  storage") {
		t.Errorf("check while it runs: got %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 0, ": 4711\n  panic: string\n"},
		{[]string{"--retry", "4712"}, exitError, `nothing with the ID "4712" was set aside`},
		{[]string{"--retry", "4711"}, 0, "put back into in/1:b"},
		{[]string{"--retry", "4711"}, exitError, "nothing with the ID"},
		{nil, 0, "in/1:b  1        0"},
	} {
		got := call(t, "", append([]string{"queue", "-c", config}, step.args...)...)
		if got.code != step.code || !strings.Contains(got.stdout+got.err, step.want) || strings.Contains(got.stdout, "goroutine") {
			t.Errorf("queue %v: got %+v, want %q", step.args, got, step.want)
		}
	}
}

// park puts an item into a queue and sets it aside.
func park(t *testing.T, s *storage.Bolt, queue, id string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx storage.Tx) error {
		_, err := tx.Add(storage.Item{Queue: queue, ID: id})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	it, err := s.Take(t.Context(), queue, storage.AnyPrio, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx storage.Tx) error { return tx.Park(it, "panic: string\ngoroutine 1") }); err != nil {
		t.Fatal(err)
	}
}

// TestCheckJSON prints an object also where there is no configuration.
func TestCheckJSON(t *testing.T) {
	for name, path := range map[string]string{"missing": "/nowhere.yaml", "wrong": file(t, "c.yaml", "bots: 1\n"), "empty": file(t, "c.yaml", "")} {
		got := call(t, "", "check", "--json", "-c", path)
		var report checkReport
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || got.code != exitConfig || report.OK || len(report.Faults) == 0 {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if got := call(t, "", "check", "-c", "/nowhere.yaml"); got.code != exitConfig || !strings.Contains(got.err, "no such file") {
		t.Errorf("got %+v", got)
	}
}

// TestReady is red with its reasons while a mailbox or all models of a bot are
// away, and /live is not.
func TestReady(t *testing.T) {
	const server = "127.0.0.1:1" // nobody is there
	text := fmt.Sprintf(`
storage: bolt:%s
http: {listen: "127.0.0.1:0"}
bots:
- name: b
  access: {allow: [stadt.example]}
  connectors:
    mail: [{name: post, server: %q, tls: none, user: u, password: "env:AMTSBOTE_TEST_PASSWORD", address: u@stadt.example, own_domains: [stadt.example], watch: letters}]
`, filepath.Join(t.TempDir(), "bot.db"), server)
	t.Setenv("AMTSBOTE_TEST_PASSWORD", "Geheimnis-4711")
	cfg, err := parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(cfg, discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- d.run(ctx, func(a string) { addr <- a }) }()
	base := "http://" + <-addr
	var body string
	for code := 0; code != http.StatusServiceUnavailable && ctx.Err() == nil; {
		code, body = get(t, base+"/ready")
	}
	var got struct {
		Ready   bool
		Reasons map[string]string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Ready || len(got.Reasons) != 1 || !strings.Contains(got.Reasons["post"], "refused") {
		t.Errorf("got %s, %v", body, err)
	}
	if strings.Contains(body, "Geheimnis") {
		t.Error("the reasons have the password")
	}
	if code, _ := get(t, base+"/live"); code != http.StatusOK {
		t.Errorf("/live: got %d", code)
	}
	if code, text := get(t, base+"/metrics"); code != http.StatusOK || !strings.Contains(text, `amtsbote_failures_total{bot="b",place="post"}`) {
		t.Errorf("/metrics: got %d\n%s", code, text)
	}
	cancel()
	if err := errors.Join(<-done, d.close()); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestMetricNames: alarms and dashboards of operators are made of these names. One
// that goes or changes breaks them; one that comes is added here.
func TestMetricNames(t *testing.T) {
	post, err := openPostOffice(demoDomain, 0, 0, "buergerbuero", "amtsbote")
	if err != nil {
		t.Fatal(err)
	}
	defer post.close()
	d, err := open(demoConfig(post, t.TempDir(), "off"), discard)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	d.handler() // registers, and panics if two of one kind collide
	names := map[string][]string{"core": descNames(d.runner.Metrics())}
	for _, c := range d.bots[0].Connectors {
		if m, ok := c.(prometheus.Collector); ok {
			names[c.Name()] = descNames(m)
		}
	}
	want := []string{
		"amtsbote_answer_seconds{skill}",
		"amtsbote_failures_total{bot,place}",
		"amtsbote_feedback_total{bot,mark}",
		"amtsbote_last_receipt_timestamp_seconds{connector}",
		"amtsbote_messages_accepted_total{bot,connector}",
		"amtsbote_messages_answered_total{bot,skill}",
		"amtsbote_messages_delayed_total{bot,of}",
		"amtsbote_messages_refused_total{bot,reason}",
		"amtsbote_panics_total{}",
		"amtsbote_parked_total{}",
		"amtsbote_queue_items{queue,state}",
		"amtsbote_queue_oldest_seconds{queue}",
		"amtsbote_queue_waiting{queue,kind}",
		"amtsbote_replies_sent_total{bot,connector}",
	}
	if !slices.Equal(names["core"], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(names["core"], "\n"), strings.Join(want, "\n"))
	}
	for connector, all := range names {
		for _, name := range all {
			if connector != "core" && !strings.HasPrefix(name, "amtsbote_mail_") {
				t.Errorf("connector %s: %s does not begin with the connector's kind", connector, name)
			}
			if regexp.MustCompile(`person|sender|author|room|subject|address|user`).MatchString(name) {
				t.Errorf("connector %s: %s may name a person", connector, name)
			}
		}
	}
}

var descRE = regexp.MustCompile(`fqName: "([^"]*)".*variableLabels: \{([^}]*)\}`)

// descNames returns the names of a collector's metrics with their labels.
func descNames(c prometheus.Collector) (names []string) {
	ch := make(chan *prometheus.Desc)
	go func() { c.Describe(ch); close(ch) }()
	for d := range ch {
		m := descRE.FindStringSubmatch(d.String())
		names = append(names, fmt.Sprintf("%s{%s}", m[1], m[2]))
	}
	slices.Sort(names)
	return names
}
