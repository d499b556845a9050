package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/render"
)

const (
	// maxContent is the size limit in bytes of an event's content as JSON. Encrypted
	// it grows by a third, and a server takes 65,536 bytes.
	maxContent = 40_000
	// maxEdit is the size limit in bytes of a text that replaces another: an edit
	// should be readable in clients that show both.
	maxEdit = 20_000
	// partText is how many bytes of CommonMark go into an event.
	partText = 16_000
	// beginText is how many do where the whole is in a file.
	beginText = 6_000
	// maxParts is the number of events that a text is cut into at most.
	maxParts = 4
)

// markKey is the key in an event's content by which the bot knows its own events
// again, and others what made them.
const markKey = "de.amtsbote"

// A mark stands in each event that the bot sends.
type mark struct {
	Reply string `json:"reply"` // markOf the reply and the part
	AI    bool   `json:"ai"`    // a language model wrote it
	Model string `json:"model,omitempty"`
}

// markOf returns what names a part of a reply, or something else that is shown
// once: its mark and its transaction ID.
func markOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// parts are a reply as it is cut. They are kept, so that a retry cuts alike.
type parts struct {
	Text  []string // CommonMark
	Whole bool     // there was more: the whole goes along as a file
}

var textWhole = bots.Text{
	DE: "Das ist nur der Anfang: Die ganze Antwort ist zu lang für den Chat und steht in der Datei „Antwort.md“.",
	EN: "This is only the beginning: the whole answer is too long for the chat and is in the file “Answer.md”.",
}

// cut cuts a text into parts that fit into events.
func cut(md, lang string) parts {
	var text []string
	for _, part := range render.Split(md, partText) {
		text = append(text, refine(part)...)
	}
	if len(text) <= maxParts {
		return parts{Text: text}
	}
	begin := refine(render.Split(md, beginText)[0])[0]
	return parts{Text: []string{begin + "\n\n" + textWhole.In(lang)}, Whole: true}
}

// refine halves a part until it fits. Tables grow when they are formatted.
func refine(part string) (all []string) {
	const margin = 2_000 // for what comes around the text
	if size(plainContent(part, event.MsgText)) <= maxContent-margin || len(part) <= render.MinPart {
		return []string{part}
	}
	for _, p := range render.Split(part, len(part)/2) {
		all = append(all, refine(p)...)
	}
	return all
}

func size(content any) int {
	b, err := json.Marshal(content)
	if err != nil {
		return maxContent + 1 // texts can be encoded
	}
	return len(b)
}

// plainContent returns a text as the content of an event: readable as it is, and
// formatted. What the formatting makes too big goes without.
func plainContent(md string, kind event.MessageType) *event.MessageEventContent {
	c := &event.MessageEventContent{MsgType: kind, Body: render.Plain(md), Format: event.FormatHTML, FormattedBody: formatted(md), Mentions: &event.Mentions{}}
	if size(c) > maxContent-1_000 {
		c.Format, c.FormattedBody = "", ""
	}
	return c
}

var (
	linkRE = regexp.MustCompile(`<a [^>]*>`)
	attrRE = regexp.MustCompile(` (?:target|rel|title)="[^"]*"`)
)

// formatted returns a text as HTML of the elements and attributes that Matrix
// allows. Its clients see to links themselves.
func formatted(md string) string {
	return linkRE.ReplaceAllStringFunc(render.HTML(md), func(tag string) string { return attrRE.ReplaceAllString(tag, "") })
}

// edit returns the content that replaces the one of an event. The whole is in its
// new content; clients that know no edits show the fallback.
func edit(c *event.MessageEventContent, of id.EventID) *event.MessageEventContent {
	next := *c
	next.RelatesTo = nil
	return &event.MessageEventContent{MsgType: c.MsgType, Body: "* " + short(c.Body, 2_000), NewContent: &next,
		RelatesTo: (&event.RelatesTo{}).SetReplace(of), Mentions: c.Mentions}
}

// short cuts a text to at most n bytes and a sign that it goes on.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + " …"
}

// marked adds the mark to a content.
func marked(c *event.MessageEventContent, m mark) *event.Content {
	raw := map[string]any{markKey: m}
	if c.NewContent != nil {
		raw["m.new_content"] = map[string]any{markKey: m}
	}
	return &event.Content{Parsed: c, Raw: raw}
}
