package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestBodiesThatDoNotCome: who announces a body and does not send it loses the
// connection; who listens, without one, keeps it.
func TestBodiesThatDoNotCome(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /listen", func(w http.ResponseWriter, r *http.Request) {
		for range 60 {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Minute):
				fmt.Fprintln(w, "news")
				_ = http.NewResponseController(w).Flush()
			}
		}
	})
	for request, want := range map[string]struct{ least, most time.Duration }{
		"GET /live HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n":                {0, 2 * bodyTime},
		"POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n":               {0, 2 * bodyTime},
		"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n": {0, 2 * bodyTime},
		"GET /listen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":                 {time.Hour, time.Hour + bodyTime},
	} {
		t.Run(request, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				near, far := net.Pipe()
				l := pipes{make(chan net.Conn, 1), make(chan struct{})}
				l.conns <- far
				done := make(chan error, 1)
				go func() { done <- serve(ctx, l, mux) }()
				began := time.Now()
				go func() { _, _ = io.WriteString(near, request) }()
				_, _ = io.Copy(io.Discard, near)
				if took := time.Since(began); took < want.least || took > want.most {
					t.Errorf("the connection was kept for %v", took)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// pipes is a listener for connections that are there.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
