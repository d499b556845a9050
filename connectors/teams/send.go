package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

const (
	keySent   = "sent/"        // reply ID → what is shown of it
	keyDirect = "direct/"      // hash of the account ID → the personal chat
	keepSent  = 48 * time.Hour // longer than the core tries to send
	keepChat  = 30 * 24 * time.Hour
)

// A sending is what is noted of a reply while it is shown: a crash repeats at most
// the part that was on its way. Its texts are kept beside it, one value each.
type sending struct {
	Place ref      // where it is shown
	Texts int      // parts of the text
	Whole bool     `json:",omitempty"` // there is more than the parts: it goes along as a file
	Shown []string `json:",omitempty"` // activity IDs of what is shown: texts, then files, then the hint
	Tried int      `json:",omitempty"` // parts that were begun
}

// A delivery is the sending of a reply.
type delivery struct {
	c     *Connector
	s     bots.State
	r     bots.Reply
	asked ref // where it was asked
	sending
	text  []string // CommonMark, cut once and for all
	files []bots.File
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
	if len(d.Shown) == 0 {
		return "", nil
	}
	return messageID(d.Place.Conversation, d.Shown[0]), nil
}

func (d *delivery) run(ctx context.Context) error {
	stream := d.c.takeOver(d.r.To)
	if err := d.prepare(ctx); err != nil {
		return d.withdraw(ctx, stream, err)
	}
	if d.Tried > len(d.Shown) {
		d.c.log.Warn("a part of a reply is sent again and may show twice", "reply", d.r, "part", d.Tried)
	}
	steps := make([]func(context.Context) (string, error), 0, len(d.text)+len(d.files)+1)
	for i, md := range d.text {
		steps = append(steps, func(ctx context.Context) (string, error) {
			return d.say(ctx, stream, i, d.c.message(md, d.r.Answer, d.r.Language, i, len(d.text)))
		})
	}
	for i := range d.files {
		steps = append(steps, func(ctx context.Context) (string, error) { return d.offer(ctx, i) })
	}
	if d.Place.Conversation != d.asked.Conversation && strings.HasSuffix(d.r.ID, "/answer") {
		steps = append(steps, func(ctx context.Context) (string, error) {
			return d.c.api.post(ctx, d.asked, plainMessage(textInDirect.In(d.r.Language)))
		})
	}
	for _, step := range steps[min(len(d.Shown), len(steps)):] {
		if err := d.show(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes a stream away whose answer is shown elsewhere or not at all.
func (d *delivery) withdraw(ctx context.Context, stream *openStream, err error) error {
	if _, final := errors.AsType[*bots.Refusal](err); final {
		d.c.drop(ctx, stream)
	}
	return err
}

// say shows a part of the text: the first one in place of the stream, if there is
// one here.
func (d *delivery) say(ctx context.Context, stream *openStream, part int, a *activity) (string, error) {
	if stream == nil || part > 0 {
		return d.c.api.post(ctx, d.Place, a)
	}
	if d.Place.Conversation != d.asked.Conversation {
		d.c.drop(ctx, stream)
		return d.c.api.post(ctx, d.Place, a)
	}
	return d.c.finish(ctx, stream, d.Place, a)
}

// prepare finds out where the reply is shown and in which parts, or reads what a
// former try has noted of that.
func (d *delivery) prepare(ctx context.Context) error {
	known, err := d.s.Get(ctx, d.key())
	if err != nil {
		return err
	}
	if known != nil {
		return d.resume(ctx, known)
	}
	if d.Place, err = d.place(ctx); err != nil {
		return err
	}
	md := d.c.compose(d.r.Answer, d.r.Language)
	if n := len(d.r.Answer.Files); n > 0 && !d.c.offers(d.Place) {
		md += "\n\n" + d.c.textNoFileHere(n).In(d.r.Language)
	}
	parts := d.c.cut(md, d.r.Answer, d.r.Language, d.c.offers(d.Place))
	d.text, d.Texts, d.Whole = parts.Text, len(parts.Text), parts.Whole
	d.listFiles()
	d.notes = map[string][]byte{}
	for i, text := range d.text {
		d.notes[d.key()+"/"+strconv.Itoa(i)] = []byte(text)
	}
	return nil
}

// resume goes on with what a former try has begun.
func (d *delivery) resume(ctx context.Context, known []byte) error {
	if err := json.Unmarshal(known, &d.sending); err != nil {
		return &bots.Refusal{Err: errors.New("teams: the note of a reply cannot be read")}
	}
	for i := range d.Texts {
		text, err := d.s.Get(ctx, d.key()+"/"+strconv.Itoa(i))
		if err != nil {
			return err
		}
		d.text = append(d.text, string(text))
	}
	d.listFiles()
	return nil
}

func (d *delivery) key() string { return keySent + hash(d.r.ID) }

// listFiles lists what goes with the reply as files, where there can be any.
func (d *delivery) listFiles() {
	if !d.c.offers(d.Place) {
		return
	}
	if d.Whole {
		d.files = append(d.files, bots.File{Name: textWholeName.In(d.r.Language), Type: "text/markdown", Data: []byte(d.c.compose(d.r.Answer, d.r.Language))})
	}
	for i, draft := range d.r.Answer.Drafts {
		data, err := eml.DraftFile(draft, eml.Options{ID: eml.ID("amtsbote.invalid", d.r.ID, strconv.Itoa(i)), Date: time.Now()})
		if err == nil { // else the text stands in the message
			d.files = append(d.files, bots.File{Name: eml.FileName(draft), Type: bots.TypeLetter, Data: data})
		}
	}
	d.files = append(d.files, d.r.Answer.Files...)
}

// place returns where the reply is shown: where it was asked, or for what only the
// person may read, in the personal chat.
func (d *delivery) place(ctx context.Context) (ref, error) {
	if !d.r.Answer.Private || d.asked.Type == personal {
		return d.asked, nil
	}
	if !d.c.cfg.Allows(d.r.To.Person) {
		if d.r.Answer.Notice.Plain { // that they may not use the bot
			return d.asked, nil
		}
		return ref{}, &bots.Refusal{Err: errors.New("teams: a private answer to somebody who may not use the bot any more")}
	}
	chat, err := d.c.chatWith(ctx, d.s, d.asked)
	if _, final := errors.AsType[*bots.Refusal](err); final {
		// The app is not installed for that person: only they can do it.
		d.r.Answer = bots.Answer{Text: textInstall, Notice: bots.Notice{Plain: true}}
		return d.asked, nil
	}
	return chat, err
}

// chatWith returns the personal chat with a person.
func (c *Connector) chatWith(ctx context.Context, s bots.State, r ref) (ref, error) {
	if r.Type == personal {
		return r, nil
	}
	key := keyDirect + hash(r.Person)
	known, err := s.Get(ctx, key)
	if err != nil {
		return ref{}, err
	}
	if known != nil {
		return parseRef(string(known))
	}
	chat, err := c.api.personal(ctx, r)
	if err != nil {
		return ref{}, err
	}
	return chat, s.Put(ctx, map[string][]byte{key: []byte(chat.String())}, keepChat)
}

// show shows one part and notes it, before and after.
func (d *delivery) show(ctx context.Context, do func(context.Context) (string, error)) error {
	d.Tried = len(d.Shown) + 1
	if err := d.note(ctx); err != nil {
		return err
	}
	id, err := do(ctx)
	if err != nil {
		if refusal, ok := errors.AsType[*apiError](err); ok && refusal.Status == http.StatusForbidden {
			// The chat may be another one by now: it is looked for anew.
			_ = d.s.Put(ctx, map[string][]byte{keyDirect + hash(d.asked.Person): nil}, 0)
		}
		return err
	}
	d.Shown = append(d.Shown, id)
	return d.note(context.WithoutCancel(ctx))
}

func (d *delivery) note(ctx context.Context) error {
	value, err := json.Marshal(d.sending)
	if err != nil {
		return err
	}
	notes := map[string][]byte{d.key(): value}
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
	return d.c.api.post(ctx, d.Place, a)
}

var (
	textInDirect = bots.Text{DE: "Die Antwort steht in unserem direkten Chat.", EN: "The answer is in our direct chat."}
	textInstall  = bots.Text{
		DE: "Diese Antwort ist nur für Sie, und schreiben kann ich Ihnen noch nicht: Bitte fügen Sie mich in Teams unter „Apps“ hinzu und fragen Sie mich dann noch einmal.",
		EN: "This answer is for you alone, and I cannot write to you yet: please add me in Teams under “Apps”, then ask me again."}
)

// Forget implements [bots.Forgetter]: files that were offered are deleted.
func (c *Connector) Forget(ctx context.Context, s bots.State, room string) error {
	return c.forgetOffers(ctx, s, room)
}
