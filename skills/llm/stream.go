package llm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"time"

	"github.com/sashabaranov/go-openai"
)

// finished are the finish reasons that mean an end of the answer's own. All
// others, such as "error" and "abort", are failures.
var finished = map[openai.FinishReason]bool{
	openai.FinishReasonStop:   true,
	openai.FinishReasonLength: true,
	"eos":                     true,
	"eos_token":               true,
	"end_turn":                true,
	"stop_sequence":           true,
}

// ask sends one request and returns the whole answer, or a *failure, or the error
// of a ctx that is done.
func (c *client) ask(ctx context.Context, p Prompt, q quirks) (Completion, error) {
	limit, cancel := context.WithTimeoutCause(ctx, c.Timeout, errSlow)
	defer cancel()
	w := newWatch(limit, c.FirstByte)
	defer w.stop()
	req, set := c.request(p, q)
	k := &call{http: c.http, settings: set, watch: w}
	lib := c.lib
	lib.HTTPClient = k

	stream, err := openai.NewClientWithConfig(lib).CreateChatCompletionStream(w.ctx, req)
	if err != nil {
		return Completion{}, c.failed(ctx, w.ctx, err)
	}
	defer stream.Close()
	r := reader{onText: p.OnText, watch: w, stall: c.Stall}
	if err := r.read(stream); err != nil {
		return Completion{}, c.failed(ctx, w.ctx, err)
	}
	k.body.drain()
	done, err := r.completion(p)
	if err != nil {
		return Completion{}, c.failed(ctx, w.ctx, err)
	}
	done.Model, done.Place = c.Name, c.Place
	return done, nil
}

// lastWords is how long the count of tokens may take to come after the answer.
const lastWords = 2 * time.Second

// A reader takes an answer out of a stream.
type reader struct {
	onText func(string)
	watch  *watch
	stall  time.Duration
	answer answer
	reason openai.FinishReason
	usage  openai.Usage
	denied bool // the model used the field for refusals
}

func (r *reader) read(stream *openai.ChatCompletionStream) error {
	for {
		chunk, err := stream.Recv()
		if err != nil {
			if r.reason != "" {
				return nil // the answer is whole; only the count of tokens may lack
			}
			if errors.Is(err, io.EOF) {
				return &failure{kind: again, code: "cut"}
			}
			return err
		}
		r.take(chunk)
		if r.reason != "" {
			r.watch.writing(lastWords)
		}
	}
}

func (r *reader) take(chunk openai.ChatCompletionStreamResponse) {
	if chunk.Usage != nil {
		r.usage = *chunk.Usage
	}
	for _, choice := range chunk.Choices {
		if choice.Index != 0 {
			continue
		}
		if choice.Delta.Refusal != "" {
			r.denied = true
		}
		if choice.Delta.Content != "" || choice.Delta.ReasoningContent != "" {
			r.watch.writing(r.stall)
		}
		if choice.Delta.Content != "" && r.answer.add(choice.Delta.Content) && r.onText != nil {
			r.onText(r.answer.text())
		}
		if choice.FinishReason != "" && choice.FinishReason != openai.FinishReasonNull {
			r.reason = choice.FinishReason
		}
	}
}

// completion judges what came.
func (r *reader) completion(p Prompt) (Completion, error) {
	done := Completion{
		Text: r.answer.whole(),
		In:   r.usage.PromptTokens,
		Out:  r.usage.CompletionTokens,
		Cut:  r.reason == openai.FinishReasonLength,
	}
	switch {
	case r.reason == openai.FinishReasonContentFilter, r.denied:
		return Completion{}, &failure{kind: filter, code: "content_filter"}
	case !finished[r.reason]:
		return Completion{}, &failure{kind: again, code: "not finished"}
	case done.Text == "" && done.Cut:
		return Completion{}, &failure{kind: bad, code: "all tokens used for thoughts (see thinking)"}
	case done.Text == "":
		return Completion{}, &failure{kind: again, code: "empty answer"}
	case p.JSON:
		text, ok := object(done.Text)
		if !ok && !done.Cut {
			return Completion{}, &failure{kind: bad, code: notJSON}
		}
		if ok {
			done.Text = text
		}
	}
	return done, nil
}

var errSlow = errors.New("took too long")

// failed turns an error of the library into one of ours, which holds no content.
// ctx is the caller's, inner the request's own with its limits.
func (c *client) failed(ctx, inner context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f, ok := errors.AsType[*failure](err)
	if cause := context.Cause(inner); cause != nil {
		f = &failure{kind: again, code: cause.Error()}
	} else if !ok {
		f = unlike(err)
	}
	f.model = c.Name
	return f
}

// unlike judges errors that are not ours.
func unlike(err error) *failure {
	if e, ok := errors.AsType[*openai.APIError](err); ok { // an error event in the stream
		body, _ := json.Marshal(map[string]any{"code": e.Code, "type": e.Type, "message": e.Message})
		return judge(0, nil, body)
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &failure{kind: again, code: "garbage"}
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &failure{kind: again, code: "garbage"}
	}
	if errors.Is(err, errHuge) {
		return &failure{kind: bad, code: errHuge.Error()}
	}
	return network(err)
}

// library returns the library's configuration for a model.
func library(c Config) openai.ClientConfig {
	if c.Kind != Azure {
		lib := openai.DefaultConfig(c.Key.Reveal())
		lib.BaseURL = c.URL
		lib.EmptyMessagesLimit = math.MaxInt32 // maxStream is the limit; keep-alives are no fault
		return lib
	}
	lib := openai.DefaultAzureConfig(c.Key.Reveal(), c.URL)
	lib.EmptyMessagesLimit = math.MaxInt32
	lib.APIVersion = c.APIVersion
	lib.AzureModelMapperFunc = func(deployment string) string { return deployment }
	if c.azureV1() {
		// The path without deployments: like OpenAI's, with Azure's header.
		lib.APIType = openai.APITypeCloudflareAzure
	}
	return lib
}
