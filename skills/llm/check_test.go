package llm_test

import (
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		opt    llmtest.Options
		reply  llmtest.Reply
		change func(*llm.Config)
		err    string // in the first result; empty: works
		warn   string // in the second
	}{
		"it works":                       {reply: llmtest.Reply{Text: "ok"}},
		"a reasoning model works":        {opt: llmtest.Options{Reasoning: true}, reply: llmtest.Reply{Text: "<think>hm", Finish: "length"}},
		"a wrong key":                    {opt: llmtest.Options{Key: "k"}, change: func(c *llm.Config) { c.Key = bots.NewSecret("x") }, err: "the key is wrong or expired"},
		"no key":                         {opt: llmtest.Options{Key: "k"}, err: "the server wants a key: set key"},
		"an unknown model":               {opt: llmtest.Options{Models: []string{"mixtral", "phi"}}, err: "check model, and whether url ends in /v1 as most servers want it; the server offers mixtral, phi"},
		"an unknown deployment":          {opt: llmtest.Options{Azure: "d", APIVersion: "2024-10-21"}, change: func(c *llm.Config) { c.Deployment = "e" }, err: "check deployment, api_version and url"},
		"a wrong API version":            {opt: llmtest.Options{Azure: "d", APIVersion: "2024-10-21"}, change: func(c *llm.Config) { c.APIVersion = "2023-05-15" }, err: "check deployment, api_version and url"},
		"an unknown authority":           {opt: llmtest.Options{TLS: true}, err: "set ca to a PEM file"},
		"plain http on the port":         {change: func(c *llm.Config) { c.URL = strings.Replace(c.URL, "http:", "https:", 1) }, err: "the server speaks plain http"},
		"nobody there":                   {change: func(c *llm.Config) { c.URL = "http://127.0.0.1:1/v1" }, err: "check url, whether the server runs"},
		"elsewhere":                      {reply: llmtest.Reply{Fault: llmtest.Redirect}, err: "put the final address into url"},
		"no stream":                      {reply: llmtest.Reply{Text: "ok", Fault: llmtest.Plain}, err: "does not stream"},
		"no money":                       {reply: llmtest.Reply{Status: 429, Code: "insufficient_quota"}, err: "quota is used up"},
		"busy":                           {reply: llmtest.Reply{Status: 429}, err: "would be asked again later"},
		"less context than configured":   {opt: llmtest.Options{Models: []string{"mistral"}, Context: 4096}, reply: llmtest.Reply{Text: "ok"}, warn: "set context: 4096"},
		"texts without personal data":    {reply: llmtest.Reply{Text: "ok"}, change: func(c *llm.Config) { c.Class, c.Pseudonymise = bots.Public, bots.Internal }, warn: "some names are not"},
		"everybody on the line can read": {reply: llmtest.Reply{Text: "ok"}, change: func(c *llm.Config) { c.PlainHTTP = true }, warn: "plain_http:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := llmtest.NewServer(t, test.opt)
			s.Answer(always(test.reply))
			cfg := config(s, "Mistral")
			if test.opt.Azure != "" {
				cfg.Kind, cfg.Deployment, cfg.APIVersion, cfg.Key = llm.Azure, test.opt.Azure, test.opt.APIVersion, bots.NewSecret("k")
			}
			if test.change != nil {
				test.change(&cfg)
			}
			p := open(t, cfg)
			got := p.Check(t.Context())
			first := got[0]
			switch {
			case first.What != `model "Mistral"` || first.Warn:
				t.Errorf("got %+v", first)
			case test.err == "" && first.Err != nil, test.err != "" && (first.Err == nil || !strings.Contains(first.Err.Error(), test.err)):
				t.Errorf("got %v, want %q", first.Err, test.err)
			case (test.warn != "") != (len(got) == 2):
				t.Errorf("%d results: %v", len(got), got)
			case test.warn != "" && (!got[1].Warn || !strings.Contains(got[1].Err.Error(), test.warn)):
				t.Errorf("got %+v, want %q", got[1], test.warn)
			}
			if h := p.Health()[0]; h.State != llm.Closed || h.Fails != 0 {
				t.Errorf("the check moved the breaker: %+v", h)
			}
		})
	}
}
