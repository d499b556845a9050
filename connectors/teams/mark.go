package teams

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"amtsbote/bots"
)

// Limits of what Teams shows with an answer, in characters as UTF-16 counts them:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-ai-bot-messages
const (
	maxCitations = 20
	maxSource    = 80
	maxAbstract  = 160
	maxLink      = 1_000 // bytes; ours: the page names none
)

// An answerMark is the one root entity with which an activity says that an AI made
// it, from what, and how confidential it is.
type answerMark struct {
	Kind       string     `json:"type"`
	Type       string     `json:"@type"`
	Context    string     `json:"@context"`
	Additional []string   `json:"additionalType"`
	Citation   []citation `json:"citation,omitempty"`
	Usage      *usage     `json:"usageInfo,omitempty"`
}

type citation struct {
	Type       string     `json:"@type"`
	Position   int        `json:"position"`
	Appearance appearance `json:"appearance"`
}

type appearance struct {
	Type     string `json:"@type"`
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	Abstract string `json:"abstract"`
}

type usage struct {
	Type        string `json:"@type"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// mark returns the entity of an answer that was not written by people. Its sources
// are those that the text names.
func (c *Connector) mark(text string, sources []bots.Source, lang string) json.RawMessage {
	m := answerMark{Kind: "https://schema.org/Message", Type: "Message", Context: "https://schema.org",
		Additional: []string{"AIGeneratedContent"}, Citation: citations(text, sources, lang)}
	if s := c.cfg.Sensitivity; s.Name != "" {
		m.Usage = &usage{Type: "CreativeWork", Name: s.Name, Description: s.Description}
	}
	return encode(m)
}

// encode returns the JSON of strings, numbers and times of now, which can always be
// encoded.
func encode(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}

var citedRE = regexp.MustCompile(`\[([0-9]{1,3})\]`)

// citations returns the sources that a text names by [n], in its order.
func citations(text string, sources []bots.Source, lang string) (all []citation) {
	byN := map[int]bots.Source{}
	for _, s := range sources {
		if _, ok := byN[s.N]; !ok {
			byN[s.N] = s
		}
	}
	for _, m := range citedRE.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1]) // up to three digits
		s, ok := byN[n]
		if !ok || len(all) == maxCitations || strings.TrimLeft(m[1], "0") != strconv.Itoa(n) {
			continue
		}
		delete(byN, n)
		name := sourceName(s, lang)
		all = append(all, citation{Type: "Claim", Position: n, Appearance: appearance{Type: "DigitalDocument",
			Name: name, URL: sourceLink(s.Link), Abstract: cmp.Or(clip(neutral(s.Quote), maxAbstract), name)}})
	}
	return all
}

// sourceName says what a source is.
func sourceName(s bots.Source, lang string) string {
	name, page := textMessage.In(lang), ""
	if s.File != "" {
		name = cmp.Or(neutral(bots.CleanName(s.File)), name)
	}
	if s.Page > 0 {
		page = ", " + textPage.In(lang) + strconv.Itoa(s.Page)
	}
	return clip(name, maxSource-len(page)) + page
}

// sourceLink returns the address of a source, or "" if it is not one to open.
func sourceLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || len(link) > maxLink || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// neutral returns a text as one line without what could be read as markup, wherever
// it is shown.
func neutral(s string) string {
	return strings.Join(strings.Fields(unmarked.Replace(bots.Visible(s))), " ")
}

var unmarked = strings.NewReplacer("<", "‹", ">", "›", "](", "] (")

// clip cuts a text to at most n characters as UTF-16 counts them, the sign that it
// goes on included.
func clip(s string, n int) string {
	units := 0
	end := -1 // where the cut would be
	for i, r := range s {
		if end < 0 && units+utf16.RuneLen(r) > n-1 {
			end = i
		}
		if units += utf16.RuneLen(r); units > n {
			return strings.TrimRight(s[:max(end, 0)], " ") + "…"
		}
	}
	return s
}
