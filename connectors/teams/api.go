package teams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// api is Bot Connector's REST API, as the bot uses it:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
type api struct {
	cfg    Config
	tokens *tokens
	client *http.Client
	log    *slog.Logger
}

func newAPI(cfg Config, t *tokens, client *http.Client, log *slog.Logger) *api {
	return &api{cfg, t, client, log}
}

// An apiError is what a server of Microsoft's answered instead of doing it.
type apiError struct {
	What   string // such as "post"
	Status int
	Code   string // Microsoft's, such as BotNotInConversationRoster
}

func (e *apiError) Error() string { return fmt.Sprintf("teams: %s: %d %s", e.What, e.Status, e.Code) }

// post shows an activity in the conversation of r, in its thread if it has one, and
// returns its ID. It keeps the pace that Teams allows and repeats what is safe to
// repeat.
func (p *api) post(ctx context.Context, r ref, a *activity) (id string, err error) {
	return "", errors.New("TODO(helper B)")
}

// replace replaces an activity that the bot sent.
func (p *api) replace(ctx context.Context, r ref, id string, a *activity) error {
	return errors.New("TODO(helper B)")
}

// remove deletes an activity that the bot sent.
func (p *api) remove(ctx context.Context, r ref, id string) error {
	return errors.New("TODO(helper B)")
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

// member looks a person up in the roster of the conversation of r, by account ID
// or object ID. An *apiError of status 404 says that the person is not in it.
func (p *api) member(ctx context.Context, r ref, who string) (member, error) {
	return member{}, errors.New("TODO(helper B)")
}

// personal returns the personal chat of the bot with r.Person, opened if there was
// none.
func (p *api) personal(ctx context.Context, r ref) (ref, error) {
	return ref{}, errors.New("TODO(helper B)")
}

// fetch gets what lies at Bot Connector itself, such as an inline image, with the
// bot's token. The caller closes the body. address must be on a host of services.
func (p *api) fetch(ctx context.Context, address string) (*http.Response, error) {
	return nil, errors.New("TODO(helper B)")
}
