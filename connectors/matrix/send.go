package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

// refJoin is the Ref of a message that stands for the bot's coming into a room:
// what answers it goes into no thread.
const refJoin = "join"

const (
	// clockSlack is how far the clocks of this machine and the server may differ.
	clockSlack = 10 * time.Minute
	// inFlight is how long a request of a process that was killed may still be on
	// its way. Two of the same transaction ID at once can both be shown.
	inFlight = 3 * time.Second
)

// An intent is what is noted of a reply before anything of it is shown.
type intent struct {
	Time     time.Time
	Tried    time.Time // when it was last begun
	Room     id.RoomID
	Progress id.EventID `json:",omitempty"` // message that the answer replaces
}

// A delivery is the sending of a reply.
type delivery struct {
	c *Connector
	a *account
	s bots.State
	r bots.Reply

	intent intent
	parts  parts
	files  []bots.File
	rel    *event.RelatesTo
	room   bool                  // of several people
	found  map[string]id.EventID // what is shown already, by its mark
	first  id.EventID            // of the reply
}

// Send implements [bots.Connector]. Each part has a transaction ID of its own,
// under which the server shows it once. It forgets them after a while; so that
// what is sent again is first looked for in the room.
func (c *Connector) Send(ctx context.Context, s bots.State, r bots.Reply) (string, error) {
	if r.Answer.Skip != "" {
		return "", nil
	}
	a, err := c.open(ctx)
	if err != nil {
		return "", err
	}
	c.remember(s)
	if err := a.door.gone(); err != nil {
		return "", err
	}
	if err := c.shows.wait(ctx); err != nil {
		return "", err
	}
	d := &delivery{c: c, a: a, s: s, r: r}
	if err := d.run(ctx); err != nil {
		return "", a.because(err)
	}
	return string(d.first), nil
}

// syncPatience is how long an answer waits for the first sync of a run: a server
// that takes longer has other sorrows.
const syncPatience = 10 * time.Second

// receiving notes that somebody receives, until the function that it returns is
// called. What is known of rooms and devices is old until the first sync is in:
// an answer that was encrypted before could not be read on a device that is new.
func (s *shows) receiving() (ended func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = make(chan struct{})
	return func() {
		s.caughtUp()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ready = nil
	}
}

// caughtUp notes that the first sync is in.
func (s *shows) caughtUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ready:
	default:
		if s.ready != nil {
			close(s.ready)
		}
	}
}

// wait waits for the first sync, if somebody receives.
func (s *shows) wait(ctx context.Context) error {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	if ready == nil {
		return nil
	}
	select {
	case <-ready:
		return nil
	default:
	}
	patience := time.NewTimer(syncPatience)
	defer patience.Stop()
	select {
	case <-ready:
	case <-patience.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// because returns the error of a request as the core has to take it.
func (a *account) because(err error) error {
	if gone := a.door.gone(); gone != nil {
		return gone
	}
	if _, final := errors.AsType[*bots.Refusal](err); final {
		return err
	}
	if errors.Is(err, mautrix.MForbidden) || errors.Is(err, mautrix.MNotFound) {
		return &bots.Refusal{Err: err} // not in the room any more, or not allowed to write there
	}
	return err
}

func (d *delivery) run(ctx context.Context) error {
	again, err := getJSON(ctx, d.s, keyIntent+d.r.ID, &d.intent)
	if err != nil {
		return err
	}
	room, elsewhere, err := d.place(ctx)
	if err != nil {
		return err
	}
	if err := d.relate(ctx, room, elsewhere); err != nil {
		return err
	}
	tried := d.intent.Tried
	if !again {
		d.intent = intent{Time: time.Now().UTC()}
	}
	d.intent.Room, d.intent.Tried = room, time.Now().UTC()
	if err := d.prepare(ctx, again, elsewhere); err != nil {
		return err
	}
	if again {
		if err := d.look(ctx, tried); err != nil {
			return err
		}
	}
	if err := d.texts(ctx); err != nil {
		return err
	}
	if err := d.attach(ctx); err != nil {
		return err
	}
	return d.after(ctx, elsewhere)
}

// look finds what is shown of the reply already, and waits for what may still be
// on its way since it was last tried.
func (d *delivery) look(ctx context.Context, tried time.Time) (err error) {
	since := d.intent.Time.Add(-clockSlack)
	if d.found, err = d.a.find(ctx, d.intent.Room, since); err != nil || d.whole() {
		return err
	}
	wait := time.Until(tried.Add(inFlight))
	if wait <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(wait, inFlight)): // a clock that jumped prolongs nothing
	}
	d.found, err = d.a.find(ctx, d.intent.Room, since)
	return err
}

