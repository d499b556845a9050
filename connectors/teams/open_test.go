package teams

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/bots"
)

func (d *desk) open(ctx context.Context, r fileRef) ([]byte, error) {
	body, err := d.c.Open(ctx, d.state, bots.File{Name: "a.pdf", Ref: r.String()})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

func safe(t *testing.T, err error, address string) {
	t.Helper()
	if _, ok := errors.AsType[*url.Error](err); ok {
		t.Errorf("%v: unwraps to an address", err)
	}
	_, secret, _ := strings.Cut(address, "tempauth=")
	for e := err; e != nil; e = errors.Unwrap(e) {
		if s := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(s, "tempauth") || secret != "" && strings.Contains(s, secret) || strings.Contains(s, "/files/") {
			t.Errorf("the error shows the address: %s", s)
		}
	}
}

func refusalOf(err error) (*bots.Refusal, bool) { return errors.AsType[*bots.Refusal](err) }

func TestOpenDownload(t *testing.T) {
	d := newDesk(t)
	content := bytes.Repeat([]byte("Straße "), 50_000)
	files, cannot := d.c.filesOf(message(t, d.jana.SendFile(d.chat, "Straße.txt", content)))
	if len(files) != 1 || !cannot.IsZero() {
		t.Fatalf("got %d files and %q", len(files), cannot.DE)
	}
	for range 2 { // a question that is asked again reads it again
		body, err := d.c.Open(t.Context(), d.state, files[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("got %d bytes and %v, want %d", len(got), err, len(content))
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
	d.quiet(t)
	d.ExpireFiles()
	_, err := d.c.Open(t.Context(), d.state, files[0])
	if r, ok := refusalOf(err); !ok || r.Text != textFileGone {
		t.Errorf("expired: %v", err)
	}
	safe(t, err, files[0].Ref)
}

func TestOpenStatus(t *testing.T) {
	d := newDesk(t)
	at := fileRef{Kind: kindDownload, URL: d.File([]byte("a"))}
	for status, again := range map[int]bool{400: false, 401: false, 403: false, 404: false, 410: false, 451: false, 204: false, 206: false, 304: false, 507: false,
		408: true, 425: true, 429: true, 500: true, 502: true, 503: true, 504: true} {
		d.FileHook(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true })
		_, err := d.open(t.Context(), at)
		r, final := refusalOf(err)
		if err == nil || final == again || final && r.Text != textFileGone {
			t.Errorf("%d: %v", status, err)
		}
		safe(t, err, at.URL)
	}
}

func TestOpenRedirect(t *testing.T) {
	d := newDesk(t)
	file := d.File([]byte("Inhalt"))
	hops := func(n int, to string) string {
		for range n {
			to = d.Redirect(to)
		}
		return to
	}
	if got, err := d.open(t.Context(), fileRef{Kind: kindDownload, URL: hops(maxRedirects, file)}); err != nil || string(got) != "Inhalt" {
		t.Errorf("five redirections: %q, %v", got, err)
	}
	d.quiet(t) // no Referer either
	for name, test := range map[string]struct {
		address string
		want    bots.Text
	}{
		"six":          {hops(maxRedirects+1, file), textFileGone},
		"loop":         {d.Redirect(""), textFileGone},
		"other host":   {hops(2, "https://login.evil.example/?tempauth=a"), textFileGone},
		"http":         {d.Redirect("http://stadt.sharepoint.com/?tempauth=a"), textFileGone},
		"service host": {d.Redirect(pictureURL), textFileGone},
		"scheme":       {d.Redirect("file:///etc/passwd"), textFileGone},
		"very long":    {d.Redirect(file + strings.Repeat("a", maxURL)), textFileGone},
	} {
		before := d.Fetched()
		_, err := d.open(t.Context(), fileRef{Kind: kindDownload, URL: test.address})
		if r, ok := refusalOf(err); !ok || r.Text != test.want {
			t.Errorf("%s: %v", name, err)
		}
		if n := d.Fetched() - before; n > maxRedirects+1 {
			t.Errorf("%s: %d requests", name, n)
		}
		safe(t, err, test.address)
	}
}

func TestOpenErrorsAreSafe(t *testing.T) {
	d := newDesk(t)
	file := d.File([]byte("Inhalt"))
	raw := func(answer string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return false
			}
			_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "URL", r.URL.String()))
			_ = conn.Close()
			return true
		}
	}
	for name, answer := range map[string]string{
		"nothing":      "",
		"not HTTP":     "URL\r\n\r\n",
		"odd status":   "HTTP/1.1 URL\r\n\r\n",
		"odd header":   "HTTP/1.1 200 OK\r\nURL\r\n\r\n",
		"odd location": "HTTP/1.1 302 Found\r\nLocation: :URL\r\nContent-Length: 0\r\n\r\n",
		"short":        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nURL",
		"odd chunks":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nURL\r\n",
	} {
		d.FileHook(raw(answer))
		_, err := d.open(t.Context(), fileRef{Kind: kindDownload, URL: file})
		if _, final := refusalOf(err); err == nil || final {
			t.Errorf("%s: %v", name, err)
		}
		safe(t, err, file)
	}
	d.FileHook(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.open(ctx, fileRef{Kind: kindDownload, URL: file}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	} else {
		safe(t, err, file)
	}
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	defer stranger.Close()
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	_, err := d.open(t.Context(), fileRef{Kind: kindDownload, URL: stranger.URL + "/files/d/a?tempauth=geheim"})
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("nobody vouches for the server: %v", err)
	}
	safe(t, err, "tempauth=geheim")
	const nobody = "http://127.0.0.1:1/files/d/a?tempauth=geheim"
	_, err = d.open(t.Context(), fileRef{Kind: kindDownload, URL: nobody})
	if _, final := refusalOf(err); err == nil || final {
		t.Errorf("nobody there: %v", err)
	}
	safe(t, err, nobody)
}

