package catchup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/talk"
)

const (
	maxExport = 64 << 20 // bytes of an export
	maxEvents = 200_000  // events in it
)

// An Export is a room as Element writes it into a file ("Export chat", JSON): an
// object with the room's name and its Matrix events, oldest first, decrypted where
// the exporting client could. It stands in for a connector's rooms on the command
// line: whoever has the file may read all of it.
type Export struct {
	room    bots.Room
	entries []bots.Entry // oldest first
	names   map[string]string
	person  string
}

// ReadExport reads an export. It applies edits and leaves out what was redacted.
// What is no export, or too large, is a *bots.Refusal.
func ReadExport(r io.Reader) (*Export, error) { return readExport(r, maxExport, maxEvents) }

func readExport(r io.Reader, size int64, events int) (*Export, error) {
	in := &limited{r: r, left: size}
	p := &exported{most: events, names: map[string]string{}, edits: map[string]event{}, gone: map[string]bool{}}
	err := p.read(json.NewDecoder(in))
	switch {
	case in.over:
		return nil, refuse(fmt.Sprintf("Der Export ist größer als %d MB. Bitte exportieren Sie einen kürzeren Zeitraum.", size>>20),
			fmt.Sprintf("The export is larger than %d MB. Please export a shorter time.", size>>20))
	case in.err != nil:
		return nil, fmt.Errorf("catchup: read export: %w", in.err)
	}
	if _, ok := errors.AsType[*bots.Refusal](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, textNotJSON
	}
	if !p.messages {
		return nil, textNoExport
	}
	return p.export(), nil
}

var (
	textNotJSON  = refuse("Die Datei ist kein vollständiges JSON. Bitte exportieren Sie den Raum noch einmal: in Element unter „Rauminfo“, „Chat exportieren“, Format JSON.", "The file is no complete JSON. Please export the room again: in Element under “Room info”, “Export chat”, format JSON.")
	textNoExport = refuse("Die Datei ist kein Export eines Raums: Ihr fehlt die Liste „messages“. Gebraucht wird der Export aus Element im Format JSON.", "The file is no export of a room: it lacks the list “messages”. What is needed is Element’s export in the format JSON.")
)

func refuse(de, en string) *bots.Refusal { return &bots.Refusal{Text: bots.Text{DE: de, EN: en}} }

