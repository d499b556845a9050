package knowledge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"amtsbote/skills/document"
)

// A State is how a collection is doing.
type State struct {
	Name, Description string
	Opening           bool      // nothing is known yet
	Documents         int       // in the index, with text
	Passages          int       // of them
	At                time.Time // of the last walk after which everything was read but what is Left; zero: there was none since the start
	Left              int       // files that are still to be read, or still being written
	Held              int       // documents that stay although their folder cannot be read or is suddenly empty
	Away              time.Time // since when the folder cannot be read; zero: it can
	Over              bool      // there are more files than are taken
	Alarm             string    `json:",omitempty"` // what a person must see to, for operators
	Vectors           string    `json:",omitempty"` // the model for vectors and its place, empty without
	Unread            []Unread  `json:",omitempty"` // by name
}

// Unread is a file that was not read, or not all of it.
type Unread struct {
	File   string
	Reason document.Text
	Part   bool // some of it was read
}

// State returns how the collection is doing.
func (c *Collection) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.state
	for key, d := range c.docs {
		if d.Pieces > 0 {
			st.Documents++
			st.Passages += d.Pieces
		}
		if d.Reason != nil {
			st.Unread = append(st.Unread, Unread{key, *d.Reason, d.Pieces > 0})
		}
	}
	slices.SortFunc(st.Unread, func(a, b Unread) int { return cmp.Compare(a.File, b.File) })
	if c.emb != nil {
		i := c.emb.Info()
		st.Vectors = fmt.Sprintf("%s (%s)", i.Name, i.Place)
	}
	switch {
	case st.Alarm != "":
	case !st.Away.IsZero():
		st.Alarm = fmt.Sprintf("the folder cannot be read since %s; its documents are removed after %v", st.Away.Format(time.RFC3339), c.Grace)
	case st.Held > 0:
		st.Alarm = fmt.Sprintf("%d documents are in folders that cannot be read or are suddenly empty; they are removed after %v", st.Held, c.Grace)
	case st.Over:
		st.Alarm = fmt.Sprintf("the folder has more than %d files; the others are not taken", maxFiles)
	}
	return st
}

func (c *Collection) tell(change func(*State)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.state)
}

// note keeps the state for operators' commands, which cannot open an index that the
// daemon has open.
func (c *Collection) note(err error) {
	c.tell(func(st *State) {
		st.Alarm = ""
		if err != nil {
			st.Alarm = err.Error()
		}
	})
	data, err := json.MarshalIndent(c.State(), "", "  ")
	if err == nil {
		next := StateFile(c.dir) + ".new"
		if err = os.WriteFile(next, data, 0o600); err == nil {
			err = os.Rename(next, StateFile(c.dir))
		}
	}
	if err != nil {
		c.opt.Log.Warn("state of a collection not noted", "collection", c.Name, "err", plainError(err))
	}
}

// StateFile returns the file of a collection's last noted State, as JSON.
func StateFile(dir string) string { return dir + ".state" }

// Alarms returns what a person must see to, by collection.
func (l *Library) Alarms() map[string]string {
	all := map[string]string{}
	for _, c := range l.cols {
		if a := c.State().Alarm; a != "" {
			all["collection "+c.Name] = a
		}
	}
	return all
}

var (
	documentsDesc = prometheus.NewDesc("amtsbote_knowledge_documents", "Documents of a collection: read, unread, left to read.", []string{"bot", "collection", "state"}, nil)
	passagesDesc  = prometheus.NewDesc("amtsbote_knowledge_passages", "Passages of a collection.", []string{"bot", "collection"}, nil)
	currentDesc   = prometheus.NewDesc("amtsbote_knowledge_current_timestamp_seconds", "When a collection was last up to date.", []string{"bot", "collection"}, nil)
)

// Metrics returns the figures of libraries. None has a label that names a file.
func Metrics(all ...*Library) prometheus.Collector { return metrics(all) }

type metrics []*Library

// Describe implements prometheus.Collector.
func (metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- documentsDesc
	ch <- passagesDesc
	ch <- currentDesc
}

// Collect implements prometheus.Collector.
func (m metrics) Collect(ch chan<- prometheus.Metric) {
	for _, l := range m {
		for _, c := range l.cols {
			c.collect(ch)
		}
	}
}

func (c *Collection) collect(ch chan<- prometheus.Metric) {
	st := c.State()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{c.opt.Bot, c.Name}, labels...)...)
	}
	gauge(documentsDesc, float64(st.Documents), "read")
	gauge(documentsDesc, float64(len(st.Unread)), "unread")
	gauge(documentsDesc, float64(st.Left), "left")
	gauge(passagesDesc, float64(st.Passages))
	if !st.At.IsZero() {
		gauge(currentDesc, float64(st.At.Unix()))
	}
}
