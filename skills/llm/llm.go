// Package llm asks language models: OpenAI-compatible servers and Azure OpenAI.
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
	// core tries again later) or a *bots.Refusal (the prompt itself is refused).
	Complete(ctx context.Context, p Prompt) (Completion, error)

	// Budget returns how many tokens a prompt and its answer may have together.
	Budget() int
}

// A Prompt is what a model is given.
type Prompt struct {
	System      string  // instructions
	Turns       []Turn  // ends with the turn to answer
	MaxTokens   int     // of the answer; zero: a quarter of the budget
	Temperature float32 // zero is sent as zero
	JSON        bool    // the answer must be one JSON object
	// OnText, if set, is called with the answer so far as it grows, from one
	// goroutine. It may begin anew when another model has to answer.
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
}

// Choose is how skills get a model: For returns the models that may see a
// class, as one Model, or nil if there is none. Then the built-in engine works.
type Choose interface {
	For(c bots.Class) Model
}
