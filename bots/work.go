package bots

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"amtsbote/storage"
)

const (
	giveUp   = 15 * time.Minute // after so long without success a person gets one honest answer
	tellWait = 20 * time.Second // after so long a waiting person is told that it takes longer
)

// trouble is what is remembered of a message that failed.
type trouble struct {
	// Spent is how long it has been tried and waited for: a sum rather than a
	// moment, so that a clock which jumps neither ends nor prolongs it.
	Spent  time.Duration
	Panics int
}

// A question is a message that is being answered, with all that is known of it.
type question struct {
	b       *bot
	c       Connector
	it      storage.Item
	began   time.Time
	m       Message
	talk    conversation
	use     use
	trouble trouble
	verdict verdict
	task    Task
	effect  func(storage.Tx) error // what the answer does to the store besides; nil: nothing
	out     storage.Item           // the answer as it enters the outbox
}

func (q *question) conversationKey() string {
	return q.b.key(kindConversation, q.m.conversation()...)
}

func (q *question) troubleKey() string { return q.b.key(kindTrouble, q.it.ID) }

// answer has a message answered and moves it from the inbox to the outbox.
func (r *Runner) answer(held context.Context, b *bot, it storage.Item) error {
	ctx, cancel := context.WithTimeoutCause(held, skillLimit, errTooLong)
	defer cancel()
	q, err := decodeQuestion(b, it)
	if err != nil {
		return err
	}
	left, err := r.pass(ctx, q)
	if err != nil {
		return err
	}
	defer left()
	a, err := r.made(ctx, q)
	if err != nil {
		if a, err = r.judge(ctx, q, err); err == nil {
			err = q.pack(a)
		}
		if err != nil {
			return err
		}
	}
	if err := r.finish(held, q, a); err != nil {
		return err
	}
	skill := a.Notice.Skill
	r.metrics.answered.WithLabelValues(b.Name, skill).Inc()
	r.metrics.seconds.WithLabelValues(skill).Observe(time.Since(q.began).Seconds())
	r.Log.Info("message answered", "message", q.m, "skill", skill, "skipped", a.Skip != "", "drafts", len(a.Drafts), "took", time.Since(q.began).Round(time.Millisecond))
	return nil
}

// made returns the answer to a message, ready to be kept. Whatever panics on the
// way, a connector or a reader of letters too, counts as a skill that does.
func (r *Runner) made(ctx context.Context, q *question) (a Answer, err error) {
	err = safely(func() (err error) { a, err = r.ask(ctx, q); return err })
	if err == nil && a.Skip != "" && !q.m.Watched {
		a = q.plain(textSkipped) // somebody waits
	}
	if err != nil {
		return a, err
	}
	a, left := a.fit()
	if left > 0 {
		r.Log.Error("files of an answer left out: too large", "message", q.m, "skill", a.Notice.Skill, "files", left)
	}
	return a, q.pack(a)
}

// pack makes the item of an answer, before it is too late to say that it cannot
// be kept (a letter's date after the year 9999 cannot be encoded).
func (q *question) pack(a Answer) (err error) {
	if a.Skip != "" {
		return nil
	}
	if q.out, err = q.b.replyItem(q.m, "answer", a, q.task.Language); err != nil {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	return nil
}

// decodeQuestion returns the question that an item is.
func decodeQuestion(b *bot, it storage.Item) (*question, error) {
	q := &question{b: b, it: it, began: time.Now()}
	if err := b.sealer.decode(it.Queue+it.ID, it.Data, &q.m); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(b.Connectors, func(c Connector) bool { return c.Name() == q.m.Connector })
	if i < 0 {
		return nil, &Refusal{Err: fmt.Errorf("connector %q is no longer configured", q.m.Connector)}
	}
	q.c = b.Connectors[i]
	return q, nil
}

// load reads what belongs to a message.
func (r *Runner) load(ctx context.Context, q *question) error {
	b := q.b
	err := r.Store.View(ctx, func(tx storage.Tx) (err error) {
		if q.use, err = b.loadUse(tx, q.m); err != nil {
			return err
		}
		if q.it.Fails > 0 {
			if err := b.get(tx, q.troubleKey(), &q.trouble); err != nil {
				return err
			}
		}
		return b.get(tx, q.conversationKey(), &q.talk)
	})
	q.talk.expire(time.Now().Add(-b.Keep))
	return err
}

// pass asks the gate. A message that passes counts as its person's until left is
// called; then it is in the store. The store is read after those at work were
// counted: whoever is done in between counts twice, and never not at all.
func (r *Runner) pass(ctx context.Context, q *question) (left func(), err error) {
	who := q.b.key(kindPerson, q.m.gateKey())
	r.mu.Lock()
	busy := r.busy[who]
	r.busy[who]++
	r.mu.Unlock()
	left = sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.busy[who]--; r.busy[who] == 0 {
			delete(r.busy, who)
		}
	})
	if err := r.load(ctx, q); err != nil {
		left()
		return nil, err
	}
	if q.verdict = q.b.gate(q.m, q.use, busy, time.Now()); !q.verdict.pass {
		left()
	}
	return left, nil
}

