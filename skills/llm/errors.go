package llm

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"amtsbote/bots"
)

// ErrTooLong says that a prompt and its answer do not fit into the model. A skill
// gives it less: in parts, see Split.
var ErrTooLong = errors.New("llm: prompt too long for the model")

// ErrNotJSON says that a model gave no JSON object where Prompt.JSON asked for one.
// A skill can say so to the model and ask once more, or do without it.
var ErrNotJSON = errors.New("llm: not a JSON object")

// ErrPersonal says that no model was given a prompt, because those that there are may
// see it only without personal data, which could not be replaced reliably. It comes
// in a *bots.Refusal; a skill that can do without a model does, and says TextPersonal.
var ErrPersonal = errors.New("llm: personal data that cannot be replaced")

// TextPersonal is for people whose answer was made without a model because of
// ErrPersonal.
var TextPersonal = bots.Text{
	DE: "Das Sprachmodell darf diesen Text nur ohne Angaben zu Personen sehen, und diese lassen sich hier nicht verlässlich ersetzen (etwa weil er nicht deutsch oder englisch ist). Die Antwort ist deshalb ohne Sprachmodell entstanden.",
	EN: "The language model may see this text only without personal data, which cannot be replaced reliably here (for instance because it is neither German nor English). Therefore the answer was made without a language model.",
}

const notJSON = "not a JSON object"

// kind says what follows from a failure.
type kind int

const (
	again  kind = iota // the server is at fault: counts for the breaker, tried again
	busy               // alive but overloaded: tried again after its time
	shut               // nothing was sent: the breaker is open or the server asked for a pause
	denied             // key, model name or address are wrong: counts, a person must act
	bad                // the request was refused for no reason we know: not repeated at once
	long               // ErrTooLong
	filter             // content rules of the provider
	unsafe             // not sent: personal data cannot be replaced
	quirk              // a setting that this server does not take: learned, asked again without it
)

// A failure is why a model did not answer. It holds a status and a code, never
// what the server wrote.
type failure struct {
	model  string
	kind   kind
	status int
	code   string        // constant of ours or cleaned one of the server's
	after  time.Duration // the server's Retry-After, or how long it is shut
	cause  error         // of the network, without content; may be nil
	learn  quirks        // what to leave out
	took   time.Duration // of the request; zero if none was sent
}

func (f *failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "llm: %s: ", f.model)
	if f.status != 0 {
		fmt.Fprintf(&b, "status %d, ", f.status)
	}
	b.WriteString(f.code)
	if f.cause != nil {
		fmt.Fprintf(&b, ": %v", f.cause)
	}
	return b.String()
}

func (f *failure) Unwrap() error {
	switch {
	case f.kind == long:
		return ErrTooLong
	case f.kind == unsafe:
		return ErrPersonal
	case f.code == notJSON:
		return ErrNotJSON
	}
	return f.cause
}

// refusal is what a person reads when the provider's rules forbid an answer, or
// ours the question.
func (f *failure) refusal() error {
	if f.kind == unsafe {
		return &bots.Refusal{
			Text: bots.Text{
				DE: "Das Sprachmodell darf diesen Text nur ohne Angaben zu Personen sehen, und diese lassen sich hier nicht verlässlich ersetzen (etwa weil der Text nicht deutsch oder englisch ist). Er wurde keinem Sprachmodell gegeben. Bitte bearbeiten Sie ihn ohne Sprachmodell.",
				EN: "The language model may see this text only without personal data, which cannot be replaced reliably here (for instance because the text is neither German nor English). It was given to no language model. Please handle it without one.",
			},
			Err: f,
		}
	}
	return &bots.Refusal{
		Text: bots.Text{
			DE: "Der Anbieter des Sprachmodells hat diese Anfrage nach seinen Inhaltsregeln nicht beantwortet. Bitte formulieren Sie sie anders, oder bearbeiten Sie diesen Text ohne Sprachmodell.",
			EN: "The language model’s provider did not answer this request because of its content rules. Please phrase it differently, or handle this text without a language model.",
		},
		Err: f,
	}
}

// maxError bounds how much of an error's body is looked at.
const maxError = 64 << 10

// said is what servers put into errors, in all the shapes that were seen.
type said struct {
	Code    json.RawMessage `json:"code"`
	Type    string          `json:"type"`
	Param   string          `json:"param"`
	Message json.RawMessage `json:"message"`
	Detail  json.RawMessage `json:"detail"` // FastAPI
	Error   json.RawMessage `json:"error"`
}

