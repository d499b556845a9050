package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
)

// A press is what a person did to a consent card: the value of the invoke, and where.
type press struct {
	Action  string       `json:"action"`
	Context offerContext `json:"context"`
	Upload  struct {
		ContentURL string `json:"contentUrl"` // where the file will be, for people
		Name       string `json:"name"`
		UploadURL  string `json:"uploadUrl"` // a credential
		UniqueID   string `json:"uniqueId"`
	} `json:"uploadInfo"`

	meta, content string // prefixes of keys
	card          string // ID of the consent card; "" if it is not known
	at            ref
	locale        string
}

// pressed does what a person wants of an offer. It looks it up itself: it may have
// changed since the request was answered. One press counts; another while it is
// worked on does nothing, and one after it takes the card away.
func (c *Connector) pressed(ctx context.Context, s bots.State, p press) {
	key := p.meta + p.Context.ID
	if !c.uploads.begin(key) {
		return
	}
	defer c.uploads.end(key)
	ctx, cancel := context.WithTimeout(ctx, maxAccept)
	defer cancel()
	o, err := readOffer(ctx, s, key)
	lang := cmp.Or(o.Lang, p.locale)
	switch {
	case err != nil:
		c.failed(ctx, p, textUploadFailed.In(lang), err)
		return
	case o.Person == "":
		c.say(ctx, p, textOfferGone.In(lang))
	case o.Person != p.at.Person:
		return
	case o.Done:
	case p.Action == "decline":
		err = c.settle(ctx, s, p, o)
	default:
		if !c.accepted(ctx, s, p, o) {
			return // the card stays, to be pressed again
		}
	}
	if err != nil {
		c.log.Error("cannot delete a file that was declined", "card", bots.LogID(p.Context.ID), "err", err)
	}
	if p.card == "" {
		return
	}
	if err := c.api.remove(ctx, p.at, p.card); err != nil {
		c.log.Warn("cannot take away the card of an offered file", "card", bots.LogID(p.card), "err", err)
	}
}

// accepted puts a file where the person wants it, and reports whether it did.
func (c *Connector) accepted(ctx context.Context, s bots.State, p press, o offer) bool {
	if !c.fileAddress(p.Upload.UploadURL) || !c.fileAddress(p.Upload.ContentURL) {
		c.failed(ctx, p, textUploadFailed.In(o.Lang), errors.New("teams: upload: to a host that is not in file_hosts"))
		return false
	}
	data, err := offered(ctx, s, p, o)
	if err == nil && data == nil {
		c.say(ctx, p, textOfferGone.In(o.Lang))
		return true
	}
	if err == nil {
		err = c.upload(ctx, p.Upload.UploadURL, data)
	}
	if err != nil {
		text := textUploadFailed
		if errors.Is(err, errDriveFull) {
			text = textDriveFull
		}
		c.failed(ctx, p, text.In(o.Lang), err)
		return false
	}
	if err := c.settle(ctx, s, p, o); err != nil { // it expires
		c.log.Error("cannot delete a file that was given", "card", bots.LogID(p.Context.ID), "err", err)
	}
	if _, err := c.api.post(ctx, p.at, fileCard(p, o)); err != nil {
		c.log.Warn("cannot show a file that was given", "card", bots.LogID(p.Context.ID), "err", err)
	}
	return true
}

// offered returns the content of an offer; nil if it is not whole any more.
func offered(ctx context.Context, s bots.State, p press, o offer) ([]byte, error) {
	var data []byte
	for _, key := range chunks(p.content, p.Context.ID, o.Size) {
		b, err := s.Get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("teams: read offer: %w", err)
		}
		data = append(data, b...)
	}
	if len(data) != o.Size {
		return nil, nil
	}
	return data, nil
}

// settle deletes the content of an offer. That there was one is kept until it would
// have expired: another press of the card, such as on another device, is known then.
func (c *Connector) settle(ctx context.Context, s bots.State, p press, o offer) error {
	values := map[string][]byte{p.meta + p.Context.ID: encode(offer{Person: o.Person, Lang: o.Lang, Time: o.Time, Done: true})}
	for _, key := range chunks(p.content, p.Context.ID, o.Size) {
		values[key] = nil
	}
	return s.Put(context.WithoutCancel(ctx), values, max(time.Minute, offerKeep-time.Since(o.Time)))
}

// fileCard returns the card of a file that is in the person's OneDrive now.
func fileCard(p press, o offer) *activity {
	u := p.Upload
	name := o.Name
	if u.Name != "" { // another one if there was a file of that name
		name = bots.CleanName(u.Name)
	}
	content := map[string]string{"fileType": cmp.Or(strings.TrimPrefix(path.Ext(name), "."), "file")}
	if u.UniqueID != "" && len(u.UniqueID) <= 100 {
		content["uniqueId"] = u.UniqueID
	}
	return &activity{Type: schema.Message, Attachments: []attachment{{ContentType: typeFileCard, ContentURL: u.ContentURL, Name: name, Content: encode(content)}}}
}

// failed logs why an offer was not given, and tells the person.
func (c *Connector) failed(ctx context.Context, p press, text string, err error) {
	c.log.Warn("cannot give an offered file", "card", bots.LogID(p.Context.ID), "err", err)
	c.say(ctx, p, text)
}

// say shows a text where a card was pressed.
func (c *Connector) say(ctx context.Context, p press, text string) {
	// The upload may have used up the time; there is some left to say so.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if _, err := c.api.post(ctx, p.at, &activity{Type: schema.Message, Text: text, TextFormat: schema.PLAIN}); err != nil {
		c.log.Warn("cannot answer the card of an offered file", "card", bots.LogID(p.Context.ID), "err", err)
	}
}