// ask asks the skills, if the gate lets the message pass.
func (r *Runner) ask(ctx context.Context, q *question) (Answer, error) {
	b, m := q.b, q.m
	now := time.Now().In(b.Zone)
	q.task = Task{Bot: b.Profile, Message: m, Text: m.Text, History: q.talk.Turns, Language: cmp.Or(q.use.person.Language, b.Language),
		Class: b.Class.higher(m.Class), Now: now, Open: r.open(b, q.c), Rooms: r.rooms(q), Memo: memos{r, q}}
	if l := language(m.Text); l != "" && !m.Watched {
		q.task.Language = l
	}
	if q.verdict.wait > 0 {
		if why := q.verdict.capped; why != "" {
			r.metrics.delayed.WithLabelValues(b.Name, why).Inc()
			r.Log.Info("message waits: too many", "message", m, "of", why, "wait", q.verdict.wait.Round(time.Second))
		}
		return Answer{}, later{q.verdict.wait}
	}
	if why := q.verdict.refuse; why != "" {
		r.metrics.refused.WithLabelValues(b.Name, why).Inc()
		r.Log.Info("message refused at the gate", "message", m, "reason", why)
		a := q.plain(q.verdict.text)
		a.Private = true
		return a, nil
	}
	q.task.Tell = r.tell(ctx, q) // shows that an answer is on its way: not to who gets none
	if err := b.parse(ctx, &q.task); err != nil {
		return Answer{}, err
	}
	if a, ok, err := r.rights(ctx, q); ok || err != nil {
		return a, err
	}
	return b.skills(ctx, q.task, q.talk.last())
}

// judge decides what an error means: a text for the person, or another try.
func (r *Runner) judge(ctx context.Context, q *question, err error) (Answer, error) {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errTooLong) {
		return Answer{}, err // stopping, or no longer wanted
	}
	if _, ok := errors.AsType[later](err); ok {
		return Answer{}, err
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		r.metrics.refused.WithLabelValues(q.b.Name, "skill").Inc()
		r.Log.Info("message refused", "message", q.m, "err", err)
		return q.plain(refusal.Text), nil
	}
	if _, ok := errors.AsType[*panicked](err); ok {
		r.metrics.panics.Inc()
		q.trouble.Panics++
	} else if errors.Is(err, errUnfit) {
		q.trouble.Panics++
	}
	q.trouble.Spent += time.Since(q.began)
	if q.trouble.Panics >= 2 || q.trouble.Spent >= giveUp {
		r.metrics.failures.WithLabelValues(q.b.Name, "inbox").Inc()
		r.Log.Error("message given up", "message", q.m, "fails", q.it.Fails, "err", err)
		return q.plain(Text{}), nil
	}
	return Answer{}, r.again(ctx, q, err)
}

// plain is an answer without skill or model; without a text it is the apology.
func (q *question) plain(text Text) Answer {
	if text.IsZero() {
		text = textSorry(q.b.Profile)
		if q.m.Watched {
			text = textNoDraft
		}
	}
	return Answer{Text: text, Notice: Notice{Plain: true}}
}

