package letter

import (
	"slices"
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// A local computes days for an office in a Land, and remembers the holidays on
// which they depend and that only the office itself can know: those of some
// municipalities, or of some Länder where none is configured.
type local struct {
	land   string // "NW"; "" not configured
	unsure []facts.Holiday
}

func (o Options) local() *local { return &local{land: strings.ToUpper(o.Law.Land)} }

// moved returns the day itself or the next working day (§ 193 BGB).
func (c *local) moved(t time.Time) time.Time {
	end, sure := facts.MovedEnd(t, c.land)
	if !sure {
		c.note(end)
	}
	return end
}

// workdays returns the nth working day after an event.
func (c *local) workdays(event time.Time, n int, saturdays bool) time.Time {
	end, sure := facts.AddWorkdays(event, n, saturdays, c.land)
	for d := event.AddDate(0, 0, 1); !sure && !d.After(end); d = d.AddDate(0, 0, 1) {
		c.note(d)
	}
	return end
}

func (c *local) note(d time.Time) {
	if h, ok := facts.HolidayOn(d, c.land); ok && h.Unsure && !slices.Contains(c.unsure, h) && d.Weekday() != time.Sunday {
		c.unsure = append(c.unsure, h)
	}
}

// say adds to an assumption what the office has to look up.
func (c *local) say(t *document.Text) {
	if len(c.unsure) == 0 {
		return
	}
	var de, en []string
	for _, h := range c.unsure {
		de, en = append(de, h.DE), append(en, h.EN)
	}
	t.DE = strings.TrimSpace(t.DE + " Feiertag vor Ort prüfen: " + strings.Join(de, ", ") + ".")
	t.EN = strings.TrimSpace(t.EN + " Check the local holiday: " + strings.Join(en, ", ") + ".")
}

// monthAfter adds the month of the objection; an end on a weekend or holiday
// moves to the next working day. It returns the rule too.
func (c *local) monthAfter(known time.Time, law regime) (time.Time, string) {
	end, _ := facts.PeriodEnd(known, 1, "month")
	moved := c.moved(end)
	rules := map[regime][2]string{ // the second where the end moves
		general: {"§ 70 Abs. 1 VwGO, §§ 187, 188 BGB", "§ 70 Abs. 1 VwGO, §§ 187, 188, 193 BGB"},
		tax:     {"§ 355 Abs. 1 AO, §§ 187, 188 BGB", "§ 355 Abs. 1, § 108 Abs. 3 AO, §§ 187, 188 BGB"},
		social:  {"§ 84 Abs. 1 SGG, § 64 SGG", "§ 84 Abs. 1 SGG, § 64 Abs. 2, 3 SGG"},
	}
	rule := rules[law][0]
	if !moved.Equal(end) {
		rule = rules[law][1]
	}
	return moved, rule
}
