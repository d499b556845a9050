package llm

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestJudge takes the errors of real servers as they were seen, shortened.
func TestJudge(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   kind
		code   string // default: of the status
		learn  quirks
	}{
		"openai, too long":          {400, `{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, long, "context_length_exceeded", 0},
		"vllm, too long":            {400, `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}`, long, "BadRequestError", 0},
		"llama.cpp, too long":       {400, `{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_ctx":4096}}`, long, "exceed_context_size_error", 0},
		"litellm, too long":         {400, `{"error":{"message":"litellm.ContextWindowExceededError: ...","type":null,"param":null,"code":"400"}}`, long, "", 0},
		"mistral, too long":         {400, `{"object":"error","message":"Prompt contains 40000 tokens ... too large for model with 32768 maximum context length","type":"invalid_request_prompt","code":"3051"}`, long, "invalid_request_prompt", 0},
		"a gateway, too long":       {413, `<html>Request Entity Too Large</html>`, long, "request_entity_too_large", 0},
		"azure, filtered":           {400, `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, filter, "content_filter", 0},
		"openai, o3 wants other":    {400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`, quirk, "unsupported_parameter", noMaxTokens},
		"openai, fixed temperature": {400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`, quirk, "unsupported_value", noTemperature},
		"fastapi, unknown setting":  {422, `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}`, quirk, "unprocessable_entity", noStreamOptions},
		"gemma has no system role":  {400, `{"object":"error","message":"System role not supported","type":"BadRequestError","param":null,"code":400}`, quirk, "BadRequestError", noSystem},
		"a prompt about settings":   {400, `{"error":{"message":"cannot parse: Welche temperature braucht der Raum","type":"invalid_request_error"}}`, bad, "invalid_request_error", 0},
		"openai, wrong key":         {401, `{"error":{"message":"Incorrect API key provided: sk-abc***","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, denied, "invalid_api_key", 0},
		"azure, wrong key":          {401, `{"error":{"code":"401","message":"Access denied due to invalid subscription key"}}`, denied, "unauthorized", 0},
		"azure, no deployment":      {404, `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}`, denied, "DeploymentNotFound", 0},
		"ollama, no model":          {404, `{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`, denied, "api_error", 0},
		"an error that is a word":   {500, `{"error":"boom"}`, again, "internal_server_error", 0},
		"openai, no money":          {429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, denied, "insufficient_quota", 0},
		"azure, busy":               {429, `{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded token rate limit"}}`, busy, "too_many_requests", 0},
		"nginx, away":               {502, `<html><h1>502 Bad Gateway</h1></html>`, again, "bad_gateway", 0},
		"a code that is content":    {500, `{"error":{"message":"x","code":"Frau Wieczorek, Rathausplatz 1"}}`, again, "internal_server_error", 0},
		"a body that is cut":        {500, `{"error":{"mess`, again, "internal_server_error", 0},
		"nothing":                   {503, ``, again, "service_unavailable", 0},
		"a stream: overloaded":      {0, `{"message":"Overloaded","type":"overloaded_error"}`, busy, "overloaded_error", 0},
		"a stream: anything":        {0, `{"message":"x"}`, again, "server_error", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := judge(test.status, http.Header{}, []byte(test.body))
			want := test.code
			if want == "" {
				want = "bad_request"
			}
			if f.kind != test.kind || f.code != want || f.learn != test.learn {
				t.Errorf("got kind %v, code %q, learn %b", f.kind, f.code, f.learn)
			}
			if strings.Contains(f.Error(), "Wieczorek") {
				t.Error(f)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		name, value string
		want        time.Duration
	}{
		"seconds":              {"Retry-After", "7", 7 * time.Second},
		"parts of a second":    {"Retry-After", "0.5", 500 * time.Millisecond},
		"a date":               {"Retry-After", "Sun, 22 Nov 2026 03:00:20 GMT", 20 * time.Second},
		"a date that has been": {"Retry-After", "Sun, 22 Nov 2026 02:00:00 GMT", 0},
		"tomorrow":             {"Retry-After", "86400", time.Hour},
		"milliseconds":         {"Retry-After-Ms", "1500", 1500 * time.Millisecond},
		"less than nothing":    {"Retry-After", "-5", 0},
		"not a number":         {"Retry-After", "NaN", 0},
		"without end":          {"Retry-After", "Inf", time.Hour},
		"nonsense":             {"Retry-After", "bald", 0},
		"nothing":              {"X", "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := retryAfter(http.Header{test.name: {test.value}}, now); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// FuzzJudge holds that no word of a server gets into an error but its code.
func FuzzJudge(f *testing.F) {
	f.Add(400, `{"error":{"message":"geheim im Haus","code":"x y"}}`)
	f.Add(200, `[]`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		err := judge(status, http.Header{"Retry-After": {body}}, []byte(body))
		if len(err.Error()) > 120 || strings.ContainsAny(err.code, " \n\"<äöüß") && err.code != "" {
			t.Errorf("%q", err.Error())
		}
	})
}
