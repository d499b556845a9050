package teams

import (
	"context"
	"errors"
	"net/http"

	"amtsbote/bots"
)

var textInstall = bots.Text{
	DE: "Diese Antwort ist nur für Sie, und schreiben kann ich Ihnen noch nicht: Bitte fügen Sie mich in Teams unter „Apps“ hinzu und fragen Sie mich dann noch einmal.",
	EN: "This answer is for you alone, and I cannot write to you yet: please add me in Teams under “Apps”, then ask me again."}

// install takes the place of a private answer to somebody who has not installed the
// app: only they can do it.
var install = bots.Answer{Text: textInstall, Notice: bots.Notice{Plain: true}}

// place returns where the reply is shown: where it was asked, or for what only the
// person may read, in the personal chat.
func (d *delivery) place(ctx context.Context) (ref, error) {
	if !d.r.Answer.Private || d.asked.Type == personal || !d.c.cfg.Allows(d.r.To.Person) {
		return d.asked, nil // the last: that they may not use the bot, see prepare
	}
	chat, err := d.chat(ctx)
	if _, final := errors.AsType[*bots.Refusal](err); final {
		d.Install, d.r.Answer = true, install
		return d.asked, nil
	}
	return chat, err
}

// chat returns the personal chat with the person who asked.
func (d *delivery) chat(ctx context.Context) (ref, error) {
	key := keyDirect + hash(d.asked.Person)
	known, err := d.s.Get(ctx, key)
	if err != nil {
		return ref{}, err
	}
	if r, err := parseRef(string(known)); err == nil {
		return r, nil
	}
	d.fresh = true
	chat, err := d.c.api.personal(ctx, d.asked)
	if err != nil {
		return ref{}, err
	}
	return chat, d.s.Put(ctx, map[string][]byte{key: []byte(chat.String())}, keepChat)
}

// shut reports whether a conversation takes nothing from the bot: the person has
// removed or blocked it there, or it is another one by now.
func shut(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound)
}

// move goes on elsewhere where the personal chat is shut: in the one of now, or
// where it was asked, with what the person can do. Nothing is shown yet.
func (d *delivery) move(ctx context.Context) error {
	if err := d.s.Put(ctx, map[string][]byte{keyDirect + hash(d.asked.Person): nil}, 0); err != nil {
		return err
	}
	if d.fresh {
		d.Place, d.Install, d.r.Answer = d.asked, true, install
	} else if place, err := d.place(ctx); err != nil {
		return err
	} else {
		d.Place = place
	}
	d.cut()
	return nil
}
