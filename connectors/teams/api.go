package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/infracloudio/msbotbuilder-go/schema"

	"amtsbote/bots"
)

// api is Bot Connector's REST API, as the bot uses it:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
//
// Its errors are
//
//   - a *bots.Refusal around an *apiError, if asking again would bring nothing: the bot
//     was removed or blocked, the conversation or the activity is gone, the activity
//     is not one;
//   - errTooLong, if an activity has to be sent in smaller parts;
//   - errAmbiguous, if an activity may be shown although the answer was lost;
//   - errPace, if too much waits for the conversation already;
//   - any other: it was not done, and may be tried again.
type api struct {
	cfg    Config
	tokens *tokens
	client *http.Client
	log    *slog.Logger
	pace   pacer
}

func newAPI(cfg Config, t *tokens, client *http.Client, log *slog.Logger) *api {
	return &api{cfg: cfg, tokens: t, client: client, log: log}
}

// post shows an activity in the conversation of r, in its thread if it has one, and
// returns its ID, which is empty if Teams names none, as it may with signs of typing.
// It keeps the pace that Teams allows, for which it waits up to a minute, and repeats
// what is safe to repeat for up to half a minute. If a.ReplyToID is set, a is posted
// as the answer to that activity.
func (p *api) post(ctx context.Context, r ref, a *activity) (id string, err error) {
	segments := []string{"conversations", r.Conversation, "activities"}
	if a.ReplyToID != "" {
		segments = append(segments, a.ReplyToID)
	}
	q := call{what: "post", method: http.MethodPost, r: r, segments: segments, lane: "write", limits: writing, shows: true}
	return p.write(ctx, q, a)
}

// replace replaces an activity that the bot sent.
func (p *api) replace(ctx context.Context, r ref, id string, a *activity) error {
	q := call{what: "replace", method: http.MethodPut, r: r, segments: []string{"conversations", r.Conversation, "activities", id}, lane: "write", limits: writing}
	_, err := p.write(ctx, q, a)
	return err
}

// remove deletes an activity that the bot sent.
func (p *api) remove(ctx context.Context, r ref, id string) error {
	q := call{what: "remove", method: http.MethodDelete, r: r, segments: []string{"conversations", r.Conversation, "activities", id}, lane: "write", limits: writing}
	_, err := p.do(ctx, q)
	return refusal(err)
}

// write sends an activity and returns the ID that Bot Connector gave it.
func (p *api) write(ctx context.Context, q call, a *activity) (id string, err error) {
	if q.body, err = encodeJSON(a); err != nil {
		return "", fmt.Errorf("teams: %s: %w", q.what, err)
	}
	answer, err := p.do(ctx, q)
	if err != nil {
		return "", refusal(err)
	}
	return idOf(answer), nil
}

// encodeJSON writes JSON as it is sent: < and > as they are, as each byte counts twice
// against the size that Teams allows.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, errors.New("cannot be encoded")
	}
	return b.Bytes(), nil
}

// idOf reads the ID from an answer; "" if there is none that could be one. What was
// taken was taken: an answer that cannot be read is no error.
func idOf(answer []byte) string {
	var got struct{ ID string }
	if json.Unmarshal(answer, &got) != nil || !plainID(got.ID) {
		return ""
	}
	return got.ID
}

// plainID reports whether an ID from outside can be one.
func plainID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// A member is a person as the roster of a conversation has them.
type member struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ObjectID string `json:"aadObjectId"`
	UPN      string `json:"userPrincipalName"`
	Email    string `json:"email"`
	Tenant   string `json:"tenantId"`
	Role     string `json:"userRole"` // user, guest, anonymous
}

var errMember = errors.New("teams: member: the answer is about nobody that was asked for")

// member looks a person up in the roster of the conversation of r, by account ID
// or object ID. An *apiError of status 404 says that the person is not in it; no error
// of this is a *bots.Refusal.
func (p *api) member(ctx context.Context, r ref, who string) (member, error) {
	// A thread has no roster of its own.
	room, _ := root(r.Conversation)
	q := call{what: "member", method: http.MethodGet, r: r, segments: []string{"conversations", room, "members", who}, lane: "read", limits: reading}
	answer, err := p.do(ctx, q)
	if err != nil {
		return member{}, err
	}
	var got struct {
		member
		Object string `json:"objectId"` // an older name of aadObjectId
	}
	if json.Unmarshal(answer, &got) != nil {
		return member{}, errMember
	}
	m := got.member
	if m.ObjectID == "" {
		m.ObjectID = got.Object
	}
	if !plainID(m.ID) || m.ID != who && !strings.EqualFold(m.ObjectID, who) {
		return member{}, errMember
	}
	return m, nil
}

// personal returns the personal chat of the bot with r.Person, opened if there was
// none:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
func (p *api) personal(ctx context.Context, r ref) (ref, error) {
	if r.Type == personal {
		return r, nil
	}
	type tenant struct {
		ID string `json:"id"`
	}
	body, err := encodeJSON(struct {
		Bot         schema.ChannelAccount   `json:"bot"`
		Members     []schema.ChannelAccount `json:"members"`
		Tenant      string                  `json:"tenantId"`
		ChannelData struct {
			Tenant tenant `json:"tenant"`
		} `json:"channelData"`
	}{schema.ChannelAccount{ID: r.Bot}, []schema.ChannelAccount{{ID: r.Person}}, r.Tenant, struct {
		Tenant tenant `json:"tenant"`
	}{tenant{r.Tenant}}})
	if err != nil {
		return ref{}, fmt.Errorf("teams: open personal chat: %w", err)
	}
	q := call{what: "open personal chat", method: http.MethodPost, r: r, segments: []string{"conversations"}, body: body, lane: "create", limits: writing}
	answer, err := p.do(ctx, q)
	if err != nil {
		return ref{}, refusal(err)
	}
	id := idOf(answer)
	if id == "" {
		return ref{}, errors.New("teams: open personal chat: the answer names no conversation")
	}
	return ref{Service: r.Service, Conversation: id, Type: personal, Tenant: r.Tenant, Bot: r.Bot, Person: r.Person}, nil
}

// fetch gets what lies at Bot Connector itself, such as an inline image, with the
// bot's token. The caller closes the body, which is of any size. address must be on a
// host of services; a redirection is an *apiError like any other status but 200.
func (p *api) fetch(ctx context.Context, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || !p.cfg.listed(u, p.cfg.ServiceHosts) {
		return nil, &bots.Refusal{Err: errUnlisted}
	}
	resp, err := p.authorized(ctx, "fetch", func(token string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, errUnlisted
		}
		req.Header.Set("Authorization", "Bearer "+token)
		return p.client.Do(req)
	})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, answered("fetch", resp)
	}
	return resp, nil
}
