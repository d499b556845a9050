package eval

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestBadSets: each fault is told with its place and how to cure it, all at once,
// and then there is no set.
func TestBadSets(t *testing.T) {
	const head = "cases:\n"
	tests := map[string]struct{ text, want string }{
		"nothing":                     {"", "a.yaml: there are no cases in it"},
		"no cases":                    {"about: x\n", "a.yaml: there are no cases in it"},
		"no YAML":                     {head + "- name: a\n  text: [x\n", "a.yaml:"},
		"a colon in the first line":   {"about: a: b\n", "a.yaml:1: mapping values"},
		"a key that is not known":     {head + "- name: a\n  text: x\n  musst: [y]\n", "a.yaml:4: field musst not found of a case"},
		"a key on top":                {"abuot: x\ncases: [{name: a, text: x, must: [y]}]\n", "a.yaml:1: field abuot not found"},
		"another kind of value":       {head + "- name: a\n  text: x\n  length: {words: viele}\n", "a.yaml:4: cannot unmarshal"},
		"two documents":               {head + "- {name: a, text: x, must: [y]}\n---\ncases: []\n", "more than one document"},
		"no name":                     {head + "- text: x\n  must: [y]\n", "a.yaml:2: : name: missing"},
		"one name twice":              {head + "- {name: a, text: x, must: [y]}\n- {name: a, text: x, must: [y]}\n", "a.yaml:3: a: the name is that of a.yaml:2 too"},
		"nothing is asked":            {head + "- {name: a, must: [y]}\n", "a.yaml:2: a: nothing is asked"},
		"nothing is expected":         {head + "- {name: a, text: x}\n", "nothing is expected: the case could not fail"},
		"a skill that is not there":   {head + "- {name: a, skill: chatt, text: x, must: [y]}\n", `skill: "chatt" is none of chat`},
		"another kind":                {head + "- {name: a, text: x, kind: brief}\n", `kind: "brief" is none of answer, draft`},
		"another requirement":         {head + "- {name: a, text: x, requires: gpu, must: [y]}\n", `requires: "gpu" is none of model`},
		"a file that is not there":    {head + "- {name: a, files: [x.pdf], must: [y]}\n", "x.pdf: file does not exist"},
		"a file outside":              {head + "- {name: a, files: [../x.pdf], must: [y]}\n", "../x.pdf: leads out of the folder"},
		"a file without a name":       {head + "- {name: a, files: [{content: x}], must: [y]}\n", "a file has a name, and either from or content"},
		"a file with another key":     {head + "- name: a\n  files:\n  - {name: x, pfad: y}\n  must: [y]\n", "a.yaml:4: field pfad of a file is none of name"},
		"a regex that is none":        {head + "- name: a\n  text: x\n  must:\n  - {regex: '('}\n", "a.yaml:5: error parsing regexp"},
		"nothing to look for":         {head + "- {name: a, text: x, must: ['']}\n", "a.yaml:2: nothing to look for"},
		"nothing literal":             {head + "- {name: a, text: x, must: [{literal: ''}]}\n", "a.yaml:2: nothing to look for"},
		"another way to look":         {head + "- {name: a, text: x, must: [{glob: y}]}\n", "field glob is none of literal, regex, any"},
		"wanted and not wanted":       {head + "- name: a\n  text: x\n  must: [y]\n  must_not: [y]\n", "line 5: must and must_not want the same"},
		"a salutation without draft":  {head + "- {name: a, text: x, salutation: [Hallo]}\n", "need kind: draft"},
		"an empty source":             {head + "- {name: a, text: x, sources: [{}]}\n", "sources: file or page is missing"},
		"sources of a refusal":        {head + "- {name: a, text: x, kind: refusal, sources: [{page: 1}]}\n", "a refusal has no sources"},
		"forwarded without letter":    {head + "- {name: a, text: x, forwarded: a@b, must: [y]}\n", "forwarded: needs a letter"},
		"a turn without anything":     {head + "- {name: a, text: x, before: [{answer: y, by: chat}], must: [y]}\n", "before[0]: text or files is missing"},
		"a turn without its skill":    {head + "- {name: a, text: x, before: [{text: z, answer: y}], must: [y]}\n", "before[0]: answer and by go together"},
		"less than nothing":           {head + "- {name: a, text: x, length: {words: -1}}\n", "length: less than nothing"},
		"a bomb of aliases":           {"about: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", "a.yaml"},
		"all faults of all the cases": {head + "- {name: a, text: x}\n- {name: b, must: [y]}\n", "a.yaml:3: b: nothing is asked"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(test.text)}}, ".", []string{"chat"})
			if err == nil || !strings.Contains(err.Error(), test.want) || len(set.Cases) > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Load(fstest.MapFS{}, ".", nil); err == nil || !strings.Contains(err.Error(), "no .yaml file") {
		t.Errorf("an empty folder: %v", err)
	}
	huge := strings.Repeat("# \n", maxSetFile/3+1)
	if _, err := Load(fstest.MapFS{"a.yml": {Data: []byte(huge)}}, ".", nil); err == nil || !strings.Contains(err.Error(), "larger than 4 MB") {
		t.Errorf("a huge file: %v", err)
	}
}