// whole reports whether all parts of the reply are shown.
func (d *delivery) whole() bool {
	for i := range d.parts.Text {
		if _, ok := d.found[markOf(d.r.ID, strconv.Itoa(i))]; !ok {
			return false
		}
	}
	for i := range d.files {
		if _, ok := d.found[markOf(d.r.ID, "f"+strconv.Itoa(i))]; !ok {
			return false
		}
	}
	return true
}

// place returns the room in which a reply is shown: where it was asked, or for
// what only the person may read, elsewhere, in the direct chat.
func (d *delivery) place(ctx context.Context) (room id.RoomID, elsewhere bool, err error) {
	to := d.r.To
	room, person := id.RoomID(to.Room), id.UserID(to.Person)
	switch {
	case !d.r.Answer.Private || person == "":
		return room, false, nil
	case d.c.cfg.Allows(to.Person):
	case d.r.Answer.Notice.Plain: // that they may not use the bot
		return room, false, nil
	default: // they might when they asked
		return "", false, &bots.Refusal{Err: errors.New("matrix: a private answer to somebody who may not use the bot any more")}
	}
	other, err := d.a.direct(ctx, room)
	if err != nil {
		return "", false, err
	}
	if other == person {
		if ok, err := d.a.serves(ctx, room, person, false); err != nil || ok {
			return room, false, err
		}
	}
	sealed, err := d.a.isEncrypted(ctx, room)
	if err != nil {
		return "", false, err
	}
	room, err = d.c.directWith(ctx, d.a, d.s, person, sealed)
	return room, true, err
}

// relate finds out in which thread the reply is shown.
func (d *delivery) relate(ctx context.Context, room id.RoomID, elsewhere bool) (err error) {
	if !elsewhere {
		d.rel, d.room, err = d.a.relation(ctx, d.r.To)
	}
	return err
}

// relation returns how what answers a message relates to it, and whether its
// room is one of several people.
func (a *account) relation(ctx context.Context, to bots.Address) (rel *event.RelatesTo, room bool, err error) {
	alone, err := a.direct(ctx, id.RoomID(to.Room))
	if err != nil {
		return nil, false, err
	}
	root := id.EventID(to.Thread)
	if root == "" && alone == "" && to.Ref != refJoin {
		root = id.EventID(to.MessageID)
	}
	if root == "" {
		return nil, alone == "", nil
	}
	last := root
	if to.MessageID != "" && to.Ref != refJoin {
		last = id.EventID(to.MessageID)
	}
	return (&event.RelatesTo{}).SetThread(root, last), alone == "", nil
}

