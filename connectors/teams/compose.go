package teams

import (
	"encoding/json"
	"unicode/utf16"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
	"amtsbote/connectors/render"
)

const (
	// maxActivity is how many bytes an activity of ours has at most, as UTF-16. Teams
	// takes 100 KB, with what it adds itself:
	// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
	maxActivity = 80 << 10
	// maxEnvelope is how many bytes an activity has besides what message returns: accounts, IDs
	// and the place of a stream.
	maxEnvelope = 6 << 10
	// partText is how many bytes of CommonMark go into an activity: some ten
	// screens.
	partText = 24_000
	// beginText is how many do where the whole is in a file.
	beginText = 6_000
	// maxParts is the number of activities that a text is cut into at most;
	// maxPartsNoFile where it cannot go as a file.
	maxParts       = 4
	maxPartsNoFile = 12
)

// parts are an answer as it is cut. They are kept, so that a retry cuts alike.
type parts struct {
	Text  []string // CommonMark
	Whole bool     `json:",omitempty"` // there was more: the whole goes along as a file
}

// compose returns what an answer says, as CommonMark.
func (c *Connector) compose(a bots.Answer, lang string) string { return chat.Compose(a, lang) }

// cut cuts what compose returned into parts, each of which fits into the activity
// that message makes of it. file says that a file can go along, which only a
// personal chat takes.
func (c *Connector) cut(md string, a bots.Answer, lang string, file bool) parts {
	var text []string
	for _, part := range render.Split(md, partText) {
		text = append(text, c.refine(part, a, lang)...)
	}
	switch {
	case file && len(text) > maxParts:
		begin := c.refine(render.Split(md, beginText)[0], a, lang)[0]
		return parts{Text: []string{begin + "\n\n" + textWhole.In(lang)}, Whole: true}
	case len(text) > maxPartsNoFile:
		text = text[:maxPartsNoFile]
		end := textCutOff
		if c.noFiles() {
			end = textCutOffHere
		}
		text[maxPartsNoFile-1] += "\n\n" + end.In(lang)
	}
	return parts{Text: text}
}

// refine halves a part until it fits: what Teams could take for markup grows when
// it is escaped, and its sources come along.
func (c *Connector) refine(part string, a bots.Answer, lang string) (all []string) {
	const margin = maxEnvelope + 1<<10 // for a remark that is put below
	if size(c.message(part, a, lang, 0, 1)) <= maxActivity-margin || len(part) <= render.MinPart {
		return []string{part}
	}
	for _, p := range render.Split(part, len(part)/2) {
		all = append(all, c.refine(p, a, lang)...)
	}
	return all
}

// size returns how many bytes an activity has, as UTF-16.
func size(a *activity) int {
	b, err := json.Marshal(a)
	if err != nil {
		return maxActivity + 1 // texts can be encoded
	}
	n := 0
	for _, r := range string(b) {
		n += 2 * utf16.RuneLen(r)
	}
	return n
}

// message returns a part of an answer, the how manieth (from 0) of how many, as an
// activity. It has no address yet. Of the formats that Teams knows, "markdown" is the
// one in which a stream only grows and every client shows what is sent;
// "extendedMarkdown" has images and tables, but older clients show their marks.
func (c *Connector) message(md string, a bots.Answer, lang string, part, of int) *activity {
	m := &activity{Type: schema.Message, Text: render.Teams(md), TextFormat: schema.MARKDOWN, Locale: lang}
	if a.Notice.Plain {
		return m
	}
	m.Entities = []json.RawMessage{c.mark(m.Text, a.Sources, lang)}
	if part == of-1 {
		m.ChannelData = json.RawMessage(`{"feedbackLoop":{"type":"default"}}`)
	}
	return m
}

// plainMessage returns a line about the bot's work as an activity, without
// formatting.
func plainMessage(text string) *activity {
	return &activity{Type: schema.Message, Text: neutral(text), TextFormat: schema.PLAIN}
}

// typing returns the typing sign. Clients show it for some seconds.
func typing() *activity { return &activity{Type: schema.Typing} }