// limited reads at most so many bytes, and notes why it ended.
type limited struct {
	r    io.Reader
	left int64
	over bool
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		if n, _ := l.r.Read(make([]byte, 1)); n > 0 {
			l.over = true
			return 0, errors.New("too large")
		}
		return 0, io.EOF
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// exported is what was read of an export so far.
type exported struct {
	name     string
	messages bool // the list was there
	events   []event
	names    map[string]string // display names, the last of each
	edits    map[string]event  // the last of each message
	gone     map[string]bool   // what was redacted
	count    int
	most     int
}

// read reads the object, one event at a time.
func (p *exported) read(dec *json.Decoder) error {
	if t, err := dec.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return textNoExport
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "messages":
			err = p.list(dec)
		case "room_name":
			var name any
			err = dec.Decode(&name)
			p.name, _ = name.(string)
		default:
			var skip json.RawMessage
			err = dec.Decode(&skip)
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (p *exported) list(dec *json.Decoder) error {
	if t, err := dec.Token(); err != nil {
		return err
	} else if t != json.Delim('[') {
		return textNoExport
	}
	p.messages = true
	for dec.More() {
		if p.count++; p.count > p.most {
			return refuse(fmt.Sprintf("Der Export hat mehr als %d Einträge. Bitte exportieren Sie einen kürzeren Zeitraum.", p.most),
				fmt.Sprintf("The export has more than %d entries. Please export a shorter time.", p.most))
		}
		var raw rawEvent
		err := dec.Decode(&raw)
		e, bad := event{}, &wrong{"kein Objekt", "no object"}
		if _, typed := errors.AsType[*json.UnmarshalTypeError](err); !typed && err != nil {
			return err
		} else if err == nil {
			e, bad = eventOf(raw)
		}
		if bad != nil {
			return refuse(fmt.Sprintf("Eintrag %d des Exports ist keine Matrix-Nachricht: %s. Bitte exportieren Sie den Raum noch einmal.", p.count, bad.de),
				fmt.Sprintf("Entry %d of the export is no Matrix event: %s. Please export the room again.", p.count, bad.en))
		}
		p.take(e)
	}
	_, err := dec.Token()
	return err
}

// take sorts an event: names, redactions and edits change others, the rest are
// messages or nothing.
func (p *exported) take(e event) {
	switch {
	case e.Type == "m.room.member":
		if name, ok := e.text("displayname"); ok && e.StateKey != "" {
			p.names[e.StateKey] = name
		}
	case e.Type == "m.room.redaction":
		p.gone[e.redacts()] = true
	case e.redacted():
		p.gone[e.ID] = true
	case e.relation("m.replace") != "":
		id := e.relation("m.replace") + "\x00" + e.Sender // nobody edits what others wrote
		if old, ok := p.edits[id]; !ok || old.Time <= e.Time {
			p.edits[id] = e
		}
	case e.message():
		e.name = p.names[e.Sender]
		p.events = append(p.events, e)
	}
}

// export makes the entries of the events.
func (p *exported) export() *Export {
	x := &Export{names: map[string]string{}}
	writers := map[string]string{} // of which message
	via := ""
	for _, e := range p.events {
		writers[e.ID] = e.Sender
		if x.room.ID == "" {
			x.room.ID = e.Room
		}
		if via == "" {
			_, via, _ = strings.Cut(e.Sender, ":")
		}
	}
	if _, server, ok := strings.Cut(x.room.ID, ":"); ok {
		via = server
	}
	x.room.Name = p.name
	seen := map[string]bool{}
	for _, e := range p.events {
		if p.gone[e.ID] || seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		if edit, ok := p.edits[e.ID+"\x00"+e.Sender]; ok && !p.gone[edit.ID] {
			e.edit(edit)
		}
		entry := e.entry()
		if entry.Name = cmp.Or(entry.Name, p.names[e.Sender]); entry.Name == "" {
			entry.Name = talk.CleanName("", e.Sender)
		}
		entry.Link = link(x.room.ID, e.ID, via)
		if to := writers[entry.ReplyTo]; to != "" && to != e.Sender && !slices.Contains(entry.Mentions, to) {
			entry.Mentions = append(entry.Mentions, to) // whoever is answered is addressed
		}
		x.names[e.Sender] = entry.Name
		x.entries = append(x.entries, entry)
	}
	for id, name := range p.names {
		if x.names[id] == "" {
			x.names[id] = name
		}
	}
	slices.SortStableFunc(x.entries, func(a, b bots.Entry) int { return a.Time.Compare(b.Time) })
	return x
}

var unsafeInLink = strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", "&", "%26", " ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\"", "%22", "\\", "%5C", "\n", "%0A", "\r", "%0D", "\t", "%09")

// link is the address of an event that Matrix clients open.
func link(room, id, via string) string {
	if room == "" || id == "" {
		return ""
	}
	to := "https://matrix.to/#/" + unsafeInLink.Replace(room) + "/" + unsafeInLink.Replace(id)
	if via != "" {
		to += "?via=" + unsafeInLink.Replace(via)
	}
	return to
}

// As says who asks, by Matrix ID or by display name, and returns the ID. Someone
// who is not in the export, or a name that several have, is a *bots.Refusal.
func (x *Export) As(who string) (string, error) {
	var found []string
	for id, name := range x.names {
		if id == who || talk.Fold(name) == talk.Fold(who) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return "", refuse("Diese Person kommt im Export nicht vor. Nennen Sie bei --as die Matrix-ID (@vorname.nachname:server) oder den Anzeigenamen genau.",
			"That person is not in the export. Name the Matrix ID (@first.last:server) or the exact display name with --as.")
	case 1:
		x.person = found[0]
		return x.person, nil
	}
	return "", refuse("Diesen Anzeigenamen haben mehrere Personen. Nennen Sie bei --as bitte die Matrix-ID.",
		"Several people have that display name. Please name the Matrix ID with --as.")
}

// End is when the last message was written, or zero: an export's "gestern" counts
// from there.
func (x *Export) End() time.Time {
	if len(x.entries) == 0 {
		return time.Time{}
	}
	return x.entries[len(x.entries)-1].Time
}

// List implements bots.Rooms.
func (x *Export) List(context.Context) ([]bots.Room, error) { return []bots.Room{x.room}, nil }

// Read implements bots.Rooms. A span of nothing is all of the export.
func (x *Export) Read(_ context.Context, _ string, span bots.Span) (bots.History, error) {
	h := bots.History{Room: x.room, Self: x.names[x.person], From: span.Since, To: span.Until}
	if h.To.IsZero() || h.To.After(x.End()) && !x.End().IsZero() {
		h.To = x.End()
	}
	if span.Own {
		for _, e := range x.entries {
			if e.Sender == x.person && !e.Time.After(h.To) {
				h.Own = e.Time
			}
		}
		h.From = h.Own
		if oldest := h.To.AddDate(0, 0, -talk.MaxDays); h.Own.Before(oldest) {
			h.From, h.Own = oldest, time.Time{}
		}
	}
	for _, e := range x.entries {
		switch {
		case span.Thread != "" && e.ID != span.Thread && e.Thread != span.Thread,
			e.Time.After(h.To), span.Thread == "" && e.Time.Before(h.From),
			span.Own && !h.Own.IsZero() && !e.Time.After(h.Own):
			continue
		}
		h.Entries = append(h.Entries, e)
	}
	if len(x.entries) > 0 && (h.From.IsZero() || h.From.Before(x.entries[0].Time)) {
		h.From = x.entries[0].Time
	}
	return h, nil
}
