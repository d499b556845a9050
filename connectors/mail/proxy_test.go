package mail

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// lostReply lets a draft reach the server, and cuts the connection before the
// server's answer reaches the connector.
func lostReply(t *testing.T, rig *mailtest.Rig) {
	w := newLetterBox(t, rig)
	w.Say(t, "eins", nil)
	p := newProxy(t, rig.IMAPS)
	w.cfg.Server = p.addr
	o := work(t, w.cfg, connectortest.NewState())
	r := draftReply(o.wait(t, 1)[0])
	r.Answer.Text.DE, r.Answer.Text.EN = "", ""
	r.Answer.Drafts[0].Text += strings.Repeat("Noch ein Satz. ", 1000) // more than a handshake
	o.end()                                                            // from here on only Send uses the proxy
	done := make(chan error)
	p.deaf.Store(true)
	go func() { _, err := o.Send(t.Context(), o.state, r); done <- err }()
	until(t, "the draft", func() bool { return len(rig.Mails(t, w.cfg.User, "Drafts")) == 1 })
	p.cut()
	p.deaf.Store(false)
	if err := <-done; err != nil {
		t.Logf("Send: %v", err) // the core would try again
	}
	if !p.swallowed.Load() {
		t.Fatal("the server's answer was not lost: the test shows nothing")
	}
	if _, err := o.Send(t.Context(), o.state, r); err != nil {
		t.Fatal(err)
	}
	if n := len(rig.Mails(t, w.cfg.User, "Drafts")); n != 1 {
		t.Errorf("got %d drafts, want 1", n)
	}
}

// A proxy passes bytes on, until it is deaf: then what the server says after a
// large piece of the client's (a draft) is lost.
type proxy struct {
	addr      string
	deaf      atomic.Bool
	swallowed atomic.Bool
	conns     chan net.Conn
}

func newProxy(t *testing.T, server string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{addr: l.Addr().String(), conns: make(chan net.Conn, 100)}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			p.conns <- client
			p.conns <- s
			p.join(client, s)
		}
	}()
	return p
}

func (p *proxy) join(client, server net.Conn) {
	var said atomic.Int64 // bytes of the client since the server spoke
	const large = 8000
	pass := func(to, from net.Conn, see func(int) bool) {
		defer to.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			if n > 0 && see(n) {
				to.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	}
	go pass(server, client, func(n int) bool {
		said.Add(int64(n))
		return true
	})
	go pass(client, server, func(int) bool {
		if said.Load() > large && p.deaf.Load() {
			p.swallowed.Store(true)
			return false
		}
		said.Store(0)
		return true
	})
}

// cut ends all connections.
func (p *proxy) cut() {
	for {
		select {
		case c := <-p.conns:
			c.Close()
		default:
			return
		}
	}
}
