package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"amtsbote/bots"
)

// checkLimit bounds how long Check waits for one model. A model that has to be
// loaded first takes its time.
const checkLimit = 2 * time.Minute

// Check asks each model for a word, and its server what it serves, all models at
// once. An error names the cure. Breakers and slots are not touched.
func (p *Pool) Check(ctx context.Context) []bots.CheckResult {
	results := make([][]bots.CheckResult, len(p.clients))
	var all sync.WaitGroup
	for i, c := range p.clients {
		all.Go(func() { results[i] = c.check(ctx) })
	}
	all.Wait()
	return slices.Concat(results...)
}

func (c *client) check(ctx context.Context) []bots.CheckResult {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	what := fmt.Sprintf("model %q", c.Name)
	served := c.served(ctx)
	err := c.tryOnce(ctx)
	f, ok := errors.AsType[*failure](err)
	switch {
	case err == nil || ok && f.kind == bad && f.status == 0 && !c.Embedding:
		// Answered, if only with thoughts.
	case ok:
		cure := c.cure(f)
		if names := offers(served); f.status == http.StatusNotFound && names != "" {
			cure += "; the server offers " + names
		}
		return []bots.CheckResult{{What: what, Err: fmt.Errorf("%w; %s", f, cure)}}
	default:
		return []bots.CheckResult{{What: what, Err: fmt.Errorf("llm: %s: %w", c.Name, err)}}
	}
	results := []bots.CheckResult{{What: what}}
	warn := func(format string, args ...any) {
		results = append(results, bots.CheckResult{What: what, Warn: true, Err: fmt.Errorf(format, args...)})
	}
	for _, m := range served {
		if m.ID == c.model() && m.MaxLen > 0 && m.MaxLen < c.Context {
			warn("context: %d is more than the %d tokens that the server allows; set context: %d", c.Context, m.MaxLen, m.MaxLen)
		}
	}
	if c.Pseudonymise != "" {
		warn("pseudonymise: texts up to %s go to %s once personal data is replaced, as far as it is recognised: some names are not; see \"Pseudonymisieren\" in docs/betrieb.md, and have the data protection officer agree", c.Pseudonymise, c.Place)
	}
	if c.PlainHTTP {
		warn("plain_http: what people write is readable on the way to %s; use https if the way is not your own", c.URL)
	}
	return results
}

// tryOnce asks the model for a word or a vector, past slots and breaker.
func (c *client) tryOnce(ctx context.Context) error {
	if c.Embedding {
		_, err := c.ping(ctx)
		return err
	}
	p := ping
	p.MaxTokens += 1024 // a reasoning model that nobody has declared thinks before it says ok
	_, err := c.adapt(ctx, p)
	return err
}

// cure says what to do about a failure.
func (c *client) cure(f *failure) string {
	name := "model"
	if c.Kind == Azure {
		name = "deployment"
	}
	switch {
	case f.status == http.StatusUnauthorized && c.Key.IsZero():
		return "the server wants a key: set key to env:NAME or file:/path"
	case f.status == http.StatusUnauthorized:
		return "the key is wrong or expired: check what key points to"
	case f.status == http.StatusForbidden:
		return fmt.Sprintf("the key is not allowed to use this: check its rights, %s and, at a provider, the addresses it lets in", name)
	case f.status == http.StatusNotFound && c.Kind == Azure:
		return "there is nothing: check deployment, api_version and url"
	case f.status == http.StatusNotFound:
		return "there is nothing: check model, and whether url ends in /v1 as most servers want it"
	case f.status == http.StatusProxyAuthRequired:
		return "the proxy wants a password: check proxy, or set it to none"
	case f.status == http.StatusPaymentRequired, f.status == http.StatusTooManyRequests && f.kind == denied:
		return "the quota is used up: see the provider's account"
	case f.status/100 == 3:
		return "the server sends us elsewhere, which we do not follow: put the final address into url"
	case f.code == "certificate not trusted":
		return "if it is the house's own: set ca to a PEM file of its authority"
	case f.code == "certificate is for another name":
		return "use the name that stands in the certificate in url"
	case f.code == "no tls on this port":
		return "the server speaks plain http: check the port, or see plain_http"
	case f.code == otherWidth:
		return "the server's model has another number of dimensions than configured or than before: set dimensions, or rebuild the collections (amtsbote knowledge rebuild)"
	case f.code == badVectors:
		return "the server's answer has no usable vectors: check that model is one for embeddings"
	case f.code == "not json":
		return "the server does not know /embeddings, or url is not that of an OpenAI-compatible interface"
	case f.code == "not an event stream":
		return "the server does not stream, or url is not that of an OpenAI-compatible interface"
	case f.kind == long:
		return "the server runs the model with less context than configured"
	case f.code == "connection refused", f.code == "cannot connect", f.code == "name not found":
		return "nothing answers there: check url, whether the server runs, and proxy"
	case f.kind == busy:
		return "the server is busy: it would be asked again later"
	}
	return "see the server's own log"
}

// served is a model as the server lists it.
type served struct {
	ID     string `json:"id"`
	MaxLen int    `json:"max_model_len"` // of vLLM
}

// served returns what the server offers. It is only a help: many servers do not
// say, and then there is nothing. The library would drop the length.
func (c *client) served(ctx context.Context) []served {
	if c.Kind == Azure {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.URL, "/")+"/models", nil)
	if err != nil {
		return nil
	}
	if !c.Key.IsZero() {
		req.Header.Set("Authorization", "Bearer "+c.Key.Reveal())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var list struct {
		Data []served `json:"data"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&list) != nil {
		return nil
	}
	return list.Data
}

// offers names some of what a server offers.
func offers(list []served) string {
	var names []string
	for _, m := range list[:min(len(list), 5)] {
		if len(m.ID) < 80 {
			names = append(names, m.ID)
		}
	}
	return strings.Join(names, ", ")
}
