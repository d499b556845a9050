package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/render"
)

const (
	beat       = 15 * time.Second // between signs of life; the page waits for three of them
	writeLimit = 30 * time.Second // how long a page may take nothing
	maxReplay  = 300              // events shown to a page that comes new; older ones are kept
)

// events streams what happened in the room after the event named by Last-Event-ID
// (or by the parameter after), and goes on as it happens:
//
//	event (with id)   view as JSON
//	progress          progress of an answer as JSON
//	ready             all that was before has been sent
//	beat              nothing happened for a while
func (c *Connector) events(w http.ResponseWriter, r *http.Request, v visit) {
	after := seqOf(r.Header.Get("Last-Event-ID"))
	if after == 0 {
		after = seqOf(r.URL.Query().Get("after"))
	}
	room := c.room(v.room)
	l := room.listen() // before reading State, so that nothing falls between
	if l == nil {
		fail(w, r, http.StatusTooManyRequests, textTooManyTabs)
		return
	}
	defer room.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	s := &stream{w: w, rc: http.NewResponseController(w), last: after}
	s.write("retry: 1000\n\n")
	old, err := v.store.recent(r, room.id, after)
	if err != nil {
		return // the page comes again
	}
	for _, e := range old {
		s.event(e)
	}
	s.write("event: ready\ndata: {}\n\n")
	s.follow(r, l)
}

// recent returns the events after a number, at most the last maxReplay.
func (s store) recent(r *http.Request, room string, after int64) ([]event, error) {
	var all []event
	err := s.events(r.Context(), room, func(e event) error {
		if e.Seq > after {
			all = append(all, e)
		}
		return nil
	})
	return all[max(0, len(all)-maxReplay):], err
}

func seqOf(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// stream writes server-sent events until something fails.
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	last int64 // number of the last event written
	err  error
}

// follow writes what happens until the page or the daemon goes.
func (s *stream) follow(r *http.Request, l *listener) {
	t := time.NewTicker(beat)
	defer t.Stop()
	for s.err == nil {
		select {
		case e := <-l.events:
			s.event(e)
		case p := <-l.progress:
			s.progress(p)
		case <-t.C:
			s.write("event: beat\ndata: {}\n\n")
		case <-l.gone:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *stream) event(e event) {
	if e.Seq <= s.last {
		return // was read from State already
	}
	data, err := json.Marshal(show(e))
	if err != nil {
		s.err = err
		return
	}
	s.last = e.Seq
	s.write(fmt.Sprintf("id: %d\ndata: %s\n\n", e.Seq, data))
}

func (s *stream) progress(p progress) {
	data, err := json.Marshal(map[string]any{
		"target": shortID(p.message), "done": p.p.Done, "total": p.p.Total,
		"de": p.p.Text.In("de"), "en": p.p.Text.In("en"), "html": render.HTML(p.p.Partial),
	})
	if err != nil {
		s.err = err
		return
	}
	s.write(fmt.Sprintf("event: progress\ndata: %s\n\n", data))
}

func (s *stream) write(text string) {
	if s.err != nil {
		return
	}
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeLimit)) // not every server can; then its own limits hold
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.rc.Flush()
	}
}

// fail answers a request with a text for the person, as JSON.
func fail(w http.ResponseWriter, r *http.Request, status int, text bots.Text) {
	reply(w, status, map[string]any{"error": text.In(languageOf(r))})
}

// busy asks the page to try again.
func busy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "1")
	fail(w, r, http.StatusServiceUnavailable, textBusy)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the browser may be gone
}
