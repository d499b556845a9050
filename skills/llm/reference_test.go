package llm_test

import (
	"fmt"
	"strings"
	"testing"

	"amtsbote/skills/llm"
)

func TestKeepReferences(t *testing.T) {
	one := []llm.Given{{Name: "Bescheid.pdf", Pages: []int{1, 2, 3}}}
	two := append([]llm.Given{{Name: "Scan (2).pdf"}, {Name: "Mail.eml", Pages: []int{1}}}, one...)
	paper := []llm.Given{{Name: "Satzung.docx", Pages: []int{1}, Paragraphs: map[int]string{1: "Die Gebühr", 4: "Der Antrag"}}}
	tests := map[string]struct {
		given        []llm.Given
		answer, want string
		sources      string
		removed      bool
	}{
		"a page":                         {one, "Ja (S. 2).", "Ja (S. 2).", "Bescheid.pdf/2", false},
		"several pages":                  {one, "Ja (S. 1, 3).", "Ja (S. 1, 3).", "Bescheid.pdf/1 Bescheid.pdf/3", false},
		"a run of pages":                 {one, "Ja (S. 1–3).", "Ja (S. 1–3).", "Bescheid.pdf/1 Bescheid.pdf/3", false},
		"English":                        {one, "Yes (p. 2), (pages 1 and 2).", "Yes (p. 2), (pages 1 and 2).", "Bescheid.pdf/2 Bescheid.pdf/1", false},
		"one of two pages is not":        {one, "Ja (S. 2, 9).", "Ja.", "", true},
		"page nought":                    {one, "Ja (S. 0).", "Ja.", "", true},
		"a number that is none":          {one, "Ja (S. 99999).", "Ja.", "", true},
		"of several the file is named":   {two, "Ja (Bescheid.pdf, S. 2) und (Mail.eml).", "Ja (Bescheid.pdf, S. 2) und (Mail.eml).", "Bescheid.pdf/2 Mail.eml/0", false},
		"of several it is not":           {two, "Ja (S. 2).", "Ja.", "", true},
		"another file":                   {one, "Ja (Satzung.pdf, S. 1).", "Ja.", "", true},
		"a book without files":           {nil, "Ja (Palandt, S. 812).", "Ja (Palandt, S. 812).", "", false},
		"a paragraph":                    {paper, "Ja (Abs. 4).", "Ja (Abs. 4).", "Satzung.docx/0 Der Antrag", false},
		"several paragraphs":             {paper, "Ja (Satzung.docx, Abs. 1, 4).", "Ja (Satzung.docx, Abs. 1, 4).", "Satzung.docx/0 Die Gebühr Satzung.docx/0 Der Antrag", false},
		"a paragraph that is none":       {paper, "Ja (Abs. 7).", "Ja.", "", true},
		"a paragraph of a law":           {paper, "Ja (§ 70 Abs. 7 VwGO), (§ 70 Abs. 7).", "Ja (§ 70 Abs. 7 VwGO), (§ 70 Abs. 7).", "", false},
		"a paragraph of a law, of pages": {one, "Ja, § 70 VwGO (Abs. 1).", "Ja, § 70 VwGO (Abs. 1).", "", false},
		"square brackets, as marks have": {one, "Ja [S. 2], [S. 1, 3].", "Ja (S. 2), (S. 1, 3).", "Bescheid.pdf/2 Bescheid.pdf/1 Bescheid.pdf/3", false},
		"a page that is none, in square": {two, "Ja [Bescheid.pdf, S. 9] [Mail.eml].", "Ja (Mail.eml).", "Mail.eml/0", true},
		"other square brackets":          {one, "**[bitte ergänzen: S. 3]** [S. 2](https://a.example) [1] [x]", "**[bitte ergänzen: S. 3]** [S. 2](https://a.example) [1] [x]", "", false},
		"other brackets":                 {one, "Ja (sagt das Amt).", "Ja (sagt das Amt).", "", false},
	}
	for name, test := range tests {
		got, sources, removed := llm.KeepReferences(test.answer, test.given)
		var list []string
		for _, s := range sources {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s/%d %s", s.File, s.Page, s.Quote)))
		}
		if got != test.want || strings.Join(list, " ") != test.sources || removed != test.removed {
			t.Errorf("%s: got %q, %v, %v", name, got, list, removed)
		}
	}
}
