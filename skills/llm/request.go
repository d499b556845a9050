package llm

import (
	"encoding/json"
	"strings"
	"sync/atomic"

	"github.com/sashabaranov/go-openai"
)

// quirks are settings that a server does not take.
type quirks uint32

const (
	noTemperature   quirks = 1 << iota // fixed, as with OpenAI's reasoning models
	noMaxTokens                        // wants max_completion_tokens
	noStreamOptions                    // does not count tokens in a stream
	noFormat                           // does not know response_format
	noSystem                           // wants the instructions in the first turn
)

// reasoning is how OpenAI's reasoning models are known.
const reasoning = noTemperature | noMaxTokens

// guess returns what is known of a model by its name, so that not every start
// costs a refused request. A wrong guess is harmless: it leaves out a setting.
func guess(model string) quirks {
	name := model[strings.LastIndexByte(model, '/')+1:]
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && (rest == "" || rest[0] == '-' || rest[0] == '.') {
			return reasoning
		}
	}
	return 0
}

// unknown says which setting a server's 400 is about.
func unknown(param, words string) quirks {
	words = strings.ToLower(words)
	for _, s := range []struct {
		name string
		q    quirks
	}{
		{"max_tokens", noMaxTokens},
		{"temperature", noTemperature},
		{"stream_options", noStreamOptions},
		{"response_format", noFormat},
	} {
		if param == s.name {
			return s.q
		}
		// Without a param the name must stand in quotes, as servers write it and
		// people hardly do: the message may repeat the prompt.
		for _, quote := range []string{`'`, "`", `\"`, `"`} {
			if param == "" && strings.Contains(words, quote+s.name+quote) {
				return s.q
			}
		}
	}
	if mentions(words, noSystems) {
		return noSystem
	}
	return 0
}

// learned keeps the quirks of a server.
type learned struct{ atomic.Uint32 }

func (l *learned) get() quirks  { return quirks(l.Load()) }
func (l *learned) add(q quirks) { l.Or(uint32(q)) }

// messages returns a prompt as the server takes it. Turns of the same side are
// joined, because chat templates of small models want them to alternate. Only the
// template itself may write its marks: of what people wrote and files say they are
// defused, in whatever turn they stand.
func messages(p Prompt, q quirks) []openai.ChatCompletionMessage {
	ms := make([]openai.ChatCompletionMessage, 0, len(p.Turns)+1)
	add := func(role, text string) {
		if text == "" {
			return
		}
		if n := len(ms); n > 0 && ms[n-1].Role == role {
			ms[n-1].Content += "\n\n" + text
			return
		}
		ms = append(ms, openai.ChatCompletionMessage{Role: role, Content: text})
	}
	if q&noSystem != 0 {
		add(openai.ChatMessageRoleUser, p.System)
	} else {
		add(openai.ChatMessageRoleSystem, p.System)
	}
	for _, t := range p.Turns {
		if t.Assistant {
			add(openai.ChatMessageRoleAssistant, Defuse(t.Text))
		} else {
			add(openai.ChatMessageRoleUser, Defuse(t.Text))
		}
	}
	return ms
}

// settings are written into the request past the library, which never sends a
// temperature of 0 and refuses both by the prefix of the model's name.
type settings struct {
	Temperature         *float32 `json:"temperature,omitempty"`
	MaxTokens           int      `json:"max_tokens,omitempty"`
	MaxCompletionTokens int      `json:"max_completion_tokens,omitempty"`
}

// request returns the two halves of a request.
func (c *client) request(p Prompt, q quirks) (openai.ChatCompletionRequest, settings) {
	r := openai.ChatCompletionRequest{Model: c.model(), Messages: messages(p, q)}
	if q&noStreamOptions == 0 {
		r.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	if p.JSON && q&noFormat == 0 {
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	var s settings
	if q&noTemperature == 0 {
		s.Temperature = &p.Temperature
	}
	if q&noMaxTokens == 0 {
		s.MaxTokens = p.MaxTokens + c.thinking()
	} else {
		s.MaxCompletionTokens = p.MaxTokens + c.thinking()
	}
	return r, s
}

// splice puts settings into an encoded request, which is a JSON object and not empty.
func splice(body []byte, s settings) ([]byte, error) {
	head, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if len(head) <= len("{}") {
		return body, nil
	}
	head[len(head)-1] = ','
	return append(head, body[1:]...), nil
}
