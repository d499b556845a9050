package bots

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/storage"
)

// Access says who may use a bot. Nobody may until somebody is allowed.
type Access struct {
	// Allow lists people (anna@stadt.example, @anna:stadt.example) and whole
	// domains (stadt.example, which does not stand for amt.stadt.example).
	Allow []string `yaml:"allow"`
	// Deny lists the same; it goes before Allow.
	Deny []string `yaml:"deny"`
}

// Validate reports everything that is wrong with a.
func (a Access) Validate() error {
	var errs []error
	for _, list := range []struct {
		name    string
		entries []string
	}{{"allow", a.Allow}, {"deny", a.Deny}} {
		for i, e := range list.entries {
			if e == "" || strings.ContainsAny(e, " *<>,;\t\n") || strings.HasPrefix(e, ".") {
				errs = append(errs, fmt.Errorf("%s[%d]: %q is neither a person (anna@stadt.example) nor a domain (stadt.example); there are no patterns", list.name, i, e))
			}
		}
	}
	return errors.Join(errs...)
}

// Allows reports whether a person may use the bot.
func (a Access) Allows(person string) bool {
	return person != "" && lists(a.Allow, person) && !lists(a.Deny, person)
}

func lists(entries []string, person string) bool {
	d := domain(person)
	if d == "" {
		return false
	}
	for _, e := range entries {
		if strings.EqualFold(e, person) || strings.EqualFold(strings.TrimPrefix(e, "@"), d) {
			return true
		}
	}
	return false
}

// domain returns the domain of an ID such as anna@stadt.example or
// @anna:stadt.example, or "".
func domain(person string) string {
	if rest, ok := strings.CutPrefix(person, "@"); ok {
		_, d, _ := strings.Cut(rest, ":")
		return d
	}
	i := strings.LastIndexByte(person, '@')
	if i < 0 {
		return ""
	}
	return person[i+1:]
}

// Quota limits how much of a bot one person may use. Zero values are the defaults.
type Quota struct {
	// PerHour is how many messages of one person are answered in an hour;
	// default 120. The person is told, once an hour.
	PerHour int `yaml:"per_hour"`
	// AuthorPerHour is how many letters of one author in a watched mailbox are
	// answered in an hour; default 60. The others wait, nothing is lost.
	AuthorPerHour int `yaml:"author_per_hour"`
	// ThreadPerHour is how many mails of one thread are answered in an hour;
	// default 20. The others wait: two machines that answer each other come to
	// rest, whatever their mails say of themselves.
	ThreadPerHour int `yaml:"thread_per_hour"`
	// MailboxPerDay is about how many mails of one mailbox are answered in a day;
	// default 20000. The others wait for the next day, the newest first.
	MailboxPerDay int `yaml:"mailbox_per_day"`
}

// Validate reports everything that is wrong with q.
func (q Quota) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		n    int
	}{{"per_hour", q.PerHour}, {"author_per_hour", q.AuthorPerHour}, {"thread_per_hour", q.ThreadPerHour}, {"mailbox_per_day", q.MailboxPerDay}} {
		if f.n < 0 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 0", f.name, f.n))
		}
	}
	return errors.Join(errs...)
}

// A person is what is remembered of somebody beside conversations.
type person struct {
	Language string      `json:",omitempty"`
	Asked    []time.Time `json:",omitempty"` // of the last hour
	Refused  string      `json:",omitempty"` // day, or for the quota hour, of the last refusal
}

// A use is all that the gate counts for a message.
type use struct {
	person person
	thread person // the mails of its thread, like those of a person
	today  tally  // the mails of its mailbox
}

// A tally counts what was answered on a day.
type tally struct {
	Day   string `json:",omitempty"`
	Count int    `json:",omitempty"`
}

// on returns how many there were on a day.
func (t tally) on(day string) int {
	if t.Day != day {
		return 0
	}
	return t.Count
}

// gateKey names the person whose use is counted: who asks, or of a watched
// mailbox its author.
func (m Message) gateKey() string {
	if m.Watched {
		return "author " + strings.ToLower(m.Author)
	}
	return strings.ToLower(m.Sender)
}

// A verdict is what the gate says to a message.
type verdict struct {
	pass   bool
	refuse string        // why not: "access", "quota"
	text   Text          // what a person who is refused is told
	once   string        // layout of the time in which that is told once: a day, an hour
	wait   time.Duration // not yet: to be tried again after this
	capped string        // by what, if that is why it waits: "author", "thread", "mailbox"
}

