package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
	"amtsbote/connectors/render"
)

const (
	keySent   = "sent/"        // room, reply ID → what is shown of it
	keyDirect = "direct/"      // hash of the account ID → the personal chat
	keepSent  = 48 * time.Hour // longer than the core tries to send
	keepChat  = 30 * 24 * time.Hour
)

// A sending is what is noted of a reply while it is shown: a crash repeats at most
// the part that was on its way. Its texts are kept beside it, one value each, until
// all is shown.
type sending struct {
	Place   ref      // where it is shown
	Texts   int      // parts of the text
	Whole   bool     `json:",omitempty"` // there is more than the parts: it goes along as a file
	Install bool     `json:",omitempty"` // in place of the answer its person is asked to install the app
	Shown   []string `json:",omitempty"` // activity IDs of what is shown: texts, then files, then the hint; "": not known
	Tried   int      `json:",omitempty"` // parts that were begun
	Done    bool     `json:",omitempty"` // all is shown
}

// A delivery is the sending of a reply.
type delivery struct {
	c      *Connector
	s      bots.State
	r      bots.Reply
	asked  ref         // where it was asked
	stream *openStream // what was shown of the answer before; nil: nothing, or nothing any more
	sending
	text  []string // CommonMark, cut once and for all
	files []bots.File
	fresh bool              // Place was asked for in this try
	notes map[string][]byte // to be kept with the next note
}

// Send implements [bots.Connector]. Bot Connector takes a message as often as it is
// sent: what is shown is noted part by part, before and after.
func (c *Connector) Send(ctx context.Context, s bots.State, r bots.Reply) (string, error) {
	if r.Answer.Skip != "" {
		return "", nil
	}
	asked, err := parseRef(r.To.Ref)
	if err != nil {
		return "", &bots.Refusal{Err: err}
	}
	c.intake.use(s)
	d := &delivery{c: c, s: s, r: r, asked: asked}
	if err := d.run(ctx); err != nil {
		return "", err
	}
	for _, id := range d.Shown {
		if id != "" {
			return messageID(d.Place.Conversation, id), nil
		}
	}
	return "", nil
}

func (d *delivery) run(ctx context.Context) (err error) {
	err = d.prepare(ctx)
	if len(d.Shown) == 0 { // else it was taken over, or is that of later work
		if d.stream = d.c.takeOver(d.r.To); d.stream == nil {
			left, failed := d.c.leftOf(ctx, d.s, d.r.To)
			d.stream, err = left, cmp.Or(err, failed)
		}
	}
	if err != nil {
		return d.withdraw(ctx, err)
	}
	if d.Tried > len(d.Shown) {
		d.c.log.Warn("a part of a reply is sent again and may show twice", "reply", d.r, "part", d.Tried)
	}
	for len(d.Shown) < d.parts() {
		err := d.show(ctx)
		switch {
		case err == nil:
		case errors.Is(err, errTooLong) && d.halve():
			d.c.log.Warn("a part of a reply is longer than Teams takes and is cut again", "reply", d.r)
		case errors.Is(err, errTooLong): // it will not be shorter later
			return d.withdraw(ctx, &bots.Refusal{Err: err})
		case shut(err) && d.elsewhere() && len(d.Shown) == 0:
			if err := d.move(ctx); err != nil {
				return d.withdraw(ctx, err)
			}
		default:
			return d.withdraw(ctx, err)
		}
	}
	return nil
}

// elsewhere reports whether the reply is not shown where it was asked.
func (d *delivery) elsewhere() bool { return d.Place.Conversation != d.asked.Conversation }

// parts returns how many activities the reply is.
func (d *delivery) parts() int {
	if d.Done {
		return 0
	}
	n := len(d.text) + len(d.files)
	if d.elsewhere() && strings.HasSuffix(d.r.ID, "/answer") {
		n++ // the hint where it is
	}
	return n
}

