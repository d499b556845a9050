package bots

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"amtsbote/storage"
)

// metrics are the figures of a Runner. None has a label that names a person.
type metrics struct {
	store    storage.Store
	accepted *prometheus.CounterVec
	answered *prometheus.CounterVec
	refused  *prometheus.CounterVec
	delayed  *prometheus.CounterVec
	sent     *prometheus.CounterVec
	failures *prometheus.CounterVec
	feedback *prometheus.CounterVec
	parked   prometheus.Counter
	panics   prometheus.Counter
	receipt  *prometheus.GaugeVec
	seconds  *prometheus.HistogramVec
	items    *prometheus.Desc
	oldest   *prometheus.Desc
	waiting  *prometheus.Desc
}

func newMetrics(store storage.Store) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "amtsbote_" + name, Help: help}, labels)
	}
	return &metrics{
		store:    store,
		accepted: counter("messages_accepted_total", "Messages put into the inbox.", "bot", "connector"),
		answered: counter("messages_answered_total", "Messages answered, by skill; without one by the core.", "bot", "skill"),
		refused:  counter("messages_refused_total", "Messages refused, by reason.", "bot", "reason"),
		delayed:  counter("messages_delayed_total", "How often a mail was made to wait because there were too many of its author or thread in an hour, or of its mailbox in a day.", "bot", "of"),
		sent:     counter("replies_sent_total", "Replies shown to people.", "bot", "connector"),
		failures: counter("failures_total", "Attempts that failed and are tried again, by place.", "bot", "place"),
		feedback: counter("feedback_total", "Reactions to answers, without names.", "bot", "mark"),
		parked:   prometheus.NewCounter(prometheus.CounterOpts{Name: "amtsbote_parked_total", Help: "Items set aside for the operator."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "amtsbote_panics_total", Help: "Panics that were caught."}),
		receipt: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "amtsbote_last_receipt_timestamp_seconds",
			Help: "When a connector last passed a message."}, []string{"connector"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "amtsbote_answer_seconds",
			Help: "Time to answer a message, by skill.", Buckets: []float64{.01, .05, .2, .5, 1, 2, 5, 10, 30, 60, 300}}, []string{"skill"}),
		items:   prometheus.NewDesc("amtsbote_queue_items", "Items in a queue, by state.", []string{"queue", "state"}, nil),
		waiting: prometheus.NewDesc("amtsbote_queue_waiting", "Items in a queue that are not done, by kind: a person waits for it, mail, or backlog.", []string{"queue", "kind"}, nil),
		oldest:  prometheus.NewDesc("amtsbote_queue_oldest_seconds", "Age of the oldest item that waits.", []string{"queue"}, nil),
	}
}

// Metrics returns the figures of the runner and its queues.
func (r *Runner) Metrics() prometheus.Collector { return r.metrics }

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.accepted, m.answered, m.refused, m.delayed, m.sent, m.failures, m.feedback,
		m.parked, m.panics, m.receipt, m.seconds}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(ch)
	}
	ch <- m.items
	ch <- m.oldest
	ch <- m.waiting
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(ch)
	}
	stats, err := m.store.Stats(context.Background())
	if err != nil {
		return
	}
	for _, s := range stats {
		for state, n := range map[string]int{"ready": s.Ready, "leased": s.Leased, "parked": s.Parked} {
			ch <- prometheus.MustNewConstMetric(m.items, prometheus.GaugeValue, float64(n), s.Queue, state)
		}
		for prio, kind := range prioNames {
			ch <- prometheus.MustNewConstMetric(m.waiting, prometheus.GaugeValue, float64(s.ByPrio[prio]), s.Queue, kind)
		}
		age := 0.0
		if !s.Oldest.IsZero() {
			age = time.Since(s.Oldest).Seconds()
		}
		ch <- prometheus.MustNewConstMetric(m.oldest, prometheus.GaugeValue, age, s.Queue)
	}
}

// prioNames are what metrics and log call the Prio of a message.
var prioNames = [...]string{PrioPerson: "person", PrioMail: "mail", PrioBacklog: "backlog"}

const (
	reportEvery = time.Minute
	many        = 100 // so many items that wait are worth a line in the log
)

// report tells the log how much waits, as long as that is a lot: whoever reads it
// sees a backlog shrink.
func (r *Runner) report(ctx context.Context) {
	for sleep(ctx, reportEvery); ctx.Err() == nil; sleep(ctx, reportEvery) {
		stats, err := r.Store.Stats(ctx)
		if err != nil {
			continue // Take says so
		}
		for _, s := range stats {
			if s.Ready+s.Leased < many {
				continue
			}
			args := []any{"queue", s.Queue, "parked", s.Parked}
			for prio, kind := range prioNames {
				args = append(args, kind, s.ByPrio[prio])
			}
			r.Log.Info("work waits", args...)
		}
	}
}
