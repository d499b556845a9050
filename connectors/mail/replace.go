package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

// trailPrefix begins the keys of all trails.
const trailPrefix = "draft/"

const (
	// keepTrail is how long a draft can be replaced. It is longer than the outbox
	// tries, so that a late try of an older letter is known for what it is.
	keepTrail = 180 * 24 * time.Hour
	maxOld    = 50 // drafts of a trail that wait to be taken away
)

// errSuperseded says that a newer letter of the thread has a draft already.
var errSuperseded = errors.New("mail: a newer letter has a draft")

// A trail is what the State remembers of the drafts of a thread, so that when the
// same person writes again, the new draft takes the place of the old one.
type trail struct {
	Letter   string   // identity of the letter that Drafts answer: the newest
	Received int64    // when it came, seconds since 1970
	Validity uint32   // where it is
	UID      imap.UID // likewise
	Drafts   []written
	Old      []written // of earlier letters, still to be taken away
}

// written is a draft as it was written.
type written struct {
	ID       string // Message-ID
	Folder   string
	Size     int
	Sum      string   // SHA-256 of its bytes
	Validity uint32   // 0: the server did not say where it put it
	UID      imap.UID // likewise
	Going    bool     // it is being taken away: \Deleted is ours
	Written  int64    // when, seconds since 1970; 0: by a version that did not say
}

// trailKey names the trail of a reply: the thread, who wrote and who is
// addressed. Somebody else in the same thread, or an answer to another address,
// must not make a draft go away.
func trailKey(r bots.Reply, ref reference) string {
	var to []string
	for _, d := range r.Answer.Drafts {
		for _, s := range d.To {
			if a, ok := eml.Address(s); ok {
				to = append(to, strings.ToLower(a.Address))
			}
		}
	}
	slices.Sort(to)
	h := sha256.New()
	for _, s := range append([]string{r.To.Thread, ref.Author}, slices.Compact(to)...) {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return trailPrefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// lock has the drafts of a thread written one after the other.
func (c *Connector) lock(key string) (unlock func()) {
	h := fnv.New32a()
	io.WriteString(h, key)
	m := &c.trails[h.Sum32()%uint32(len(c.trails))]
	m.Lock()
	return m.Unlock
}

func loadTrail(ctx context.Context, s bots.State, key string) (t trail, err error) {
	b, err := s.Get(ctx, key)
	if err == nil && b != nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil {
		return t, fmt.Errorf("mail: trail: %w", err)
	}
	return t, nil
}

func (t *trail) save(ctx context.Context, s bots.State, key string) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return s.Put(context.WithoutCancel(ctx), map[string][]byte{key: b}, keepTrail)
}

// turn makes the trail that of a letter. It fails if that is not the newest one.
func (t *trail) turn(letter string, ref reference) error {
	if t.Letter == letter {
		return nil
	}
	later := t.Received > ref.Received ||
		t.Received == ref.Received && t.Validity == ref.Validity && t.UID > ref.UID
	if t.Letter != "" && later {
		return errSuperseded
	}
	t.Old = append(t.Old, t.Drafts...)
	t.Old = t.Old[max(0, len(t.Old)-maxOld):]
	t.Letter, t.Received, t.Validity, t.UID, t.Drafts = letter, ref.Received, ref.Validity, ref.UID, nil
	return nil
}

// note records a draft that is about to be written, and returns its record.
func (t *trail) note(id, folder string, mail []byte, now time.Time) *written {
	t.Drafts = slices.DeleteFunc(t.Drafts, func(w written) bool { return w.ID == id })
	sum := sha256.Sum256(mail)
	t.Drafts = append(t.Drafts, written{ID: id, Folder: folder, Size: len(mail), Sum: hex.EncodeToString(sum[:]), Written: now.Unix()})
	return &t.Drafts[len(t.Drafts)-1]
}

// replace takes the drafts of earlier letters away, now that the new ones are
// there. Those that a person has touched stay, and so do all where the server
// cannot delete just one mail or does not let us.
func (c *Connector) replace(ctx context.Context, t *trail, save func() error) error {
	for len(t.Old) > 0 {
		var gone bool
		w := &t.Old[0]
		err := c.pool.with(ctx, func(k *conn) (err error) {
			gone, err = k.remove(ctx, w, save)
			return err
		})
		if _, refused := errors.AsType[*serverError](err); err != nil && !refused {
			return err
		}
		if gone {
			c.stats.count(func(s *Stats) { s.Replaced++ })
			c.log.Info("draft replaced: there is a newer letter", "draft", bots.LogID(w.ID))
		}
		t.Old = t.Old[1:]
	}
	return save()
}

// remove deletes a draft if nobody has touched it, and reports whether it is gone
// by us. save is called before, so that a second try after a crash knows its own
// mark, and what it did.
func (k *conn) remove(ctx context.Context, w *written, save func() error) (gone bool, err error) {
	if !k.deletesOne() {
		return false, nil
	}
	box, err := k.open(ctx, w.Folder, true)
	if err != nil {
		return false, err
	}
	what := inField("Message-ID", w.ID)
	uids, err := k.search(ctx, &what)
	if err != nil || len(uids) != 1 { // taken away, sent, or copied by a person
		return err == nil && len(uids) == 0 && w.Going, err
	}
	uid := uids[0]
	if w.Validity == box.UIDValidity && w.UID != 0 && w.UID != uid {
		return false, nil // it was elsewhere and came back
	}
	own, state, err := k.untouched(ctx, uid, w)
	if err != nil || !own {
		return false, err
	}
	w.Going = true
	if err := save(); err != nil {
		return false, err
	}
	return k.expunge(ctx, w.Folder, box.UIDValidity, uid, state)
}

// untouched reports whether a mail of the open folder is byte for byte what was
// written and bears no other flags. state is what the server calls its present
// state (RFC 7162), 0 if it does not.
func (k *conn) untouched(ctx context.Context, uid imap.UID, w *written) (own bool, state uint64, err error) {
	opts := &imap.FetchOptions{UID: true, Flags: true, ModSeq: k.caps.Has(imap.CapCondStore),
		// One byte more than there should be: a longer mail is another one.
		BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: &imap.SectionPartial{Size: int64(w.Size) + 1}}}}
	sum, size, flagged := "", int64(-1), false
	err = k.do(ctx, "fetch", func() error {
		cmd := k.im.Fetch(imap.UIDSetNum(uid), opts)
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			for item := m.Next(); item != nil; item = m.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataFlags:
					flagged = !w.left(item.Flags)
				case imapclient.FetchItemDataModSeq:
					state = item.ModSeq
				case imapclient.FetchItemDataBodySection:
					if item.Literal == nil {
						continue
					}
					h := sha256.New()
					n, err := io.Copy(h, item.Literal)
					if err != nil {
						return err
					}
					sum, size = hex.EncodeToString(h.Sum(nil)), n
				}
			}
		}
		return cmd.Close()
	})
	if err == nil && size < 0 { // as in conn.headers: the answer was dropped
		err = fmt.Errorf("mail: imap fetch: %w", errDropped)
	}
	return !flagged && size == int64(w.Size) && sum == w.Sum, state, err
}

// left reports whether flags are those that a draft was written with. \Recent is
// the server's; any other one more or less was a person.
func (w *written) left(flags []imap.Flag) bool {
	draft, seen := false, false
	for _, f := range flags {
		switch {
		case f == imap.FlagDraft:
			draft = true
		case f == imap.FlagSeen:
			seen = true
		case strings.EqualFold(string(f), `\Recent`), f == imap.FlagDeleted && w.Going:
		default:
			return false
		}
	}
	return draft && seen
}