// prepare cuts the reply and notes what is going to be sent.
func (d *delivery) prepare(ctx context.Context, again, elsewhere bool) error {
	lang := d.r.Language
	d.files = chat.Files(d.r, d.intent.Time)
	kept, err := getJSON(ctx, d.s, keyParts+d.r.ID, &d.parts)
	if err != nil {
		return err
	}
	whole := chat.Compose(d.r.Answer, lang)
	if !kept {
		d.parts = cut(whole, lang)
	}
	if d.parts.Whole {
		d.files = append([]bots.File{{Name: chat.WholeName.In(lang), Type: "text/markdown", Data: []byte(whole)}}, d.files...)
	}
	notes := map[string]any{keyIntent + d.r.ID: &d.intent}
	if !kept && len(d.parts.Text) > 1 {
		notes[keyParts+d.r.ID] = d.parts
	}
	if d.room && d.rel != nil {
		notes[threadKey(d.r.To.Room, d.rel.EventID)] = true
	}
	if again || strings.HasSuffix(d.r.ID, "/greeting") {
		return putAll(ctx, d.s, notes)
	}
	return d.c.takeOver(ctx, d.s, d.r.To, func(progress shown) error {
		if d.intent.Progress = progress.Event; progress.Event != "" {
			notes[keyShown+d.r.To.MessageID] = nil
		}
		return putAll(ctx, d.s, notes)
	})
}

// threadKey is the key of a thread in which the bot takes part.
func threadKey(room string, root id.EventID) string { return keyThread + room + " " + string(root) }

// texts sends the parts of the text that are not shown yet.
func (d *delivery) texts(ctx context.Context) error {
	kind := event.MsgText
	if d.r.Answer.Notice.Plain {
		kind = event.MsgNotice
	}
	for i, md := range d.parts.Text {
		c := plainContent(md, kind)
		c.RelatesTo = d.rel
		if d.room && d.c.cfg.Mention && i == 0 && d.r.To.Person != "" {
			c.Mentions.Add(id.UserID(d.r.To.Person))
		}
		sent, err := d.text(ctx, strconv.Itoa(i), md, c)
		if err != nil {
			return err
		}
		if i == 0 {
			d.first = sent
		}
	}
	return nil
}

// replaces reports whether the answer is small enough to be an edit of the
// progress that was shown for it.
func (d *delivery) replaces(c *event.MessageEventContent) bool {
	return d.intent.Progress != "" && d.intent.Room == id.RoomID(d.r.To.Room) &&
		len(d.parts.Text) == 1 && len(c.Body)+len(c.FormattedBody) <= maxEdit
}

// text shows a part of the text: in place of the progress, as a message, or where
// it is too big for the server as a file.
func (d *delivery) text(ctx context.Context, part, md string, c *event.MessageEventContent) (id.EventID, error) {
	if d.replaces(c) {
		_, err := d.show(ctx, part, false, func(bool) (*event.MessageEventContent, error) { return edit(c, d.intent.Progress), nil })
		if !tooBig(err) {
			return d.intent.Progress, err
		}
	}
	sent, err := d.show(ctx, part, false, func(bool) (*event.MessageEventContent, error) { return c, nil })
	if !tooBig(err) {
		return sent, err
	}
	name := chat.WholeName.In(d.r.Language)
	return d.file(ctx, part, bots.File{Name: name, Type: "text/markdown", Data: []byte(md)})
}

// attach sends the files that are not shown yet.
func (d *delivery) attach(ctx context.Context) error {
	for i, f := range d.files {
		sent, err := d.file(ctx, "f"+strconv.Itoa(i), f)
		if tooBig(err) {
			sent, err = d.show(ctx, "f"+strconv.Itoa(i), false, func(bool) (*event.MessageEventContent, error) {
				c := plainContent(tooBigFor(f).In(d.r.Language), event.MsgNotice)
				c.RelatesTo = d.rel
				return c, nil
			})
		}
		if err != nil {
			return err
		}
		if d.first == "" {
			d.first = sent
		}
	}
	return nil
}

func tooBigFor(f bots.File) bots.Text {
	name, mb := bots.Literal(bots.CleanName(f.Name)), strconv.Itoa(len(f.Data)>>20+1)
	return bots.Text{
		DE: "Die Datei „" + name + "“ gehört zur Antwort, aber der Server nimmt keine Dateien von " + mb + " MB an. Bitte fragen Sie nach einem Teil davon.",
		EN: "The file “" + name + "” belongs to the answer, but the server takes no files of " + mb + " MB. Please ask for a part of it.",
	}
}

