package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"amtsbote/bots"
)

const (
	proofTime   = time.Minute          // to fetch and verify one mail
	retryEvery  = 30 * time.Second     // mails whose key could not be looked up
	retryRound  = 10 * time.Second     // before other mail has its turn again
	maxLater    = 1000                 // mails that wait; beyond that the mailbox does
	waitAtMost  = 24 * time.Hour       // for a key
	keepLater   = 30 * 24 * time.Hour  // likewise, if the bot is stopped meanwhile
	keepSeen    = 400 * 24 * time.Hour // signatures, as long as the inbox knows mails
	keyLater    = "dkim/later/"        // + message
	keySeen     = "dkim/seen/"         // + hash of the signature
	errTooMany  = waiting("mail: dkim: too many mails wait for keys that cannot be looked up: check the DNS servers of own_domains")
	detailStale = unproven("its key could not be looked up for a day")
)

type waiting string

func (w waiting) Error() string { return string(w) }

// later are the mails that can be neither believed nor refused yet, because a key
// could not be looked up. They lie in the State, each with the time since when, so
// that the mailbox goes on and a restart forgets none. They are tried again for a
// day, and then refused.
type later struct {
	turn  sync.Mutex // of whoever tries them again
	due   time.Time
	mu    sync.Mutex
	count int // at least as many wait; -1: not known
}

type laterMail struct {
	Message bots.Message
	Since   time.Time
}

// proven reports whether a message may be accepted: with Trust.DKIM if a signature
// speaks for its sender. The error is one of the State, or says that too many wait.
func (r *receiver) proven(ctx context.Context, m bots.Message) (bool, error) {
	if r.proofs == nil || m.Watched {
		return true, nil
	}
	err := r.prove(ctx, r.state, m)
	if err == nil || r.refuse(m, err) {
		return err == nil, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return false, r.postpone(ctx, m)
}

// refuse passes a mail over for good if err says so.
func (c *Connector) refuse(m bots.Message, err error) bool {
	why, ok := errors.AsType[unproven](err)
	if !ok {
		return false
	}
	c.stats.skip(skipUnverified)
	c.log.Info("mail passed over", "message", bots.LogID(m.ID), "reason", skipUnverified, "dkim", string(why))
	return true
}

// prove verifies that a message is its sender's. The error is an unproven if it is
// not; any other may pass.
func (c *Connector) prove(ctx context.Context, s bots.State, m bots.Message) error {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	mail, err := c.Open(ctx, s, m.Files[0])
	switch {
	case errors.Is(err, errGone):
		return unproven("it is no longer in the mailbox")
	case isRefusal(err):
		return unproven("it is larger than max_size")
	case err != nil:
		return err
	}
	defer mail.Close()
	good, err := c.proofs.verify(ctx, mail, m.Sender)
	if err != nil {
		return err
	}
	return c.proofs.first(ctx, s, good, m.ID)
}

// first refuses a signature that another mail has borne: what a colleague once sent
// to anybody is signed, and parts that are not, such as To, can be changed without
// end. The same mail may come again, after a crash or with a new UIDVALIDITY.
func (p *prover) first(ctx context.Context, s bots.State, good []signature, id string) error {
	p.seen.Lock()
	defer p.seen.Unlock()
	notes := map[string][]byte{}
	for _, g := range good {
		sum := sha256.Sum256(append([]byte(g.name()+"\x00"), g.sig...))
		key := keySeen + hex.EncodeToString(sum[:16])
		before, err := s.Get(ctx, key)
		if err != nil {
			return err
		}
		if before != nil && string(before) != id {
			return unproven("another mail had the same signature before")
		}
		notes[key] = []byte(id)
	}
	return s.Put(context.WithoutCancel(ctx), notes, keepSeen)
}

// postpone keeps a mail for later.
func (r *receiver) postpone(ctx context.Context, m bots.Message) error {
	l := &r.proofs.later
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count < 0 || l.count >= maxLater {
		l.count = 0
		if err := r.state.Each(ctx, keyLater, func(string, []byte) error { l.count++; return nil }); err != nil {
			return err
		}
	}
	if l.count >= maxLater {
		return errTooMany
	}
	b, err := json.Marshal(laterMail{m, r.now()})
	if err != nil {
		return err
	}
	r.log.Warn("a forward waits: its signature cannot be verified at present", "message", bots.LogID(m.ID), "waiting", l.count+1)
	l.count++
	return r.state.Put(context.WithoutCancel(ctx), map[string][]byte{keyLater + m.ID: b}, keepLater)
}

// again tries the mails that wait, in no order and for a short time only, so that
// none of them holds up the others or what is new.
func (r *receiver) again(ctx context.Context) error {
	if r.proofs == nil || !r.proofs.later.turn.TryLock() {
		return nil
	}
	l := &r.proofs.later
	defer l.turn.Unlock()
	if r.now().Before(l.due) {
		return nil
	}
	l.due = r.now().Add(retryEvery)
	all := map[string]laterMail{}
	var keys []string
	err := r.state.Each(ctx, keyLater, func(key string, b []byte) error {
		var m laterMail
		if json.Unmarshal(b, &m) == nil && len(m.Message.Files) > 0 {
			keys, all[key] = append(keys, key), m
		}
		return nil
	})
	if err != nil {
		return err
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	end := time.Now().Add(retryRound)
	for _, key := range keys {
		if time.Now().After(end) {
			break
		}
		if err := r.retry(ctx, key, all[key]); err != nil {
			return err
		}
	}
	return nil
}

// retry tries one of them.
func (r *receiver) retry(ctx context.Context, key string, m laterMail) error {
	err := r.prove(ctx, r.state, m.Message)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	since := m.Since
	if start := r.proofs.start; start.After(since) { // while it was down nothing was tried
		since = start
	}
	if r.now().Sub(since) > waitAtMost && err != nil {
		err = detailStale
	}
	switch {
	case err == nil:
		if err := r.accept(ctx, m.Message); err != nil {
			return fmt.Errorf("mail: a forward that waited: %w", err)
		}
		r.stats.received(m.Message.Time)
	case !r.refuse(m.Message, err):
		return nil // still not known
	}
	return r.state.Put(context.WithoutCancel(ctx), map[string][]byte{key: nil}, 0)
}
