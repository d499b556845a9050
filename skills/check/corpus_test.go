package check

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A specimen is a source with an answer, and what can be made wrong in it.
type specimen struct {
	name, source string
	ref          time.Time
	answer       string
	altered      []alteration
}

// An alteration is the answer with one fact changed, which stands at start to end.
type alteration struct {
	answer     string
	start, end int
}

var change = regexp.MustCompile(`\{\{(.*?)=>(.*?)\}\}`)

// corpus reads the specimens of a folder: "#### name @day", the source, and
// below each "----" an answer with changes as {{right=>wrong}}.
func corpus(t testing.TB, folder string) []specimen {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus in", folder, err)
	}
	var all []specimen
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split("\n"+string(data), "\n#### ")[1:] {
			parts := strings.Split(block, "\n----\n")
			head, source, _ := strings.Cut(parts[0], "\n")
			title, day, _ := strings.Cut(head, " @")
			ref, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(head, err)
			}
			for _, raw := range parts[1:] {
				all = append(all, specimen{name: title, source: source, ref: ref, answer: change.ReplaceAllString(raw, "$1"), altered: alter(raw)})
			}
		}
	}
	return all
}

func alter(raw string) []alteration {
	var out []alteration
	for _, at := range change.FindAllStringSubmatchIndex(raw, -1) {
		head := change.ReplaceAllString(raw[:at[0]], "$1")
		wrong := raw[at[4]:at[5]]
		out = append(out, alteration{head + wrong + change.ReplaceAllString(raw[at[1]:], "$1"), len(head), len(head) + len(wrong)})
	}
	return out
}

// TestCorpus holds the rates on both halves of the corpus: frozen was written
// before the code and is not mended by; open is. An altered answer counts as
// flagged only where the finding touches what was changed.
func TestCorpus(t *testing.T) {
	for _, folder := range []string{"frozen", "open"} {
		t.Run(folder, func(t *testing.T) {
			faithful, wrong, altered, flagged, sources := 0, 0, 0, 0, map[string]bool{}
			for _, s := range corpus(t, folder) {
				src := Read(s.ref, s.source)
				sources[s.source] = true
				faithful++
				if found := src.Facts(s.answer); len(found) > 0 {
					wrong++
					report(t, folder, "falsely flagged %s: %s\nin %s", s.name, list(found), s.answer)
				}
				for _, a := range s.altered {
					altered++
					if touches(src.Facts(a.answer), a.start, a.end) {
						flagged++
						continue
					}
					report(t, folder, "missed %s: %q in %s", s.name, a.answer[a.start:a.end], a.answer)
				}
			}
			t.Logf("check, %s: %d sources, %d of %d altered answers flagged (%.1f %%), %d of %d faithful ones falsely (%.1f %%)", folder, len(sources),
				flagged, altered, 100*float64(flagged)/float64(altered), wrong, faithful, 100*float64(wrong)/float64(faithful))
			if flagged*100 < altered*95 {
				t.Error("fewer than 95 % of the altered answers are flagged")
			}
			if wrong*100 > faithful*3 {
				t.Error("more than 3 % of the faithful answers are flagged")
			}
			if faithful < 100 || altered < 100 {
				t.Error("the corpus is too small")
			}
		})
	}
}

// report says what went wrong in the half that may be mended by, and in the
// other only if asked.
func report(t *testing.T, folder, format string, args ...any) {
	if folder == "open" || os.Getenv("SHOW_FROZEN") != "" {
		t.Logf(format, args...)
	}
}

func touches(found []Finding, start, end int) bool {
	for _, f := range found {
		if f.Start < end && f.End > start {
			return true
		}
	}
	return false
}

func list(found []Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %q (%s)", f.Kind, f.Text, f.Near))
	}
	return strings.Join(out, ", ")
}
