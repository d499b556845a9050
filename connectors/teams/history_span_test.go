package teams

import (
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// TestBounds reads what was written in the first and the last moment of a span, and
// nothing beside it.
func TestBounds(t *testing.T) {
	since, until := ago(60), ago(30)
	for name, open := range map[string]func(a *archive) *teamstest.Conversation{
		"channel": func(a *archive) *teamstest.Conversation { return a.channel(t, a.anna, a.ben) },
		"group":   func(a *archive) *teamstest.Conversation { return a.group(t, a.anna, a.ben) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			v := open(a)
			v.History(teamstest.Past{By: a.ben, At: since.Add(-time.Millisecond), Text: "davor"},
				teamstest.Past{By: a.ben, At: since, Text: "am Anfang"},
				teamstest.Past{By: a.ben, At: until, Text: "am Ende"},
				teamstest.Past{By: a.ben, At: until.Add(time.Millisecond), Text: "danach"})
			// The same moment in another zone is the same.
			for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 2*3600), time.FixedZone("", -11*3600)} {
				expect(t, a.read(t, a.anna, v, bots.Span{Since: since.In(zone), Until: until.In(zone)}), "am Anfang", "am Ende")
			}
			a.clean(t)
		})
	}
}

// TestThreadOfOwn reads a thread to its end, also what was before the person's own
// last message in it.
func TestThreadOfOwn(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna, a.ben)
	root := v.History(teamstest.Past{By: a.ben, At: ago(50), Text: "der Anfang"})[0]
	v.History(teamstest.Past{By: a.anna, At: ago(40), Thread: root, Text: "von mir"}, teamstest.Past{By: a.ben, At: ago(30), Thread: root, Text: "danach"})
	expect(t, a.read(t, a.anna, v, bots.Span{Own: true, Thread: root}), "der Anfang", "von mir", "danach")
}

// TestEightMonths says that Graph does not reach further back.
func TestEightMonths(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	v.History(teamstest.Past{By: a.anna, At: ago(5), Text: "neu"})
	until := time.Now()
	for back, cut := range map[int]bool{7: false, 9: true} {
		h := a.read(t, a.anna, v, bots.Span{Since: until.AddDate(0, -back, 0), Until: until})
		if h.Cut != cut || h.From.Before(until.AddDate(0, -8, 0)) || len(h.Entries) != 1 {
			t.Errorf("%d months: cut %v, from %v", back, h.Cut, h.From)
		}
	}
}

// TestObjectID knows the person by their ID in whatever case Graph writes it.
func TestObjectID(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna, a.ben)
	id := map[string]any{"user": map[string]any{"id": strings.ToUpper(a.anna.ObjectID), "displayName": "Anna"}}
	v.History(teamstest.Past{At: ago(5), Text: "ich", Raw: map[string]any{"from": id, "mentions": []any{map[string]any{"id": 0, "mentioned": id}}}})
	h := a.read(t, a.anna, v, bots.Span{})
	if e := h.Entries[0]; e.Sender != a.anna.UPN || !slices.Equal(e.Mentions, []string{a.anna.UPN}) {
		t.Errorf("got %+v", e)
	}
	if e := a.read(t, a.ben, v, bots.Span{}).Entries[0]; e.Sender != a.anna.ObjectID {
		t.Errorf("for others: %+v", e)
	}
}

// TestInvisible leaves out what nobody sees, in texts and names.
func TestInvisible(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	v.History(teamstest.Past{At: ago(5), Text: "bis\u200b 1\u202e2 Uhr", Raw: map[string]any{"from": map[string]any{"user": map[string]any{"id": "1", "displayName": "Ben\u202e\nBerger"}}}})
	if e := a.read(t, a.anna, v, bots.Span{}).Entries[0]; e.Text != "bis 12 Uhr" || e.Name != "Ben Berger" {
		t.Errorf("got %q by %q", e.Text, e.Name)
	}
}