func TestOpenRefs(t *testing.T) {
	d := newDesk(t)
	for _, ref := range []string{"", "{", "null", `{"kind":"x"}`, `{"kind":"download"}`, `{"kind":"inline","url":"https://evil.example/"}`,
		`{"kind":"download","url":"https://evil.example/a?tempauth=b"}`, `{"kind":"download","url":"http://127.0.0.1:1\u0000/"}`} {
		_, err := d.c.Open(t.Context(), d.state, bots.File{Ref: ref})
		if r, ok := refusalOf(err); !ok || r.Text.IsZero() {
			t.Errorf("%q: %v", ref, err)
		}
		safe(t, err, "")
	}
}

func TestOpenInline(t *testing.T) {
	d := newDesk(t)
	files, cannot := d.c.filesOf(message(t, d.jana.PastePicture(d.chat, []byte("\x89PNG"))))
	if len(files) != 1 || !cannot.IsZero() {
		t.Fatalf("got %d files and %q", len(files), cannot.DE)
	}
	body, err := d.c.Open(t.Context(), d.state, files[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(body); err != nil || string(got) != "\x89PNG" {
		t.Errorf("got %q, %v", got, err)
	}
	_ = body.Close()
	d.quiet(t)
	_, err = d.open(t.Context(), fileRef{Kind: kindInline, URL: d.Service() + "v3/attachments/weg/views/original"})
	if r, ok := refusalOf(err); !ok || r.Text != textFileGone {
		t.Errorf("gone: %v", err)
	}
	// A redirection would take the token along.
	moved := false
	d.FileHook(func(w http.ResponseWriter, r *http.Request) bool {
		if moved = moved || strings.HasPrefix(r.URL.Path, "/files/"); !moved {
			http.Redirect(w, r, "/files/d/a", http.StatusFound)
		}
		return true
	})
	if _, err = d.c.Open(t.Context(), d.state, files[0]); err == nil || moved {
		t.Errorf("a redirection was followed (%t): %v", moved, err)
	}
}

type forever struct{ read int64 }

func (f *forever) Read(p []byte) (int, error) { f.read += int64(len(p)); return len(p), nil }
func (*forever) Close() error                 { return nil }

func TestTooBig(t *testing.T) {
	d := newDesk(t)
	d.FileHook(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", fmt.Sprint(maxDownload+1))
		return true
	})
	_, err := d.open(t.Context(), fileRef{Kind: kindDownload, URL: d.File(nil)})
	if r, ok := refusalOf(err); !ok || r.Text != textFileTooBig {
		t.Errorf("it says so: %v", err)
	}
	endless := &forever{}
	b := newBody(endless, func() {})
	n, err := io.Copy(io.Discard, b)
	if r, ok := refusalOf(err); !ok || r.Text != textFileTooBig || n != maxDownload || endless.read > maxDownload+1 {
		t.Errorf("it does not say so: %d bytes, %v", n, err)
	}
	if n, err := b.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
	ended := false
	if err := newBody(endless, func() { ended = true }).Close(); err != nil || !ended {
		t.Errorf("closed: %v, and the request goes on: %t", err, !ended)
	}
	whole := newBody(io.NopCloser(io.LimitReader(&forever{}, maxDownload)), func() {})
	if n, err := io.Copy(io.Discard, whole); n != maxDownload || err != nil {
		t.Errorf("as large as allowed: %d bytes, %v", n, err)
	}
}

func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		b := newBody(r, func() { _ = w.CloseWithError(context.Canceled) })
		go func() {
			for range 5 {
				time.Sleep(idle - 1)
				_, _ = w.Write([]byte("a"))
			}
			time.Sleep(2 * idle)
			_, _ = w.Write([]byte("zu spät"))
		}()
		p := make([]byte, 10)
		for i := range 5 {
			if n, err := b.Read(p); n != 1 || err != nil {
				t.Fatalf("%d: %d bytes, %v", i, n, err)
			}
		}
		if n, err := b.Read(p); n != 0 || err == nil || errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
			t.Errorf("silent: %d bytes, %v", n, err)
		}
		time.Sleep(2 * idle) // for the writer to end
	})
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		b := newBody(r, func() { _ = w.CloseWithError(context.Canceled) })
		go func() { _, _ = w.Write([]byte("ab")) }()
		p := make([]byte, 1)
		for range 2 {
			if n, err := b.Read(p); n != 1 || err != nil {
				t.Errorf("a slow reader: %d bytes, %v", n, err)
			}
			time.Sleep(3 * idle)
		}
	})
}