// gate checks whether a message may be answered. Later gates (rules to
// acknowledge, waiting list) hang here. busy is how many messages of the same
// person are being answered now: they count already.
func (b *bot) gate(m Message, u use, busy int, now time.Time) verdict {
	p := &u.person
	p.prune(now)
	u.thread.prune(now)
	limit, why := or(b.Quota.PerHour, 120), verdict{refuse: "quota", text: textQuota(b.Profile), once: "2006-01-02T15"}
	if m.Watched {
		limit, why = or(b.Quota.AuthorPerHour, 60), verdict{wait: p.free(now), capped: "author"}
	}
	switch {
	case !m.Watched && !b.Access.Allows(m.Sender):
		return verdict{refuse: "access", text: textNoAccess(b.Profile), once: time.DateOnly}
	case m.Late:
		return verdict{refuse: "late", text: textLate(m.Time.In(b.Zone)), once: time.DateOnly}
	case !m.Cannot.IsZero():
		return verdict{refuse: "kind", text: m.Cannot, once: time.DateTime}
	case len(p.Asked) >= limit:
		return why
	case m.Letter() && len(u.thread.Asked) >= or(b.Quota.ThreadPerHour, 20):
		return verdict{wait: u.thread.free(now), capped: "thread"}
	case m.Letter() && u.today.on(b.day(now)) >= or(b.Quota.MailboxPerDay, 20000):
		y, mo, d := now.In(b.Zone).Date()
		return verdict{wait: time.Date(y, mo, d+1, 0, 0, 1, 0, b.Zone).Sub(now), capped: "mailbox"}
	case len(p.Asked)+busy >= limit:
		// It shows once those are done. The more there are, the longer that takes:
		// ten thousand letters of one author must not be asked about every second.
		return verdict{wait: time.Duration(busy) * time.Second}
	}
	return verdict{pass: true}
}

// prune forgets what was asked more than an hour ago, or will have been: then the
// clock was set back, and nobody is to wait for it.
func (p *person) prune(now time.Time) {
	p.Asked = slices.DeleteFunc(p.Asked, func(t time.Time) bool {
		return !t.After(now.Add(-time.Hour)) || t.After(now.Add(skillLimit))
	})
}

// free returns how long it is until what was asked first is an hour ago.
func (p *person) free(now time.Time) time.Duration {
	if len(p.Asked) == 0 {
		return 0
	}
	return p.Asked[0].Add(time.Hour).Sub(now) + time.Second
}

func (b *bot) day(now time.Time) string { return now.In(b.Zone).Format(time.DateOnly) }

// count keeps what a verdict means for a person, and reports whether the person
// has been told of a refusal already: one polite refusal a day, or for the quota
// an hour, then silence.
func (b *bot) count(tx storage.Tx, m Message, v verdict, language string, now time.Time) (toldBefore bool, err error) {
	u, err := b.loadUse(tx, m)
	if err != nil {
		return false, err
	}
	p := &u.person
	p.prune(now)
	if v.pass {
		p.Asked = append(p.Asked, now)
		p.Language = language
		if err := b.countMail(tx, m, u, now); err != nil {
			return false, err
		}
	} else {
		when := now.Format(v.once)
		toldBefore = p.Refused == when
		p.Refused = when
	}
	return toldBefore, b.put(tx, b.key(kindPerson, m.gateKey()), *p, b.Keep)
}

// countMail counts a mail for its thread and its mailbox.
func (b *bot) countMail(tx storage.Tx, m Message, u use, now time.Time) error {
	if !m.Letter() {
		return nil
	}
	u.thread.prune(now)
	u.thread.Asked = append(u.thread.Asked, now)
	if err := b.put(tx, b.threadKey(m), u.thread, time.Hour); err != nil {
		return err
	}
	day := b.day(now)
	return b.put(tx, b.key(kindPerson, "mailbox "+m.Connector), tally{day, u.today.on(day) + 1}, 48*time.Hour)
}

// threadKey names what is counted of a thread. It has more parts than that of a
// person, so that nobody is taken for a thread.
func (b *bot) threadKey(m Message) string {
	return b.key(kindPerson, append([]string{"thread"}, m.conversation()...)...)
}

// loadPerson reads what is remembered of the message's person.
func (b *bot) loadPerson(tx storage.Tx, m Message) (p person, err error) {
	return p, b.get(tx, b.key(kindPerson, m.gateKey()), &p)
}

// loadUse reads what is counted for a message.
func (b *bot) loadUse(tx storage.Tx, m Message) (u use, err error) {
	u.person, err = b.loadPerson(tx, m)
	if err != nil || !m.Letter() {
		return u, err
	}
	if err := b.get(tx, b.threadKey(m), &u.thread); err != nil {
		return u, err
	}
	return u, b.get(tx, b.key(kindPerson, "mailbox "+m.Connector), &u.today)
}

func or(n, fallback int) int { // unlike cmp.Or it takes a negative for unset
	if n > 0 {
		return n
	}
	return fallback
}
