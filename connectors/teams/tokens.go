package teams

import (
	"context"
	"errors"
	"net/http"
)

// tokens gets the bot's own token for a scope and keeps it until shortly before it
// expires.
type tokens struct {
	cfg    Config
	scope  string
	client *http.Client
}

func newTokens(cfg Config, scope string, client *http.Client) *tokens {
	return &tokens{cfg, scope, client}
}

// get returns a token that is good for some time.
func (t *tokens) get(ctx context.Context) (string, error) { return "", errors.New("TODO(helper B)") }

// reject says that a token was refused (401): it is not given again.
func (t *tokens) reject(token string) {}
