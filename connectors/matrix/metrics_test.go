package matrix

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestMetrics holds names, kinds and labels: dashboards and alarms depend on them.
// All are there from the start, of two accounts side by side.
func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	a, b := New(Config{Name: "matrix"}, nil), New(Config{Name: "zweites"}, nil)
	reg.MustRegister(a, b)
	f := &a.figures
	f.syncing.Store(true)
	for i, n := range []interface{ Add(int64) int64 }{&f.undecryptable, &f.recovered, &f.backfilled, &f.invited, &f.refusedInvites, &f.left, &f.late, &f.malformed} {
		n.Add(int64(i) + 2)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.Metric {
			line := strings.ToLower(f.GetType().String()) + " " + f.GetName()
			for _, l := range m.Label {
				line += " " + l.GetName() + "=" + l.GetValue()
			}
			got = append(got, fmt.Sprintf("%s %v", line, m.GetGauge().GetValue()+m.GetCounter().GetValue()))
		}
	}
	want := []string{
		"counter amtsbote_matrix_backfilled_total connector=matrix 4",
		"counter amtsbote_matrix_backfilled_total connector=zweites 0",
		"counter amtsbote_matrix_dropped_total connector=matrix reason=late 8",
		"counter amtsbote_matrix_dropped_total connector=matrix reason=malformed 9",
		"counter amtsbote_matrix_dropped_total connector=zweites reason=late 0",
		"counter amtsbote_matrix_dropped_total connector=zweites reason=malformed 0",
		"counter amtsbote_matrix_invites_total connector=matrix outcome=accepted 5",
		"counter amtsbote_matrix_invites_total connector=matrix outcome=refused 6",
		"counter amtsbote_matrix_invites_total connector=zweites outcome=accepted 0",
		"counter amtsbote_matrix_invites_total connector=zweites outcome=refused 0",
		"counter amtsbote_matrix_left_rooms_total connector=matrix 7",
		"counter amtsbote_matrix_left_rooms_total connector=zweites 0",
		"counter amtsbote_matrix_recovered_total connector=matrix 3",
		"counter amtsbote_matrix_recovered_total connector=zweites 0",
		"counter amtsbote_matrix_undecryptable_total connector=matrix 2",
		"counter amtsbote_matrix_undecryptable_total connector=zweites 0",
		"gauge amtsbote_matrix_syncing connector=matrix 1",
		"gauge amtsbote_matrix_syncing connector=zweites 0",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
