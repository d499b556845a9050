package mail

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"amtsbote/connectors/connectortest"
)

// TestMetrics holds names, kinds and labels: dashboards and alarms depend on them.
func TestMetrics(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, "Guten Tag", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Fatal(err)
	}
	o.stats.skip(skipList)
	second := w.cfg
	second.Name, second.Watch = "bot", watchForwards
	reg := prometheus.NewRegistry()
	reg.MustRegister(o.Connector, New(second, discard))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.Metric {
			line := strings.ToLower(f.GetType().String()) + " " + f.GetName()
			for _, l := range m.Label {
				line += " " + l.GetName() + "=" + l.GetValue()
			}
			got = append(got, fmt.Sprintf("%s %v", line, m.GetGauge().GetValue()+m.GetCounter().GetValue()))
		}
	}
	want := []string{
		"gauge amtsbote_mail_alarms connector=bot 0",
		"gauge amtsbote_mail_alarms connector=post 0",
		"gauge amtsbote_mail_backlog connector=bot 0",
		"gauge amtsbote_mail_backlog connector=post 0",
		"counter amtsbote_mail_drafts_total connector=post outcome=answered 0",
		"counter amtsbote_mail_drafts_total connector=post outcome=expired 0",
		"counter amtsbote_mail_drafts_total connector=post outcome=replaced 0",
		"counter amtsbote_mail_drafts_total connector=post outcome=superseded 0",
		"counter amtsbote_mail_drafts_total connector=post outcome=written 1",
		"gauge amtsbote_mail_receiving connector=bot 0",
		"gauge amtsbote_mail_receiving connector=post 1",
	}
	for _, name := range []string{"bot", "post"} {
		for _, reason := range []string{"answered", "automatic", "bounce", "bulk", "deleted", "list", "outsider", "own", "unauthenticated"} {
			n := 0
			if name == "post" && reason == "list" {
				n = 1
			}
			want = append(want, fmt.Sprintf("counter amtsbote_mail_skipped_total connector=%s reason=%s %d", name, reason, n))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
