package teams

import (
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// TestHidden leaves out what a data loss prevention policy hides from the person.
func TestHidden(t *testing.T) {
	a := newArchive(t)
	a.cara.Guest = true
	v := a.channel(t, a.anna, a.ben, a.cara)
	for i, violation := range []any{
		nil,
		map[string]any{"dlpAction": "none"},
		map[string]any{"dlpAction": "notifySender", "justificationText": "dienstlich"},
		map[string]any{"dlpAction": nil},
		map[string]any{"dlpAction": "blockAccessExternal"},
		map[string]any{"dlpAction": "notifySender, blockAccessExternal"},
		map[string]any{"dlpAction": "blockAccess"},
		map[string]any{"dlpAction": "notifySender,blockAccess"},
		map[string]any{"dlpAction": "somethingNew"},
		map[string]any{"dlpAction": 7},
		"blocked",
	} {
		v.History(teamstest.Past{By: a.ben, At: ago(100 - i), Text: string(rune('a' + i)), Raw: map[string]any{"policyViolation": violation}})
	}
	expect(t, a.read(t, a.anna, v, bots.Span{}), "a", "b", "c", "d", "e", "f")
	expect(t, a.read(t, a.ben, v, bots.Span{}), "a", "b", "c", "d", "e", "f")
	expect(t, a.read(t, a.cara, v, bots.Span{}), "a", "b", "c", "d")
	a.cfg.Tenant = "00000000-0000-4000-8000-00000000000f" // all are of another tenant
	expect(t, a.read(t, a.anna, v, bots.Span{}), "a", "b", "c", "d")
}
