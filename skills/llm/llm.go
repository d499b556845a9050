// Package llm asks language models: OpenAI-compatible servers (vLLM, llama.cpp,
// Ollama, LiteLLM, the great providers) and Azure OpenAI.
//
//	skill ──Prompt──▶ Bot.For(class) ──▶ chain ──▶ client ──▶ server
//	                                      │          └ slots, breaker, one request
//	                                      └ order, fallback, repeats for up to 30 s
//
// A [Pool] holds one client for each model of the configuration. A [Bot] is what
// one bot may use of it. [Bot.For] cuts that down, once, to the models that may
// see a class of data; whatever happens later, fallback included, happens among
// these. That is the only place where it is decided who sees a text. Some may see it
// only without personal data: between chain and client stands then a wall, which
// replaces it by placeholders and puts it back into the answer (pseudonym.go).
//
// What a client promises:
//
//   - An answer is whole or an error. It always streams, so that a stalled server
//     is noticed, and takes a stream as complete only if a finish_reason came:
//     a connection cut in the middle otherwise looks like the end.
//   - A busy server is left alone for as long as it says (Retry-After), by all
//     requests, not only by the one that was told. Other faults are tried again
//     with growing waits for at most 30 s; longer waiting is the core's.
//   - After five failures in a row the breaker opens: only one request every few
//     seconds is let through until one succeeds. [Pool.Watch] sees to it that one
//     is sent even if nobody asks.
//   - What a server says in an error is looked at and thrown away: it may repeat
//     the prompt. Errors and logs keep a status and a code, no content.
//   - Redirects are not followed: a prompt goes to the configured server or nowhere.
//
// Servers differ in the settings that they take. Those that differ (max_tokens or
// max_completion_tokens, temperature, stream_options, response_format, the system
// role) are learned from the server's 400 and kept in mind while the program runs;
// the names o1, o3, o4 and gpt-5 are known beforehand.
//
// Reasoning models write their thoughts first. A leading <think>…</think> block
// (also [THINK], <thinking>, and one without its opening mark) is cut from the
// answer; thoughts in a field of their own (reasoning_content) are never read.
//
// A model with embedding: true makes vectors of texts, for search ([Embedder]), by the
// same clients: same classes, slots, breaker, repeats. It has no fallback, since vectors
// of two models cannot be compared; what a server sends is refused unless there is a
// vector for each text, of one dimension and not zero.
//
// Built on sashabaranov/go-openai: paths, headers, Azure's ways, types, event
// stream. What it lacks is in transport.go (no timeouts and limits, temperature 0
// is never sent, settings are refused by the model name's prefix) and stream.go
// (a cut stream looks like an end). The official client was judged: it retries on
// its own, which would double our waits, and brings a large generated surface.
// A tokenizer (tiktoken-go) adds 12 MB to the binary and knows only OpenAI's
// vocabularies; tokens are estimated instead, see [Tokens], and the tokenizer
// holds the estimate in the tests.
package llm

import (
	"context"

	"amtsbote/bots"
)

// A Model is a language model, or several of which one answers. Complete may be
// called concurrently.
type Model interface {
	// Complete returns the model's whole answer to a prompt. An answer that was
	// cut on its way is an error, never a short answer. Errors are plain (the
	// core tries again later), ErrTooLong (give it less), ErrNotJSON, or a *bots.Refusal
	// (the prompt itself is refused). They hold no content.
	Complete(ctx context.Context, p Prompt) (Completion, error)

	// Budget returns how many tokens a prompt and its answer may have together,
	// as Tokens counts. It is that of the model that would be asked now: it may
	// be smaller while another one is down.
	Budget() int
	// Slots returns how many requests the model takes at once; more of them stand
	// in line. Like Budget it is that of the model that would be asked now.
	Slots() int
}

// A Prompt is what a model is given.
type Prompt struct {
	System      string  // instructions
	Turns       []Turn  // ends with the turn to answer
	MaxTokens   int     // of the answer; zero: a quarter of the budget
	Temperature float32 // zero is sent as zero
	// JSON asks for one JSON object; an answer that is none is ErrNotJSON. The
	// instructions must say so too: OpenAI refuses them without the word "JSON".
	JSON bool
	// OnText, if set, is called with the answer so far as it grows, from one
	// goroutine. It may begin anew when the answer has to be asked for again.
	OnText func(soFar string)
}

// A Turn is one message of a prompt.
type Turn struct {
	Assistant bool
	Text      string
}

// A Completion is a model's answer.
type Completion struct {
	Text    string
	Model   string // its name, as people see it
	Place   string // where it runs, as people see it
	In, Out int    // tokens as the server counted them; zero if it did not say
	Cut     bool   // the model stopped at MaxTokens
	// Replaced says which personal data the model did not see, by kinds and numbers
	// ("3 Namen, 1 Anschrift"), of all that For's Model was asked; zero: it sees all.
	Replaced bots.Text
}

// Choose is how skills get a model: For returns the models that may see a
// class, as one Model, or nil if there is none. Then the built-in engine works.
type Choose interface {
	For(c bots.Class) Model
}
