package llm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"
)

// maxStream bounds the bytes of one answer, thoughts and envelope included.
const maxStream = 16 << 20

// newHTTP returns the HTTP client for a model. It follows no redirect: a prompt
// must not wander to a server that nobody has configured.
func newHTTP(c Config) (*http.Client, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   c.Slots,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
		// A dead connection that nobody closed is found by a ping, not by the
		// timeout of the next person's question.
		HTTP2:           &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		// The largest header is an error page's; answers are in the body.
		MaxResponseHeaderBytes: 64 << 10,
	}
	if c.dial != nil {
		t.DialContext = c.dial
	}
	switch c.Proxy {
	case "":
	case "none":
		t.Proxy = nil
	default:
		u, err := url.Parse(c.Proxy)
		if err != nil {
			return nil, errors.New("proxy: not a URL")
		}
		t.Proxy = http.ProxyURL(u)
	}
	if c.CA != "" {
		pool, err := authorities(c.CA)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = pool
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: t, CheckRedirect: stay}, nil
}

// authorities returns the system's certificate authorities and those of a file.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca: %q has no certificate in PEM form", file)
	}
	return pool, nil
}

// A watch ends a request that shows no sign of life in time. Until the first piece
// of text it is patient: servers send headers, an empty piece and keep-alives
// while they still read the prompt or think.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration // between two signs of life
	cause  atomic.Pointer[error]
}

var (
	errFirst   = errors.New("no answer in time")
	errStalled = errors.New("stalled")
)

// newWatch returns a watch that ends its context if nothing comes within first.
func newWatch(ctx context.Context, first time.Duration) *watch {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{ctx: ctx, cancel: cancel, limit: first}
	w.cause.Store(&errFirst)
	w.timer = time.AfterFunc(first, func() { cancel(*w.cause.Load()) })
	return w
}

// alive notes a sign of life. A request that the watch has ended stays ended. All
// calls come from the goroutine that reads the answer.
func (w *watch) alive() {
	if w.timer.Stop() {
		w.timer.Reset(w.limit)
	}
}

// writing notes that text has begun to come: the next sign of life must come
// within limit.
func (w *watch) writing(limit time.Duration) {
	w.limit = limit
	w.cause.Store(&errStalled)
	w.alive()
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// A call is one request on its way. It is the library's HTTPDoer, made for each
// request, and does what the library does not: settings, limits, signs of life,
// and errors of which no text remains.
type call struct {
	http     *http.Client
	settings settings
	watch    *watch
	whole    bool        // the answer is one JSON object, not a stream
	body     *streamBody // once the server has begun to answer
}

// Do implements openai.HTTPDoer. Every answer but a 200 with what was asked for, an
// event stream or JSON, is a *failure.
func (k *call) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if body, err = splice(body, k.settings); err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
	req.Header.Set("User-Agent", "Amtsbote")
	// A key without a value is not sent. It tells net/http that the request may
	// be repeated on a new connection when an idle one turns out to be closed,
	// which is usual: uvicorn closes after 5 s.
	req.Header["Idempotency-Key"] = nil

	resp, err := k.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxError))
		resp.Body.Close()
		return nil, judge(resp.StatusCode, resp.Header, text)
	}
	want, code := "text/event-stream", "not an event stream"
	if k.whole {
		want, code = "application/json", "not json"
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != want {
		resp.Body.Close()
		return nil, &failure{kind: again, status: resp.StatusCode, code: code}
	}
	k.body = &streamBody{ReadCloser: resp.Body, watch: k.watch, left: maxStream}
	resp.Body = k.body
	return resp, nil
}

// streamBody bounds a stream and notes its signs of life. Keep-alive comments are
// such signs; what sends nothing else for ever is ended by the overall timeout.
type streamBody struct {
	io.ReadCloser
	watch *watch
	left  int
}

var errHuge = errors.New("answer too large")

func (b *streamBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errHuge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	if n > 0 {
		b.watch.alive()
	}
	return n, err
}

// drain reads the few bytes after the end of a stream, without which the
// connection could not be used again.
func (b *streamBody) drain() {
	b.watch.writing(time.Second)
	_, _ = io.CopyN(io.Discard, b.ReadCloser, 4<<10)
}
