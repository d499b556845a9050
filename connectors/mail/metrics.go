package mail

import "github.com/prometheus/client_golang/prometheus"

// descs describe the figures of one mailbox. Messages accepted, replies sent and
// the time of the last receipt are figures of the core for every connector, and
// not repeated here.
type descs struct {
	receiving, backlog, alarms, skipped, drafts *prometheus.Desc
}

var _ prometheus.Collector = (*Connector)(nil)

func (c *Connector) descs() descs {
	// The name is fixed, not a label to fill in: else two mailboxes could not be
	// registered side by side.
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("amtsbote_mail_"+name, help, labels, prometheus.Labels{"connector": c.cfg.Name})
	}
	return descs{
		receiving: desc("receiving", "1 if the mailbox is connected and has been read to its end."),
		backlog:   desc("backlog", "Letters found in the mailbox and not yet in the inbox; those there are amtsbote_queue_waiting."),
		alarms:    desc("alarms", "Troubles that a person must see to while the rest goes on; /ready has their texts."),
		skipped: desc("skipped_total", "Mails passed over, by reason; outsider and unauthenticated are forwards that were refused.",
			"reason"),
		drafts: desc("drafts_total", "What became of drafts: written, replaced by that for a newer letter, expired, "+
			"or not written because a person has answered or a newer letter has one.", "outcome"),
	}
}

// Describe implements prometheus.Collector.
func (c *Connector) Describe(ch chan<- *prometheus.Desc) {
	d := c.descs()
	ch <- d.receiving
	ch <- d.backlog
	ch <- d.alarms
	ch <- d.skipped
	ch <- d.drafts
}

// Collect implements prometheus.Collector. The labels are words of this package,
// never of a mail.
func (c *Connector) Collect(ch chan<- prometheus.Metric) {
	d, s := c.descs(), c.Stats()
	receiving := 0.0
	if s.Receiving {
		receiving = 1
	}
	ch <- prometheus.MustNewConstMetric(d.receiving, prometheus.GaugeValue, receiving)
	ch <- prometheus.MustNewConstMetric(d.backlog, prometheus.GaugeValue, float64(s.Backlog))
	ch <- prometheus.MustNewConstMetric(d.alarms, prometheus.GaugeValue, float64(len(c.Alarms())))
	count := func(desc *prometheus.Desc, n int, label string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), label)
	}
	for _, reason := range reasons { // also those at 0: an alarm needs a beginning
		count(d.skipped, s.Skipped[reason], reason)
	}
	if c.letters() {
		count(d.drafts, s.Drafts, "written")
		count(d.drafts, s.Replaced, "replaced")
		count(d.drafts, s.Expired, "expired")
		count(d.drafts, s.Answered, "answered")
		count(d.drafts, s.Superseded, "superseded")
	}
}