// part shows the next part of the reply and returns its ID.
func (d *delivery) part(ctx context.Context) (string, error) {
	switch i := len(d.Shown); {
	case i < len(d.text):
		return d.say(ctx, d.c.message(d.text[i], d.r.Answer, d.r.Language, i, len(d.text)))
	case i < len(d.text)+len(d.files):
		return d.offer(ctx, i-len(d.text))
	}
	id, err := d.c.api.post(ctx, d.asked, plainMessage(chat.InDirect.In(d.r.Language)))
	if _, final := errors.AsType[*bots.Refusal](err); final { // costs no answer that is there
		d.c.log.Debug("a hint could not be shown", "reply", d.r, "err", err)
		return "", nil
	}
	return id, err
}

// withdraw forgets what is noted of a reply that is not shown, or no further, and
// takes its stream away, if err is final.
func (d *delivery) withdraw(ctx context.Context, err error) error {
	if _, final := errors.AsType[*bots.Refusal](err); !final {
		return err
	}
	d.dropStream(ctx)
	d.keep(nil)
	d.notes[d.key()] = nil
	if err := d.s.Put(context.WithoutCancel(ctx), d.notes, keepSent); err != nil {
		d.c.log.Warn("what was noted of a reply could not be deleted", "reply", d.r, "err", err)
	}
	return err
}

// dropStream takes away what was shown before the answer. The next note says so.
func (d *delivery) dropStream(ctx context.Context) {
	if d.stream == nil {
		return
	}
	d.c.drop(ctx, d.stream)
	d.unstream()
}

// unstream notes, with the next note, what is left of what was shown before the
// answer: nothing, as a rule.
func (d *delivery) unstream() {
	if d.notes == nil {
		d.notes = map[string][]byte{}
	}
	maps.Copy(d.notes, d.stream.rest())
	d.stream = nil
}

// say shows a part of the text: the first one in place of the stream, if there is
// one here.
func (d *delivery) say(ctx context.Context, a *activity) (string, error) {
	if d.stream != nil && d.elsewhere() {
		d.dropStream(ctx)
	}
	if d.stream == nil {
		return d.c.api.post(ctx, d.Place, a)
	}
	id, err := d.c.finish(ctx, d.stream, d.Place, a)
	if err == nil {
		d.unstream()
	}
	return id, err
}

// prepare finds out where the reply is shown and in which parts, or reads what a
// former try has noted of that.
func (d *delivery) prepare(ctx context.Context) error {
	known, err := d.s.Get(ctx, d.key())
	if err != nil {
		return err
	}
	if known != nil {
		if err := d.resume(ctx, known); err != nil || d.Done {
			return err
		}
	}
	if d.r.Answer.Private && !d.r.Answer.Notice.Plain && !d.c.cfg.Allows(d.r.To.Person) {
		return &bots.Refusal{Err: errors.New("teams: a private answer to somebody who may not use the bot any more")}
	}
	if known != nil {
		return nil
	}
	if d.Place, err = d.place(ctx); err != nil {
		return err
	}
	d.cut()
	return nil
}

// cut cuts the reply for its place into the parts that are shown.
func (d *delivery) cut() {
	md := d.c.compose(d.r.Answer, d.r.Language)
	if n := len(d.r.Answer.Files); n > 0 && !d.c.offers(d.Place) {
		md += "\n\n" + d.c.textNoFileHere(n).In(d.r.Language)
	}
	parts := d.c.cut(md, d.r.Answer, d.r.Language, d.c.offers(d.Place))
	d.Whole = parts.Whole
	d.keep(parts.Text)
	d.listFiles()
}

// keep has the next note keep the parts of the text.
func (d *delivery) keep(text []string) {
	if d.notes == nil {
		d.notes = map[string][]byte{}
	}
	for i := range max(len(text), d.Texts) {
		if d.notes[d.textKey(i)] = nil; i < len(text) {
			d.notes[d.textKey(i)] = []byte(text[i])
		}
	}
	d.text, d.Texts = text, len(text)
}

// resume goes on with what a former try has begun.
func (d *delivery) resume(ctx context.Context, known []byte) error {
	if err := json.Unmarshal(known, &d.sending); err != nil {
		return errNote
	}
	if d.Done {
		return nil
	}
	if d.Install {
		d.r.Answer = install
	}
	for i := range d.Texts {
		text, err := d.s.Get(ctx, d.textKey(i))
		if err != nil {
			return err
		}
		if text == nil {
			return errNote
		}
		d.text = append(d.text, string(text))
	}
	d.listFiles()
	return nil
}