// TestFolder: a set is all files below its folder; paths of files count from the
// file that names them.
func TestFolder(t *testing.T) {
	set, err := Load(fstest.MapFS{
		"a.yaml":          {Data: []byte("cases: [{name: a, files: [f/x.txt], must: [y]}]")},
		"f/x.txt":         {Data: []byte("X")},
		"sub/b.yml":       {Data: []byte("needs: [later]\ncases: [{name: b, skill: later, files: [x.txt], must: [y]}]")},
		"sub/x.txt":       {Data: []byte("Y")},
		"last-run.json":   {Data: []byte("{}")},
		"sub/notes.txt":   {Data: []byte("no set")},
		"sub/broken.yam_": {Data: []byte("{")},
	}, ".", []string{"chat"})
	if err != nil || len(set.Cases) != 2 || set.Cases[0].Files[0].From != "f/x.txt" || set.Cases[1].Files[0].From != "sub/x.txt" || len(set.Digest) != 12 {
		t.Errorf("got %+v, %v", set, err)
	}
}

// TestWants: what counts as said, and what does not.
func TestWants(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		want, text string
		has        bool
	}{
		{"12.500 €", "Das kostet 12 500 Euro.", true},
		{"12.500 €", "Das kostet EUR 12.500,00.", true},
		{"12.500 €", "It costs €12,500.00.", true},
		{"12.500 €", "Das kostet 12.600 €.", false},
		{"12.500 €", "Das kostet 112.500 €.", false},
		{"3. November 2026", "bis zum 03.11.2026", true},
		{"3. November 2026", "by 3 November 2026", true},
		{"3. November", "am 03.11.2026", true},
		{"3. November 2026", "am 13. November 2026", false},
		{"zwei Wochen", "binnen 2 Wochen", true},
		{"zwei Wochen", "binnen drei Wochen", false},
		{"zwei Wochen", "binnen 14 Tagen", false}, // may end on another day
		{"zwölf Anträge", "12 Anträge", false},    // no fact as a whole: use any
		{"12", "zwölf", true},
		{"25 %", "ein Viertel", true},
		{"Frau Kaya", "An Frau Dr. Ayşe Kaya, Musterweg 1", true},
		{"Frau Kaya", "An Frau Kayalar", true}, // from the beginning of a word on, as "Widerspruch" in "Widerspruchs"
		{"Widerspruch", "die Frist des Widerspruchs", true},
		{"Antrag", "der Vorantrag", false},
		{"„guten Tag“", "Er sagte \"guten\nTag\".", true},
		{"12", "am 2.12. und 12", true},
		{"12", "1,12 und 12,5 und 512 und 125", false},
		{"11.482", "insgesamt **11.482** Fahrzeuge", true},
		{"11.482", "insgesamt 211.482 Fahrzeuge", false},
		{"§ 70 VwGO", "nach § 70 VwGO", true},
		{"ÖPNV", "der öpnv", true},
		{"20 €", "20,50 €", false},
	}
	for _, test := range tests {
		if got := newHeap(test.text, now).has(Want{text: test.want}); got != test.has {
			t.Errorf("%q in %q: %v", test.want, test.text, got)
		}
	}
	h := newHeap("Der Betrag: 5 €", now)
	if !h.has(Want{literal: "Betrag:"}) || h.has(Want{literal: "betrag"}) || !h.has(Want{any: []Want{{text: "6 €"}, {text: "EUR 5,00"}}}) || h.has(Want{any: []Want{{text: "6 €"}}}) {
		t.Error("literal, any")
	}
}

// FuzzLoad: whatever stands in a set, it is read or refused.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"cases: [{name: a, text: x, must: [y]}]", "cases: &a [*a]", "cases:\n- {name: a, files: [{name: b, content: c}], must: [{any: [{regex: x}]}]}", "cases: {a: b}", "- a", "cases: [null]", "cases: [{name: a, must: [null], before: [null]}]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, ".", []string{"chat"})
		if err == nil && len(set.Cases) == 0 || err != nil && len(set.Cases) > 0 {
			t.Errorf("got %d cases, %v", len(set.Cases), err)
		}
	})
}

// FuzzWants: what a model says is looked through without a panic.
func FuzzWants(f *testing.F) {
	f.Add("12.500 €", "Das kostet 12 500 Euro.")
	f.Add("\xff", "\xff\xfe")
	f.Add("é", "e\u0301")
	f.Fuzz(func(t *testing.T, want, text string) {
		if plain(want) == "" {
			return
		}
		newHeap(text, time.Time{}).has(Want{text: want})
		if !newHeap(want, time.Time{}).has(Want{text: want}) {
			t.Errorf("%q is not in itself", want)
		}
	})
}
