package llmtest

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// refuse returns the reply of a real server to a request that it would not take;
// Status 0 if it would. The wording is that of OpenAI, Azure and vLLM.
func (s *Server) refuse(r *http.Request, req Request, raw map[string]json.RawMessage, flying int) Reply {
	if re := s.refuseAccess(r); re.Status != 0 || r.Method == http.MethodGet {
		return re
	}
	if s.opt.MaxFlying > 0 && flying > s.opt.MaxFlying {
		return Reply{Status: http.StatusTooManyRequests, Code: "rate_limit_exceeded", RetryAfter: "1"}
	}
	if raw == nil || twice(req.Body) {
		return invalid("", "We could not parse the JSON body of your request.")
	}
	if len(s.opt.Models) > 0 && !slices.Contains(s.opt.Models, req.Model) {
		return Reply{Status: http.StatusNotFound, Code: "model_not_found", Message: fmt.Sprintf("The model `%s` does not exist.", req.Model)}
	}
	if isEmbedding(req) {
		return s.refuseInput(req, raw)
	}
	if re := refuseMessages(req); re.Status != 0 {
		return re
	}
	return s.refuseSettings(req, raw)
}

func (s *Server) refuseAccess(r *http.Request) Reply {
	base := "/v1"
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if s.opt.Azure != "" {
		key = r.Header.Get("api-key")
		base = "/openai/v1"
		if s.opt.APIVersion != "" {
			base = "/openai/deployments/" + s.opt.Azure
		}
		if got := r.URL.Query().Get("api-version"); got != s.opt.APIVersion {
			return Reply{Status: http.StatusNotFound, Code: "404", Message: "Resource not found"}
		}
	}
	if s.opt.Key != "" && key != s.opt.Key {
		return Reply{Status: http.StatusUnauthorized, Code: "invalid_api_key", Message: "Incorrect API key provided."}
	}
	switch r.Method + " " + r.URL.Path {
	case "POST " + base + "/chat/completions", "POST " + base + "/embeddings", "GET /v1/models":
		return Reply{}
	}
	return Reply{Status: http.StatusNotFound, Code: "DeploymentNotFound", Message: "The API deployment for this resource does not exist."}
}

func refuseMessages(req Request) Reply {
	if len(req.Messages) == 0 {
		return invalid("messages", "[] is too short - 'messages'")
	}
	for i, m := range req.Messages {
		switch {
		case m.Role != "system" && m.Role != "user" && m.Role != "assistant":
			return invalid("messages", fmt.Sprintf("'%s' is not one of ['system', 'assistant', 'user']", m.Role))
		case m.Text == "":
			return invalid("messages", "content must not be empty")
		case m.Role == "system" && i > 0, i > 0 && m.Role == req.Messages[i-1].Role:
			return invalid("", "Conversation roles must alternate user/assistant/user/assistant/...")
		}
	}
	return Reply{}
}

func (s *Server) refuseSettings(req Request, raw map[string]json.RawMessage) Reply {
	if s.opt.Reasoning {
		if _, ok := raw["max_tokens"]; ok {
			return unsupported("max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
		}
		if req.Heat != nil && *req.Heat != 1 {
			re := unsupported("temperature", "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.")
			re.Code = "unsupported_value"
			return re
		}
	}
	for _, name := range s.opt.Without {
		if name == "system" && req.Messages[0].Role == "system" {
			return invalid("", "System role not supported")
		}
		if _, ok := raw[name]; ok {
			return invalid("", fmt.Sprintf("Unrecognized request argument supplied: '%s'", name))
		}
	}
	if n := len(req.Body)/4 + req.MaxTokens; s.opt.Context > 0 && n > s.opt.Context {
		return Reply{Status: http.StatusBadRequest, Code: "context_length_exceeded", Param: "messages",
			Message: fmt.Sprintf("This model's maximum context length is %d tokens. However, you requested %d tokens.", s.opt.Context, n)}
	}
	asked := func(m Message) bool { return strings.Contains(strings.ToLower(m.Text), "json") }
	if req.JSON && !slices.ContainsFunc(req.Messages, asked) {
		return invalid("messages", "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
	}
	return Reply{}
}

func invalid(param, message string) Reply {
	return Reply{Status: http.StatusBadRequest, Param: param, Message: message}
}

func unsupported(param, message string) Reply {
	return Reply{Status: http.StatusBadRequest, Code: "unsupported_parameter", Param: param, Message: message}
}

func certificate(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}
