package teams

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// TestLong covers 5,000 messages of a channel, and of a chat, to the last one.
func TestLong(t *testing.T) {
	for _, where := range []string{"channel", "group"} {
		t.Run(where, func(t *testing.T) {
			a := newArchive(t)
			v := a.group(t, a.anna, a.ben)
			if where == "channel" {
				v = a.channel(t, a.anna, a.ben)
			}
			var past []teamstest.Past
			root := ""
			for i := range 5000 {
				m := teamstest.Past{ID: fmt.Sprint(1700000000000 + i), By: a.ben, At: ago(6000 - i), Text: fmt.Sprint("Nr. ", i)}
				if m.Thread = root; i%40 == 0 {
					m.Thread, root = "", m.ID
				}
				if where == "group" {
					m.Thread = ""
				}
				past = append(past, m)
			}
			v.History(past...)
			told := 0
			h := a.read(t, a.anna, v, bots.Span{Tell: func(n int) { told = n }})
			if len(h.Entries) != 5000 || h.Entries[0].Text != "Nr. 0" || h.Entries[4999].Text != "Nr. 4999" || h.Cut || told < 5000 {
				t.Fatalf("read %d messages, told of %d, cut %v", len(h.Entries), told, h.Cut)
			}
			if !slices.IsSortedFunc(h.Entries, func(a, b bots.Entry) int { return a.Time.Compare(b.Time) }) {
				t.Error("they are not sorted")
			}
			a.clean(t)
			t.Logf("%d requests", len(a.cloud.GraphRequests()))
		})
	}
}

// TestTooLong reads what is newest of a room that has more than is read at once,
// and says so.
func TestHistoryTooLong(t *testing.T) {
	a := newArchive(t)
	v, g := a.channel(t, a.anna, a.ben), a.group(t, a.anna, a.ben)
	const all = historyMax + 500
	var past, chat []teamstest.Past
	start := ago(all + 1000)
	for i := range all {
		m := teamstest.Past{ID: fmt.Sprint(1700000000000 + i), By: a.ben, At: start.Add(time.Duration(i) * time.Minute), Text: fmt.Sprint(i)}
		chat = append(chat, m)
		if i%50 > 0 {
			m.Thread = past[i-i%50].ID
		}
		past = append(past, m)
	}
	v.History(past...)
	g.History(chat...)
	span := bots.Span{Since: start, Until: start.Add(all * time.Minute)}
	h := a.read(t, a.anna, v, span)
	if n := len(h.Entries); !h.Cut || n < all/2-1 || h.Entries[n-1].Text != past[all-1].Text || !h.From.After(start) || h.Entries[0].Time.Before(h.From) || h.Entries[0].Time.Sub(h.From) > time.Minute {
		t.Fatalf("channel: %d messages, cut %v, from %v", len(h.Entries), h.Cut, h.From)
	}
	for i, e := range h.Entries[1:] {
		if e.Time.Sub(h.Entries[i].Time) != time.Minute {
			t.Fatalf("a gap after %v", h.Entries[i].Time)
		}
	}
	h = a.read(t, a.anna, g, span)
	if n := len(h.Entries); !h.Cut || n != historyMax || h.Entries[n-1].Text != past[all-1].Text || !h.From.Equal(h.Entries[0].Time) {
		t.Fatalf("group: %d messages, cut %v, from %v", len(h.Entries), h.Cut, h.From)
	}
	a.clean(t)
}

// TestLongThread says that something is missing of a thread that is too long for any
// span, also where it is not at the beginning.
func TestLongThread(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	start := ago(60).Truncate(time.Second)
	var b strings.Builder
	fmt.Fprintf(&b, `{"value":[{"id":"1","messageType":"message","createdDateTime":%q,"replies":[`, start.Format(time.RFC3339))
	for i := range historyMax {
		fmt.Fprintf(&b, `{"id":"%d","replyToId":"1","messageType":"message","createdDateTime":%q,"from":{"user":{"id":%q}}},`, i+2, start.Format(time.RFC3339), a.anna.ObjectID)
	}
	fmt.Fprintf(&b, `{"id":"x"}],"replies@odata.nextLink":"%s/graph/v1.0/x?$skiptoken=1"}]}`, a.cloud.URL)
	a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, b.String())
		return true
	})
	if h := a.read(t, a.anna, v, bots.Span{Own: true, Since: start.Add(-time.Minute), Until: start}); !h.Cut || h.Own.IsZero() {
		t.Errorf("cut %v, %d messages, own %v", h.Cut, len(h.Entries), h.Own)
	}
}

// TestOldSince says that Graph reaches back no more than eight months.
func TestOldSince(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	if h := a.read(t, a.anna, v, bots.Span{Since: time.Now().AddDate(-1, 0, 0)}); !h.Cut || time.Since(h.From) > 250*24*time.Hour {
		t.Errorf("cut %v, from %v", h.Cut, h.From)
	}
}
