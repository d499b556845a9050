package teams

import (
	"context"
	"errors"
	"net/http"
)

// A verifier says whether requests come from Bot Connector.
type verifier struct {
	cfg    Config
	client *http.Client
}

func newVerifier(cfg Config, client *http.Client) *verifier { return &verifier{cfg, client} }

// A grant is what a token that is right allows.
type grant struct {
	service      string   // the claim serviceurl
	endorsements []string // channels that the signing key may speak for
}

// errToken is the error of a token that is not right, or of none: 401.
var errToken = errors.New("teams: token")

// check checks the Authorization header of a request.
func (v *verifier) check(ctx context.Context, header string) (*grant, error) {
	return nil, errToken // TODO(helper A)
}

// covers reports why a token does not allow an activity; nil: it does.
func (g *grant) covers(a *activity) error { return errToken }
