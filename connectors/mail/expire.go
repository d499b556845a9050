package mail

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"amtsbote/bots"
)

const (
	defaultExpire = 30  // days
	maxExpire     = 150 // days; a trail is kept for longer
)

// expires is after how many days an untouched draft is deleted; 0: never.
func (c Config) expires() int {
	if c.ExpireDays == nil {
		return defaultExpire
	}
	return *c.ExpireDays
}

// written returns when a draft of the trail was written, at the latest.
func (t *trail) written(w *written) time.Time {
	if w.Written == 0 {
		return time.Unix(max(t.Received, 0), 0)
	}
	return time.Unix(w.Written, 0)
}

// expired reports whether a draft was written before a moment, and is known to.
func (t *trail) expired(w *written, before time.Time) bool {
	at := t.written(w)
	return at.Unix() > 0 && at.Before(before)
}

// expire deletes the drafts that have waited for too long and that nobody has
// touched, by the same rules and the same function as when one is replaced. on is
// the moment before which they count as expired.
func (c *Connector) expire(ctx context.Context, s bots.State, on time.Time) error {
	days := c.cfg.expires()
	if days == 0 {
		return nil
	}
	before := on.AddDate(0, 0, -days)
	var keys []string
	err := s.Each(ctx, trailPrefix, func(key string, b []byte) error {
		var t trail
		if err := json.Unmarshal(b, &t); err != nil {
			return nil // of a later version: not ours to judge
		}
		if slices.ContainsFunc(t.Drafts, func(w written) bool { return t.expired(&w, before) }) {
			keys = append(keys, key)
		}
		return nil
	})
	for _, key := range keys {
		if err != nil {
			return err
		}
		err = c.expireTrail(ctx, s, key, before, on)
	}
	return err
}

// expireTrail deletes those of one thread. A draft that turns out to be touched is
// let go of, and never looked at again.
func (c *Connector) expireTrail(ctx context.Context, s bots.State, key string, before, on time.Time) error {
	defer c.lock(key)()
	t, err := loadTrail(ctx, s, key)
	if err != nil {
		return err
	}
	save := func() error { return t.save(ctx, s, key) }
	for i := 0; i < len(t.Drafts); {
		w := &t.Drafts[i]
		if !t.expired(w, before) {
			i++
			continue
		}
		able, gone := false, false
		err := c.pool.with(ctx, func(k *conn) (err error) {
			able = k.deletesOne()
			gone, err = k.remove(ctx, w, save)
			return err
		})
		if _, refused := errors.AsType[*serverError](err); err != nil && !refused {
			return err
		}
		if err != nil || !able { // the rights, or the server, may become others
			i++
			continue
		}
		if gone {
			if err := c.note(ctx, s, tallyGone+w.ID, outcome{At: on.Unix() - 1}); err != nil {
				return err
			}
			c.stats.count(func(s *Stats) { s.Expired++ })
			c.log.Info("draft expired: nobody has touched it", "draft", bots.LogID(w.ID))
		}
		t.Drafts = slices.Delete(t.Drafts, i, i+1)
		if err := save(); err != nil {
			return err
		}
	}
	return nil
}