// again gives a failed message back, to be tried again, and tells a person who
// has waited a while. It returns nil if that worked: the item is no longer held.
func (r *Runner) again(ctx context.Context, q *question, cause error) error {
	wait := backoff(q.it.Fails+1, 2*time.Minute)
	told := q.trouble.Spent >= tellWait
	until := time.Now().Add(giveUp - q.trouble.Spent).In(q.b.Zone)
	q.trouble.Spent += wait
	r.metrics.failures.WithLabelValues(q.b.Name, "inbox").Inc()
	r.Log.Warn("will try again", "message", q.m, "fails", q.it.Fails+1, "wait", wait, "err", cause)
	err := r.update(context.WithoutCancel(ctx), func(tx storage.Tx) error {
		if err := q.b.put(tx, q.troubleKey(), q.trouble, sendFor); err != nil {
			return err
		}
		if q.m.Prio == PrioPerson && told {
			text := Answer{Text: textWait(until), Notice: Notice{Plain: true}}
			if err := r.reply(tx, q.b, q.m, "notice", text, q.task.Language); err != nil {
				return err
			}
		}
		return tx.Retry(q.it, wait, true)
	})
	if err != nil {
		return err
	}
	r.kick(outbox(q.b.Name, q.m.Connector))
	return errGivenBack
}

// finish moves a message from the inbox to the outbox in one transaction. An
// answer that a full disk refuses is kept in hand: no model is asked again for it.
func (r *Runner) finish(held context.Context, q *question, a Answer) error {
	b, m := q.b, q.m
	err := r.settle(held, func(tx storage.Tx) error {
		if err := tx.Done(q.it); err != nil {
			return err
		}
		if q.it.Fails > 0 {
			if err := tx.Put(q.troubleKey(), nil, 0); err != nil {
				return err
			}
		}
		toldBefore, err := b.count(tx, m, q.verdict, q.task.Language, q.task.Now)
		if err != nil || toldBefore {
			return err
		}
		if q.effect != nil {
			if err := q.effect(tx); err != nil {
				return err
			}
		}
		if a.Skip != "" {
			return nil
		}
		if err := r.remember(tx, q, a); err != nil {
			return err
		}
		_, err = tx.Add(q.out)
		return err
	})
	if err != nil {
		return err
	}
	r.kick(outbox(b.Name, m.Connector))
	return nil
}

// remember adds question and answer to the conversation. Of a watched mailbox
// nothing is kept: its conversation is in the mailbox.
func (r *Runner) remember(tx storage.Tx, q *question, a Answer) error {
	if q.m.Watched || a.Notice.Plain {
		return nil
	}
	// Read again: a redaction may have come in meanwhile.
	var talk conversation
	if err := q.b.get(tx, q.conversationKey(), &talk); err != nil {
		return err
	}
	now := time.Now().UTC()
	talk.expire(now.Add(-q.b.Keep))
	answer := Turn{ID: answerID(q.m.ID), Bot: true, Skill: a.Notice.Skill, Time: now, Text: a.Text.In(q.task.Language),
		Drafts: a.Drafts, Notice: a.Notice, Sources: a.Sources}
	if a.Private && !q.m.Direct { // others go on with this conversation: they must not be told of it
		answer.Text, answer.Drafts, answer.Sources = "", nil, nil
	}
	talk.add(
		Turn{ID: q.m.ID, Person: q.m.Sender, Time: q.m.Time, Text: q.task.Text, Files: q.m.Files}, answer)
	talk.show(q.m.ID)
	return q.b.put(tx, q.conversationKey(), talk, q.b.Keep)
}

func answerID(id string) string { return id + "/answer" }

// reply adds an answer to a message to the outbox, once.
func (r *Runner) reply(tx storage.Tx, b *bot, m Message, kind string, a Answer, language string) error {
	it, err := b.replyItem(m, kind, a, language)
	if err != nil {
		return err
	}
	_, err = tx.Add(it)
	return err
}

// replyItem returns the item of a reply.
func (b *bot) replyItem(m Message, kind string, a Answer, language string) (storage.Item, error) {
	id := m.ID + "/" + kind
	return b.item(outbox(b.Name, m.Connector), itemID(m.Connector, id), m, Reply{ID: id, To: m.address(), Language: language, Answer: a})
}