func TestOpenEnds(t *testing.T) {
	for status, ok := range map[int]bool{http.StatusOK: true, http.StatusNotFound: false, http.StatusServiceUnavailable: false} {
		d := newDesk(t)
		ended := make(chan struct{})
		d.FileHook(func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("a"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			close(ended)
			return true
		})
		body, err := d.c.Open(t.Context(), d.state, bots.File{Ref: fileRef{Kind: kindDownload, URL: d.File(nil)}.String()})
		if (err == nil) != ok {
			t.Fatalf("%d: %v", status, err)
		}
		if ok {
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		}
		<-ended
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(fileRef{Kind: kindDownload, URL: driveURL}.String())
	f.Add(fileRef{Kind: kindInline, URL: pictureURL}.String())
	f.Add(fileRef{Kind: kindDownload, URL: pictureURL}.String())
	f.Add(`{"kind":"download","url":"https://stadt.sharepoint.com@evil.example/"}`)
	f.Add(`{"kind":"inline","url":"https://smba.trafficmanager.net\\@evil.example/"}`)
	f.Add(`[`)
	c := publicConnector(f, Config{})
	var t *testing.T
	c.client.Transport = serve(func(w http.ResponseWriter, r *http.Request) {
		host, token := strings.ToLower(r.URL.Host), r.Header.Get("Authorization") != ""
		switch {
		case host == "login.microsoftonline.com" && !token:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}`)
		case r.URL.Scheme != "https", token && !strings.HasSuffix(host, "smba.trafficmanager.net"), !token && !strings.HasSuffix(host, ".sharepoint.com"):
			t.Errorf("a request to %s (token: %t)", r.URL, token)
		}
	})
	f.Fuzz(func(now *testing.T, ref string) {
		t = now
		if body, err := c.Open(t.Context(), nil, bots.File{Ref: ref}); err == nil {
			_ = body.Close()
		} else {
			safe(t, err, "")
		}
	})
}
