package eval

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A row is the sum of several records.
type row struct {
	cases, passed, failed, skipped, errors, stopped int
	found, facts, forbidden                         int
	cited, sources                                  int
	kept, measured                                  int
	seconds                                         float64
	tokens                                          int
}

func (r *row) add(c Record) {
	r.cases++
	switch c.State {
	case Passed:
		r.passed++
	case Failed:
		r.failed++
	case Skipped:
		r.skipped++
	case Failing:
		r.errors++
	case Stopped:
		r.stopped++
	}
	r.found += c.Found
	r.facts += c.Found + c.Missed
	r.forbidden += c.Forbidden
	r.cited += c.Cited
	r.sources += c.Cited + c.Uncited
	if c.Measured {
		r.measured++
		if !c.Long {
			r.kept++
		}
	}
	r.seconds += c.Seconds
	r.tokens += c.In + c.Out
}

// rows sums records up by skill; "" is the total.
func rows(records []Record) map[string]row {
	all := map[string]row{}
	for _, c := range records {
		for _, key := range []string{c.Skill, ""} {
			r := all[key]
			r.add(c)
			all[key] = r
		}
	}
	return all
}

// delta returns how a figure has changed, in brackets, or "".
func delta(now, before int, known bool) string {
	if !known || now == before {
		return ""
	}
	return fmt.Sprintf(" (%+d)", now-before)
}

// Print writes head, table and what needs a look. before may be nil. It shows
// names of cases and places in the set, no text.
func (r *Result) Print(w io.Writer, before *Result) error {
	r.head(w, before)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "SKILL\tCASES\tPASSED\tFAILED\tSKIPPED\tERRORS\tFACTS\tFORBIDDEN\tSOURCES\tLENGTH\tSECONDS\tTOKENS")
	now, old := rows(r.Cases), map[string]row{}
	if before != nil {
		old = rows(before.Cases)
	}
	for _, key := range append(slices.DeleteFunc(slices.Sorted(maps.Keys(now)), func(k string) bool { return k == "" }), "") {
		n := now[key]
		o, known := old[key]
		fmt.Fprintf(tw, "%s\t%d%s\t%d%s\t%d%s\t%d%s\t%d%s\t%d/%d%s\t%d%s\t%d/%d%s\t%d/%d%s\t%.1f%s\t%d%s\n", cmp.Or(key, "all"),
			n.cases, delta(n.cases, o.cases, known), n.passed, delta(n.passed, o.passed, known), n.failed, delta(n.failed, o.failed, known),
			n.skipped, delta(n.skipped, o.skipped, known), n.errors, delta(n.errors, o.errors, known),
			n.found, n.facts, delta(n.found, o.found, known), n.forbidden, delta(n.forbidden, o.forbidden, known),
			n.cited, n.sources, delta(n.cited, o.cited, known), n.kept, n.measured, delta(n.kept, o.kept, known),
			n.seconds, slower(n.seconds, o.seconds, known), n.tokens, delta(n.tokens, o.tokens, known))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return r.lists(w, before)
}

// slower returns a change of time that is more than chance: a tenth, and a second.
func slower(now, before float64, known bool) string {
	d := now - before
	if !known || max(d, -d) < max(1, before/10) {
		return ""
	}
	return fmt.Sprintf(" (%+.1f)", d)
}

func (r *Result) head(w io.Writer, before *Result) {
	fmt.Fprintf(w, "set           %s, %d cases, %s\n", r.Set, len(r.Cases), r.Digest)
	fmt.Fprintf(w, "answers       %s\n", r.who())
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Instructions)) {
		v := name + " " + r.Instructions[name]
		if before != nil {
			if old, ok := before.Instructions[name]; !ok {
				v += " (new)"
			} else if old != r.Instructions[name] {
				v += " (was " + old + ")"
			}
		}
		versions = append(versions, v)
	}
	fmt.Fprintf(w, "instructions  %s\n", strings.Join(versions, ", "))
	fmt.Fprintf(w, "program       %s\n", r.Release)
	if before == nil {
		fmt.Fprint(w, "compared with nothing: the first run\n\n")
		return
	}
	fmt.Fprintf(w, "compared with %s, %s, program %s", before.Time.Local().Format(time.DateTime), before.who(), before.Release)
	if before.Digest != r.Digest {
		fmt.Fprint(w, "; the set has changed since")
	}
	fmt.Fprint(w, "\n\n")
}

func (r *Result) who() string {
	if r.Model == "" {
		return "built-in engine, no language model"
	}
	return r.Model + " (" + cmp.Or(r.Place, "place not configured") + ")"
}

// lists names the cases that need a look.
func (r *Result) lists(w io.Writer, before *Result) error {
	var b strings.Builder
	list := func(title string, records []Record) {
		if len(records) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, c := range records {
			fmt.Fprintf(&b, "  %s (%s:%d)%s\n", c.Name, c.File, c.Line, faults(c))
		}
	}
	old := before.byName()
	bad := r.Regressions(before)
	regressed := map[string]bool{}
	for _, c := range bad {
		regressed[c.Name] = true
	}
	where := func(ok func(Record) bool) []Record {
		return slices.DeleteFunc(slices.Clone(r.Cases), func(c Record) bool { return !ok(c) })
	}
	list("WORSE: passed before, fails now", bad)
	list("failed", where(func(c Record) bool { return c.State == Failed && !regressed[c.Name] }))
	list("errors: neither answer nor refusal", where(func(c Record) bool { return c.State == Failing }))
	list("better: passes now", where(func(c Record) bool {
		was, ok := old[c.Name]
		return c.State == Passed && ok && !was.Good
	}))
	list("stopped before the end", where(func(c Record) bool { return c.State == Stopped }))
	why := map[string]int{}
	for _, c := range r.Cases {
		if c.State == Skipped {
			why[c.Why]++
		}
	}
	if len(why) > 0 {
		b.WriteString("\nskipped, not counted as passed\n")
	}
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		fmt.Fprintf(&b, "  %d: %s\n", why[reason], reason)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func faults(c Record) string {
	var all []string
	for _, f := range c.Faults {
		all = append(all, f.String())
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, ", ")
}