// parse returns the code and the words of an error's body. The words are only for
// recognising the kind and must not be kept.
func parse(body []byte) (s said, words string) {
	if json.Unmarshal(body, &s) != nil {
		return said{}, string(body)
	}
	if len(s.Error) > 0 {
		var inner said
		if json.Unmarshal(s.Error, &inner) == nil {
			s = inner
		}
	}
	return s, string(body)
}

// codeLike is what may be a code of a server: short and without room for content.
var codeLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{1,47}$`)

// code returns the server's own word for an error, or "" if it is not safe to keep.
func (s said) code() string {
	var c string
	if json.Unmarshal(s.Code, &c) != nil {
		c = ""
	}
	for _, c := range []string{c, s.Type} {
		if codeLike.MatchString(c) {
			return c
		}
	}
	return ""
}

var (
	tooLong   = []string{"context_length", "context length", "context window", "contextwindow", "maximum context", "exceed_context", "too many tokens", "prompt is too long", "max_model_len"}
	filtered  = []string{"content_filter", "content_policy", "responsibleaipolicy", "content management policy"}
	noQuota   = []string{"insufficient_quota", "billing_hard_limit"}
	noSystems = []string{"system role not supported", "roles must alternate", "system messages are not supported"}
)

func mentions(words string, list []string) bool {
	words = strings.ToLower(words)
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(words, s) })
}

// judge makes a failure of a server's error. The status is 0 for one that came
// inside a stream.
func judge(status int, header http.Header, body []byte) *failure {
	s, words := parse(body)
	f := &failure{status: status, code: s.code(), after: retryAfter(header, time.Now()), kind: again}
	request := status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
	switch {
	case status == http.StatusRequestEntityTooLarge, (request || status == 0) && mentions(words, tooLong):
		f.kind = long
	case (request || status == 0) && mentions(words, filtered):
		f.kind = filter
	case status == http.StatusTooManyRequests && mentions(words, noQuota):
		f.kind = denied
	case status == http.StatusTooManyRequests, status == 0 && mentions(words, []string{"rate_limit", "overloaded"}):
		f.kind = busy
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusPaymentRequired, status == http.StatusProxyAuthRequired, status/100 == 3:
		f.kind = denied
	case request:
		f.kind = bad
		if f.learn = unknown(s.Param, words); f.learn != 0 {
			f.kind = quirk
		}
	case status/100 == 4 && status != http.StatusRequestTimeout && status != http.StatusConflict && status != http.StatusTooEarly:
		f.kind = bad
	}
	if f.code == "" {
		f.code = strings.ToLower(strings.ReplaceAll(http.StatusText(status), " ", "_"))
	}
	if f.code == "" {
		f.code = "server_error"
	}
	return f
}

// maxAfter bounds a pause that a server asks for: one that says "tomorrow" is
// asked again once an hour.
const maxAfter = time.Hour

// retryAfter reads Retry-After as RFC 9110 has it, in seconds or as a date, and
// OpenAI's own in milliseconds. Zero: the server did not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(min(ms, float64(maxAfter.Milliseconds())) * float64(time.Millisecond))
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s > 0) { // also not a number
			return 0
		}
		return time.Duration(min(s, maxAfter.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), maxAfter)
	}
	return 0
}

// network names a failure of the connection. Errors of unknown types are not kept:
// net/http quotes what a server sent that is not HTTP.
func network(err error) *failure {
	f := &failure{kind: again, code: "connection lost"}
	var (
		dns  *net.DNSError
		op   *net.OpError
		cert *tls.CertificateVerificationError
		host x509.HostnameError
		rec  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &cert):
		f.kind, f.code, f.cause = denied, "certificate not trusted", cert.Err
	case errors.As(err, &host):
		f.kind, f.code = denied, "certificate is for another name"
	case errors.As(err, &rec), errors.Is(err, http.ErrSchemeMismatch):
		f.kind, f.code = denied, "no tls on this port"
	case errors.As(err, &dns):
		f.code, f.cause = "name not found", errors.New(dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		f.code = "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		f.code = "connection reset"
	case errors.As(err, &op):
		if op.Op == "dial" || op.Op == "proxyconnect" {
			f.code = "cannot connect"
		} else if op.Op == "remote error" {
			f.kind, f.code = denied, "tls refused by the server"
		}
	}
	return f
}