func (d *delivery) file(ctx context.Context, part string, f bots.File) (id.EventID, error) {
	return d.show(ctx, part, true, func(sealed bool) (*event.MessageEventContent, error) {
		c, err := d.a.upload(ctx, f, sealed)
		if err == nil {
			c.RelatesTo = d.rel
		}
		return c, err
	})
}

// show sends an event of the reply unless it is there already.
func (d *delivery) show(ctx context.Context, part string, slow bool, build func(sealed bool) (*event.MessageEventContent, error)) (id.EventID, error) {
	m := mark{Reply: markOf(d.r.ID, part), AI: d.r.Answer.Notice.Model != "", Model: d.r.Answer.Notice.Model}
	if sent, ok := d.found[m.Reply]; ok {
		return sent, nil
	}
	return d.a.post(ctx, d.intent.Room, m, slow, build)
}

// after tidies up behind a reply that is shown.
func (d *delivery) after(ctx context.Context, elsewhere bool) error {
	if p := d.intent.Progress; p != "" && d.first != p {
		text := textBelow
		if elsewhere {
			text = chat.InDirect
		}
		m := mark{Reply: markOf(d.r.ID, "progress")}
		if _, ok := d.found[m.Reply]; !ok {
			if _, err := d.a.post(ctx, id.RoomID(d.r.To.Room), m, false, func(bool) (*event.MessageEventContent, error) {
				return edit(plainContent(text.In(d.r.Language), event.MsgNotice), p), nil
			}); err != nil {
				d.c.log.Warn("progress could not be closed", "message", bots.LogID(d.r.To.MessageID), "err", err)
			}
		}
	}
	if elsewhere && strings.HasPrefix(d.r.To.MessageID, "$") {
		d.a.wave(ctx, d.r)
	}
	return nil
}

// wave puts a sign under a question whose answer is elsewhere. That it fails does
// not matter: the answer is there.
func (a *account) wave(ctx context.Context, r bots.Reply) {
	content := &event.ReactionEventContent{}
	content.RelatesTo.SetAnnotation(id.EventID(r.To.MessageID), "📬")
	_, _ = a.mx.SendMessageEvent(mautrix.WithMaxRetries(ctx, 1), id.RoomID(r.To.Room), event.EventReaction, content,
		mautrix.ReqSendEvent{TransactionID: markOf(r.ID, "wave")})
}

// post sends an event, encrypted where the room is. slow says that build takes
// its time, in which encryption may be switched on.
func (a *account) post(ctx context.Context, room id.RoomID, m mark, slow bool, build func(sealed bool) (*event.MessageEventContent, error)) (id.EventID, error) {
	sealed, err := a.isEncrypted(ctx, room)
	if err != nil {
		return "", err
	}
	content, err := build(sealed)
	if err == nil && slow && !sealed {
		if sealed, err = a.isEncrypted(ctx, room); sealed && err == nil {
			content, err = build(sealed)
		}
	}
	if err != nil {
		return "", err
	}
	kind, body := event.EventMessage, any(marked(content, m))
	if sealed {
		if body, err = a.encrypt(ctx, room, kind, body); err != nil {
			return "", err
		}
		kind = event.EventEncrypted
	}
	resp, err := a.mx.SendMessageEvent(ctx, room, kind, body, mautrix.ReqSendEvent{TransactionID: m.Reply})
	if err != nil {
		return "", fmt.Errorf("matrix: send: %w", err)
	}
	if resp == nil || resp.EventID == "" {
		return "", errors.New("matrix: send: the server does not say as which event")
	}
	return resp.EventID, nil
}

// tooBig reports whether the server found something too big.
func tooBig(err error) bool {
	status, ok := errors.AsType[mautrix.HTTPError](err)
	return errors.Is(err, mautrix.MTooLarge) || ok && status.IsStatus(http.StatusRequestEntityTooLarge)
}
