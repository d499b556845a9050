package teams

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
)

// bodyTime is how long a request may take to arrive: what comes before its token was
// looked at, which is not read by the connector, and what comes after.
const bodyTime = 10 * time.Second

// Path is where the connector is to be mounted, such as "/teams/".
func (c *Connector) Path() string { return "/" + c.cfg.Name + "/" }

// ServeHTTP implements [http.Handler]: the messaging endpoint is Path + "messages".
//
//	200  kept, or nothing to do; with a body where an invoke wants one
//	400  not an activity                413  larger than 512 KB
//	401  no token, or not Bot Connector's
//	403  a token that does not allow this activity
//	501  an invoke that the bot does not know
//	503  cannot be kept, or the keys cannot be had: send it again
func (c *Connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// The server reads what a handler leaves, to use the connection again. Whoever
	// sends it slowly, or not at all, would keep the connection.
	limitBody(w)
	if r.URL.Path != c.Path()+"messages" {
		c.reply(w, http.StatusNotFound)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead: // Microsoft looks whether it is there
		c.reply(w, http.StatusOK)
	case http.MethodPost:
		c.hear(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		c.reply(w, http.StatusMethodNotAllowed)
	}
}

// reply answers a request without saying more.
func (c *Connector) reply(w http.ResponseWriter, status int) {
	c.figures.requests.WithLabelValues(http.StatusText(status)).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if status >= 400 && status != http.StatusNotImplemented {
		w.Header().Set("Connection", "close") // whoever it is, nothing more is read
	}
	w.WriteHeader(status)
}

// hear takes an activity.
func (c *Connector) hear(w http.ResponseWriter, r *http.Request) {
	tokens := r.Header.Values("Authorization")
	if len(tokens) != 1 {
		c.deny(w, errToken)
		return
	}
	g, err := c.verify.check(r.Context(), tokens[0])
	if err != nil {
		c.deny(w, err)
		return
	}
	limitBody(w) // the keys may have taken as long
	a, err := decode(r.Body)
	switch {
	case errors.Is(err, errTooBig):
		c.reply(w, http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		c.log.Warn("request is no activity", "err", err)
		c.reply(w, http.StatusBadRequest)
		return
	}
	if err := g.covers(a); err != nil {
		c.log.Warn("activity refused", "id", bots.LogID(a.ID), "err", err)
		c.deny(w, err)
		return
	}
	c.handle(w, r, a)
}

// limitBody limits how long a request may take to arrive, from now on.
func limitBody(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // a recorder in tests has none
}

// deny refuses a request whose token is not right.
func (c *Connector) deny(w http.ResponseWriter, err error) {
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, errForbidden):
		status = http.StatusForbidden
	case errors.Is(err, errKeys): // which the key set has logged, once for each outage
		status = http.StatusServiceUnavailable
	}
	c.reply(w, status)
}

// handle does what an activity wants.
func (c *Connector) handle(w http.ResponseWriter, r *http.Request, a *activity) {
	if a.Type == schema.Invoke {
		c.invoke(w, r, a)
		return
	}
	for _, m := range c.messages(a) {
		if err := c.take(r.Context(), m); err != nil {
			c.log.Error("activity not kept", "id", bots.LogID(a.ID), "err", err)
			c.reply(w, http.StatusServiceUnavailable)
			return
		}
	}
	c.log.Debug("activity", "id", bots.LogID(a.ID), "type", known(a.Type))
	c.reply(w, http.StatusOK)
}

// known returns a type for the log, in which nothing that others write belongs.
func known(t schema.ActivityTypes) string {
	switch t {
	case schema.Message, schema.MessageUpdate, schema.MessageDelete, schema.MsgReaction, schema.ConversationUpdate, schema.InstallationUpdate, schema.Invoke, schema.Typing:
		return string(t)
	}
	return "other"
}

// invoke answers an invoke, which waits for it:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/request-receive-messages
func (c *Connector) invoke(w http.ResponseWriter, r *http.Request, a *activity) {
	s, n := c.intake.get()
	switch {
	case s == nil, a.Name == invokeConsent && n == nil: // what follows a button is done by a run
		c.reply(w, http.StatusServiceUnavailable)
	case a.Name == "message/submitAction":
		if m, ok := c.feedback(a); ok {
			if err := c.take(r.Context(), m); err != nil {
				c.log.Error("feedback not kept", "id", bots.LogID(a.ID), "err", err)
				c.reply(w, http.StatusServiceUnavailable)
				return
			}
		}
		c.replyJSON(w, http.StatusOK, struct{}{})
	case a.Name == invokeConsent:
		c.button(w, r, s, a)
	default:
		c.log.Debug("unknown invoke", "id", bots.LogID(a.ID))
		c.reply(w, http.StatusNotImplemented)
	}
}

// button answers the button of a file that was offered. Who may not use the bot any
// more gets nothing of it.
func (c *Connector) button(w http.ResponseWriter, r *http.Request, s bots.State, a *activity) {
	ctx, cancel := context.WithTimeout(r.Context(), bodyTime)
	defer cancel()
	who, err := c.person(ctx, s, a.ref())
	switch {
	case err != nil:
		c.log.Warn("an offer cannot be looked at", "id", bots.LogID(a.ID), "err", err)
		c.reply(w, http.StatusServiceUnavailable)
		return
	case !c.cfg.Allows(who):
		c.reply(w, http.StatusForbidden)
		return
	}
	status, body, after := c.consent(ctx, s, a)
	c.replyJSON(w, status, body)
	if after != nil {
		c.background(after)
	}
}

func (c *Connector) replyJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		c.reply(w, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	c.reply(w, status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