var errNote = &bots.Refusal{Err: errors.New("teams: the note of a reply cannot be read")}

// halve cuts the part that comes next, which Teams found too long, and reports
// whether that was possible.
func (d *delivery) halve() bool {
	i := len(d.Shown)
	if i >= len(d.text) {
		return false
	}
	halves := render.Split(d.text[i], len(d.text[i])/2)
	if len(halves) < 2 {
		return false
	}
	d.keep(slices.Replace(slices.Clone(d.text), i, i+1, halves...))
	return true
}

// sentIn returns the prefix of the notes of replies to what was asked in a room. It
// names nobody.
func sentIn(room string) string {
	room, _ = root(room)
	return keySent + hash(room) + "/"
}

func (d *delivery) key() string { return sentIn(d.asked.Conversation) + hash(d.r.ID) }

func (d *delivery) textKey(i int) string { return d.key() + "/" + strconv.Itoa(i) }

// listFiles lists what goes with the reply as files, where there can be any.
func (d *delivery) listFiles() {
	if d.files = nil; !d.c.offers(d.Place) {
		return
	}
	if d.Whole {
		d.files = append(d.files, bots.File{Name: chat.WholeName.In(d.r.Language), Type: "text/markdown", Data: []byte(d.c.compose(d.r.Answer, d.r.Language))})
	}
	d.files = append(d.files, chat.Files(d.r, time.Now())...)
}

// show shows the next part and notes it, before and after. With the last one its
// texts are deleted: they are in Teams now.
func (d *delivery) show(ctx context.Context) error {
	d.Tried = len(d.Shown) + 1
	if err := d.note(ctx); err != nil {
		return err
	}
	id, err := d.part(ctx)
	if err != nil {
		return err
	}
	d.Shown = append(d.Shown, id)
	if len(d.Shown) == d.parts() {
		d.keep(nil)
		d.Done = true
	}
	return d.note(context.WithoutCancel(ctx))
}

func (d *delivery) note(ctx context.Context) error {
	notes := map[string][]byte{d.key(): encode(d.sending)}
	maps.Copy(notes, d.notes)
	if err := d.s.Put(ctx, notes, keepSent); err != nil {
		return fmt.Errorf("teams: note a reply: %w", err)
	}
	d.notes = nil
	return nil
}

// offer offers a file, unless the person has taken it already.
func (d *delivery) offer(ctx context.Context, i int) (string, error) {
	a, err := d.c.offer(ctx, d.s, d.Place, d.r.ID+"/"+strconv.Itoa(i), d.files[i], d.r.Language)
	if err != nil || a == nil {
		return "", err
	}
	id, err := d.c.api.post(ctx, d.Place, a)
	if _, final := errors.AsType[*bots.Refusal](err); final { // as where the tenant allows the app no files
		d.c.log.Warn("a file cannot be offered", "reply", d.r, "err", err)
		return d.c.api.post(ctx, d.Place, plainMessage(textNotOffered(d.files[i].Name).In(d.r.Language)))
	}
	return id, err
}

// Forget implements [bots.Forgetter]: files that were offered are deleted, and what
// is noted of answers, and where the personal chat is.
func (c *Connector) Forget(ctx context.Context, s bots.State, room string) error {
	values := map[string][]byte{}
	meta, content := offersOf(room)
	for _, prefix := range []string{meta, content, sentIn(room), shownIn(room), keyDirect} {
		err := s.Each(ctx, prefix, func(key string, value []byte) error {
			if prefix == keyDirect {
				if r, err := parseRef(string(value)); err == nil && r.Conversation != room {
					return nil
				}
			}
			values[key] = nil
			return nil
		})
		if err != nil {
			return fmt.Errorf("teams: forget: %w", err)
		}
	}
	if len(values) == 0 {
		return nil
	}
	if err := s.Put(ctx, values, 0); err != nil {
		return fmt.Errorf("teams: forget: %w", err)
	}
	return nil
}
