package llmtest_test

import (
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// TestNotLinked keeps this package out of the program.
func TestNotLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "amtsbote/cmd/amtsbote").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"amtsbote/skills/llm/llmtest", "testing"} {
		if strings.Contains("\n"+string(out), "\n"+name+"\n") {
			t.Errorf("%s is linked into amtsbote", name)
		}
	}
}

// TestStrict sends what real servers refuse.
func TestStrict(t *testing.T) {
	const good = `{"model":"m","messages":[{"role":"user","content":"a"}]}`
	tests := map[string]struct {
		opt    llmtest.Options
		path   string // default /chat/completions
		body   string // default good
		status int
	}{
		"a good request":               {status: 200},
		"no JSON":                      {body: `{"model":`, status: 400},
		"a setting twice":              {body: `{"model":"m","model":"m","messages":[{"role":"user","content":"a"}]}`, status: 400},
		"no messages":                  {body: `{"model":"m","messages":[]}`, status: 400},
		"an unknown role":              {body: `{"model":"m","messages":[{"role":"boss","content":"a"}]}`, status: 400},
		"an empty message":             {body: `{"model":"m","messages":[{"role":"user","content":""}]}`, status: 400},
		"two turns of one side":        {body: `{"model":"m","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}`, status: 400},
		"JSON without the word":        {body: `{"model":"m","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_object"}}`, status: 400},
		"a key is wanted":              {opt: llmtest.Options{Key: "k"}, status: 401},
		"another path":                 {path: "/completions", status: 404},
		"another model":                {opt: llmtest.Options{Models: []string{"n"}}, status: 404},
		"azure without an API version": {opt: llmtest.Options{Azure: "d", APIVersion: "2024-10-21"}, path: "/openai/deployments/d/chat/completions", status: 404},
		"azure":                        {opt: llmtest.Options{Azure: "d", APIVersion: "2024-10-21"}, path: "/openai/deployments/d/chat/completions?api-version=2024-10-21", status: 200},
		"o3 with max_tokens":           {opt: llmtest.Options{Reasoning: true}, body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"a"}]}`, status: 400},
		"o3 with a temperature":        {opt: llmtest.Options{Reasoning: true}, body: `{"model":"m","temperature":0,"messages":[{"role":"user","content":"a"}]}`, status: 400},
		"too long":                     {opt: llmtest.Options{Context: 5}, status: 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := llmtest.NewServer(t, test.opt)
			path, body := test.path, test.body
			if path == "" {
				path = "/chat/completions"
			}
			if body == "" {
				body = good
			}
			resp, err := http.Post(s.URL+path, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != test.status {
				t.Errorf("got %d: %s", resp.StatusCode, text)
			}
		})
	}
}

func TestScript(t *testing.T) {
	m := llmtest.Script("eins", "zwei")
	m.Tokens, m.Class = 100, bots.Internal
	ask := func(text string) (string, error) {
		c, err := m.For(bots.Internal).Complete(t.Context(), llm.Prompt{Turns: []llm.Turn{{Text: text}}, MaxTokens: 10})
		return c.Text, err
	}
	for i, want := range []string{"eins", "zwei", "zwei"} {
		if got, err := ask("a"); got != want || err != nil {
			t.Errorf("answer %d: got %q, %v", i, got, err)
		}
	}
	if _, err := ask(strings.Repeat("lang ", 100)); !errors.Is(err, llm.ErrTooLong) {
		t.Errorf("a prompt that does not fit: %v", err)
	}
	if m.For(bots.Confidential) != nil {
		t.Error("it sees what is above its class")
	}
	if n := len(m.Prompts()); n != 4 {
		t.Errorf("%d prompts", n)
	}
}
