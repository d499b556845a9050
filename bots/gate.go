package bots

import (
	"errors"
	"fmt"
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

// allows reports whether a person may use the bot.
func (a Access) allows(person string) bool {
	return person != "" && lists(a.Allow, person) && !lists(a.Deny, person)
}

func lists(entries []string, person string) bool {
	d := domain(person)
	for _, e := range entries {
		if strings.EqualFold(e, person) || d != "" && strings.EqualFold(strings.TrimPrefix(e, "@"), d) {
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
	// default 120. The person is told.
	PerHour int `yaml:"per_hour"`
	// AuthorPerHour is how many letters of one author in a watched mailbox are
	// answered in an hour; default 60. The others wait, nothing is lost.
	AuthorPerHour int `yaml:"author_per_hour"`
}

// Validate reports everything that is wrong with q.
func (q Quota) Validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		n    int
	}{{"per_hour", q.PerHour}, {"author_per_hour", q.AuthorPerHour}} {
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
	Refused  string      `json:",omitempty"` // day of the last refusal
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
	text   Text          // refused, and told so; zero with refuse: silence
	refuse string        // why, for log and metrics: "access", "quota"
	wait   time.Duration // not yet: to be tried again after this
}

// gate checks whether a message may be answered. Later gates (rules to
// acknowledge, waiting list) hang here. p is changed to count the message; it
// must be kept in the transaction in which the message is done.
func (b *bot) gate(m Message, p *person, now time.Time) verdict {
	hourAgo := now.Add(-time.Hour)
	for len(p.Asked) > 0 && p.Asked[0].Before(hourAgo) {
		p.Asked = p.Asked[1:]
	}
	if m.Watched {
		if len(p.Asked) >= or(b.Quota.AuthorPerHour, 60) {
			return verdict{wait: p.Asked[0].Sub(hourAgo) + time.Second}
		}
		p.Asked = append(p.Asked, now)
		return verdict{}
	}
	v := verdict{}
	switch {
	case !b.Access.allows(m.Sender):
		v = verdict{text: textNoAccess(b.Profile), refuse: "access"}
	case len(p.Asked) >= or(b.Quota.PerHour, 120):
		v = verdict{text: textQuota(b.Profile), refuse: "quota"}
	default:
		p.Asked = append(p.Asked, now)
		return verdict{}
	}
	// One polite refusal a person and day; then silence.
	if day := now.Format(time.DateOnly); p.Refused == day {
		v.text = Text{}
	} else {
		p.Refused = day
	}
	return v
}

// loadPerson reads what is remembered of the message's person.
func (b *bot) loadPerson(tx storage.Tx, m Message) (p person, err error) {
	return p, b.get(tx, key(kindPerson, b.Name, m.gateKey()), &p)
}

// savePerson keeps it.
func (b *bot) savePerson(tx storage.Tx, m Message, p person) error {
	return b.put(tx, key(kindPerson, b.Name, m.gateKey()), p, b.Keep)
}

func or(n, fallback int) int { // unlike cmp.Or it takes a negative for unset
	if n > 0 {
		return n
	}
	return fallback
}
