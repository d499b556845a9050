package teams

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// figures are the connector's figures.
type figures struct {
	requests *prometheus.CounterVec
	waiting  prometheus.Gauge
}

func newFigures(name string) figures {
	labels := prometheus.Labels{"connector": name}
	return figures{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "amtsbote", Subsystem: "teams", Name: "requests_total",
			Help: "Requests to the endpoint, by what they were answered.", ConstLabels: labels}, []string{"status"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "amtsbote", Subsystem: "teams", Name: "waiting",
			Help: "Messages that were confirmed to Teams and wait to be passed on.", ConstLabels: labels}),
	}
}

// Describe implements [prometheus.Collector].
func (c *Connector) Describe(out chan<- *prometheus.Desc) {
	c.figures.requests.Describe(out)
	c.figures.waiting.Describe(out)
}

// Collect implements [prometheus.Collector].
func (c *Connector) Collect(out chan<- prometheus.Metric) {
	c.figures.requests.Collect(out)
	c.figures.waiting.Collect(out)
}

// alarmPeople says that Microsoft does not tell what belongs to messages.
const alarmPeople = "people"

// alarms are what a person must see to while the rest goes on.
type alarms struct {
	mu    sync.Mutex
	waits int   // messages that wait
	why   error // of the last try
}

// Alarms implements [bots.Alarmer].
func (c *Connector) Alarms() map[string]string {
	c.alarms.mu.Lock()
	defer c.alarms.mu.Unlock()
	if c.alarms.waits == 0 {
		return nil
	}
	return map[string]string{alarmPeople: "messages wait, since Microsoft does not say what belongs to them: " + c.alarms.why.Error()}
}

// troubled raises the alarm; more: for one more message, until calmed.
func (c *Connector) troubled(err error, more bool) {
	c.alarms.mu.Lock()
	defer c.alarms.mu.Unlock()
	c.alarms.why = err
	if more {
		c.alarms.waits++
	}
}

// calmed says that a message does not wait any more.
func (c *Connector) calmed() {
	c.alarms.mu.Lock()
	defer c.alarms.mu.Unlock()
	c.alarms.waits--
}

// background does something after a request was answered. It ends with the run of
// Receive, or after some minutes.
func (c *Connector) background(do func(context.Context)) {
	_, n := c.intake.get()
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return
	}
	n.lines.Go(func() {
		ctx, cancel := context.WithTimeout(n.ctx, 5*time.Minute)
		defer cancel()
		if err := safely(func() error { do(ctx); return nil }); err != nil {
			c.log.Error("cannot do what a button asks for", "err", err)
		}
	})
}
