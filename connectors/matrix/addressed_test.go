package matrix

import (
	"strings"
	"testing"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

var botNames = []string{"@amtsbote:stadt.example", "Amtsbote Köln", "Amtsbote", "amtsbote"}

func TestName(t *testing.T) {
	tests := map[string]struct {
		text string
		has  bool
		rest string
	}{
		"at the beginning, with a colon": {"Amtsbote: Was ist offen?", true, "Was ist offen?"},
		"with an @":                      {"@amtsbote was ist offen?", true, "was ist offen?"},
		"a user ID":                      {"@amtsbote:stadt.example, fass zusammen", true, "fass zusammen"},
		"the longer name first":          {"Amtsbote Köln: hilf", true, "hilf"},
		"in the middle it stays":         {"Kann Amtsbote das?", true, "Kann Amtsbote das?"},
		"at the end":                     {"Was habe ich verpasst, @Amtsbote", true, "Was habe ich verpasst"},
		"part of a word is no name":      {"Der Amtsboten-Dienst", false, "Der Amtsboten-Dienst"},
		"alone":                          {"@Amtsbote", true, ""},
		"a command":                      {"Amtsbote !hilfe", true, "!hilfe"},
		"nothing":                        {"Guten Morgen", false, "Guten Morgen"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := hasName(test.text, botNames); got != test.has {
				t.Errorf("has a name: %t", got)
			}
			if got := withoutName(test.text, botNames); got != test.rest {
				t.Errorf("got %q, want %q", got, test.rest)
			}
		})
	}
}

// TestVisible takes only what people see as speech to the bot.
func TestVisible(t *testing.T) {
	tests := map[string]struct {
		body, html string
		want       bool
	}{
		"plain":                     {"Amtsbote: hallo", "", true},
		"a pill":                    {"Botty: hallo", `<a href="https://matrix.to/#/@amtsbote:stadt.example">Botty</a>: hallo`, true},
		"in a code block":           {"```\nAmtsbote\n```", "", false},
		"in code":                   {"siehe `Amtsbote`", "", false},
		"in code as HTML":           {"siehe Amtsbote", "siehe <code>Amtsbote</code>", false},
		"in a pre as HTML":          {"Amtsbote", "<pre><code>Amtsbote</code></pre>", false},
		"only in what it quotes":    {"> <@x:y> Amtsbote\n\nja", "<mx-reply><blockquote>Amtsbote</blockquote></mx-reply>ja", false},
		"a pill of another":         {"Botty: hallo", `<a href="https://matrix.to/#/@amtsbote:stadt.example.evil">Botty</a>: hallo`, false},
		"nowhere, only in the data": {"hallo", "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			content := &event.MessageEventContent{Body: test.body, FormattedBody: test.html}
			if test.html != "" {
				content.Format = event.FormatHTML
			}
			if got := visible(content, "@amtsbote:stadt.example", botNames); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func FuzzName(f *testing.F) {
	f.Add("Amtsbote: Was ist offen?")
	f.Add("@AMTSBOTE")
	f.Add("İİİİİAmtsbote") // becomes longer in lower case
	f.Fuzz(func(t *testing.T, text string) {
		rest := withoutName(text, botNames)
		if len(rest) > len(text) || utf8.ValidString(text) && !utf8.ValidString(rest) {
			t.Errorf("%q became %q", text, rest)
		}
		hasName(text, botNames)
	})
}

// TestBegin says from where on a room's events may ask something.
func TestBegin(t *testing.T) {
	const self = id.UserID("@bot:x")
	member := func(who id.UserID, now, before event.Membership) *event.Event {
		key := string(who)
		e := &event.Event{ID: id.EventID("$" + string(now)), Type: event.StateMember, StateKey: &key, Content: event.Content{Parsed: &event.MemberEventContent{Membership: now}}}
		if before != "" {
			e.Unsigned.PrevContent = &event.Content{Parsed: &event.MemberEventContent{Membership: before}}
		}
		return e
	}
	say := func(ids string) (all []*event.Event) {
		for id1 := range strings.FieldsSeq(ids) {
			all = append(all, &event.Event{ID: id.EventID(id1), Type: event.EventMessage})
		}
		return all
	}
	join := func(parts ...any) (all []*event.Event) {
		for _, p := range parts {
			switch p := p.(type) {
			case *event.Event:
				all = append(all, p)
			case []*event.Event:
				all = append(all, p...)
			}
		}
		return all
	}
	invited, joined := member(self, event.MembershipInvite, ""), member(self, event.MembershipJoin, event.MembershipInvite)
	tests := map[string]struct {
		events []*event.Event
		known  id.EventID
		direct bool
		want   string // IDs of what counts
	}{
		"a room known before: all":                  {say("1 2"), "0", false, "1 2"},
		"only after the last that was handled":      {say("1 2 3"), "2", false, "3"},
		"nothing new":                               {say("1 2"), "2", false, ""},
		"an unknown room without the join: none":    {say("1 2"), "", false, ""},
		"after the join in a room":                  {join(say("1"), invited, say("2"), joined, say("3")), "", false, "$join 3"},
		"after the invitation in a direct chat":     {join(say("1"), invited, say("2"), joined, say("3")), "", true, "2 $join 3"},
		"a new name is no coming":                   {join(say("1"), member(self, event.MembershipJoin, event.MembershipJoin), say("2")), "0", false, "1 $join 2"},
		"another's coming is no matter":             {join(say("1"), member("@x:y", event.MembershipJoin, ""), say("2")), "1", false, "$join 2"},
		"back in a room: not what was said between": {join(say("1 2"), invited, joined, say("3")), "1", false, "$join 3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := &news{events: test.events}
			var got []string
			if from, ok := n.begin(self, test.known, test.direct); ok {
				for _, e := range n.events[from:] {
					got = append(got, string(e.ID))
				}
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %q, want %q", s, test.want)
			}
		})
	}
}
