package mail

import (
	"maps"
	"sync"
	"time"
)

// Stats are figures of a mailbox since the start.
type Stats struct {
	Receiving   bool           // connected, and the mailbox has been read to its end
	LastReceipt time.Time      // when the server received the last mail that was accepted
	Accepted    int            // mails
	Skipped     map[string]int // by reason: automatic, list, bulk, bounce, own, answered, deleted, outsider, unauthenticated
	Drafts      int            // written into the drafts folder
	Replaced    int            // drafts taken away because there is one for a newer letter
	Expired     int            // drafts deleted because nobody touched them for long
	Superseded  int            // no draft, because a newer letter has one
	Briefs      int            // written into their folder or sent
	Answers     int            // sent to colleagues
	Answered    int            // no draft, because a person was faster
	Backlog     int            // mails in the mailbox that are still to be accepted, newest first
}

// Stats returns the figures of now.
func (c *Connector) Stats() Stats {
	c.stats.mu.Lock()
	defer c.stats.mu.Unlock()
	s := c.stats.Stats
	s.Skipped = maps.Clone(s.Skipped)
	for _, n := range c.stats.backlogs {
		s.Backlog += n
	}
	return s
}

type counters struct {
	mu sync.Mutex
	Stats
	backlogs [maxWatched]int // by folder
}

func (c *counters) count(fn func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn(&c.Stats)
}

func (c *counters) receiving(is bool) { c.count(func(s *Stats) { s.Receiving = is }) }

func (c *counters) backlog(folder, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.backlogs[folder] = n
}

func (c *counters) received(t time.Time) {
	c.count(func(s *Stats) {
		s.Accepted++
		if t.After(s.LastReceipt) {
			s.LastReceipt = t
		}
	})
}

func (c *counters) skip(reason string) {
	c.count(func(s *Stats) {
		if s.Skipped == nil {
			s.Skipped = map[string]int{}
		}
		s.Skipped[reason]++
	})
}
