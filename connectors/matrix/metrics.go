package matrix

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// figures are what an account has seen since the start. They count, and name
// neither people nor rooms.
type figures struct {
	syncing atomic.Bool // the last sync came through

	undecryptable  atomic.Int64 // events whose key was missing when they came
	recovered      atomic.Int64 // of these, read once the key came
	backfilled     atomic.Int64 // events that a sync left out, read from the room's history
	invited        atomic.Int64 // invites followed
	refusedInvites atomic.Int64
	left           atomic.Int64 // rooms left because nobody in them may use the bot
	late           atomic.Int64 // messages too old to be answered
	malformed      atomic.Int64 // events that are not as they must be
}

var _ prometheus.Collector = (*Connector)(nil)

// A figure is one of the metrics of an account. Messages accepted, replies sent
// and the time of the last receipt are figures of the core for every connector.
type figure struct {
	name, help, label string // label: the value of the one label that the metric has; "" for none
	key               string // of the label
	kind              prometheus.ValueType
	value             func(*figures) int64
}

var allFigures = []figure{
	{name: "syncing", help: "1 if the homeserver answers the account's sync.", kind: prometheus.GaugeValue, value: func(f *figures) int64 {
		if f.syncing.Load() {
			return 1
		}
		return 0
	}},
	counter("undecryptable_total", "Events whose key was missing when they came.", "", "", func(f *figures) *atomic.Int64 { return &f.undecryptable }),
	counter("recovered_total", "Events that were read once their key came.", "", "", func(f *figures) *atomic.Int64 { return &f.recovered }),
	counter("backfilled_total", "Events that a sync left out, read from the room's history.", "", "", func(f *figures) *atomic.Int64 { return &f.backfilled }),
	counter("invites_total", invites, "outcome", "accepted", func(f *figures) *atomic.Int64 { return &f.invited }),
	counter("invites_total", invites, "outcome", "refused", func(f *figures) *atomic.Int64 { return &f.refusedInvites }),
	counter("left_rooms_total", "Rooms left because nobody in them may use the bot.", "", "", func(f *figures) *atomic.Int64 { return &f.left }),
	counter("dropped_total", dropped, "reason", "late", func(f *figures) *atomic.Int64 { return &f.late }),
	counter("dropped_total", dropped, "reason", "malformed", func(f *figures) *atomic.Int64 { return &f.malformed }),
}

const (
	invites = "Invites, by outcome; refused are those of people who may not use the bot."
	dropped = "Events not answered, by reason: too old, or not as they must be."
)

func counter(name, help, key, label string, of func(*figures) *atomic.Int64) figure {
	return figure{name, help, label, key, prometheus.CounterValue, func(f *figures) int64 { return of(f).Load() }}
}

func (f figure) desc(connector string) *prometheus.Desc {
	var keys []string
	if f.key != "" {
		keys = []string{f.key}
	}
	// The name is fixed, not a label to fill in: else two accounts could not be
	// registered side by side.
	return prometheus.NewDesc("amtsbote_matrix_"+f.name, f.help, keys, prometheus.Labels{"connector": connector})
}

// Describe implements prometheus.Collector.
func (c *Connector) Describe(ch chan<- *prometheus.Desc) {
	for i, f := range allFigures {
		if i == 0 || allFigures[i-1].name != f.name {
			ch <- f.desc(c.cfg.Name)
		}
	}
}

// Collect implements prometheus.Collector. Also what is 0 is there: an alarm needs
// a beginning.
func (c *Connector) Collect(ch chan<- prometheus.Metric) {
	for _, f := range allFigures {
		var labels []string
		if f.label != "" {
			labels = []string{f.label}
		}
		ch <- prometheus.MustNewConstMetric(f.desc(c.cfg.Name), f.kind, float64(f.value(&c.figures)), labels...)
	}
}
