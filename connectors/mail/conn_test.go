package mail

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"amtsbote/connectors/connectortest"
)

// TestStartTLS looks at what a man in the middle can do before encryption.
func TestStartTLS(t *testing.T) {
	tests := map[string]struct{ greeting, answer, want string }{
		"a server that refuses":            {"* OK x\r\n", "s NO x\r\n", "refused"},
		"commands before encryption":       {"* OK x\r\n", "s OK x\r\n* OK injected\r\n", "data before encryption"},
		"a server that is logged in":       {"* PREAUTH x\r\n", "", "not ready"},
		"a server that talks and talks":    {"* OK x\r\n", strings.Repeat("* OK x\r\n", 50), "no answer"},
		"a line without end":               {strings.Repeat("x", 1<<20), "", "buffer full"},
		"a certificate from nobody knows":  {"* OK x\r\n", "s OK x\r\n", "tls"},
		"a server that goes before answer": {"* OK x\r\n", "", "EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := listen(t)
			heard := make(chan string, 1)
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				r := bufio.NewReader(c)
				io.WriteString(c, tt.greeting)
				line, _ := r.ReadString('\n')
				io.WriteString(c, tt.answer)
				if strings.HasSuffix(tt.answer, "s OK x\r\n") {
					fmt.Fprint(c, "this is no handshake")
				} else if tt.answer != "" {
					rest, _ := io.ReadAll(r)
					line += string(rest)
				}
				heard <- line
			}()
			cfg := newMemoryBox(t).cfg
			cfg.Server, cfg.TLS = l.Addr().String(), tlsStart
			err := connect(t, cfg).Receive(t.Context(), connectortest.NewState(), nil)
			if name == "a certificate from nobody knows" && err != nil {
				err = fmt.Errorf("%w (tls)", err)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q", err, tt.want)
			}
			if got := <-heard; strings.Contains(strings.ToLower(got), "login") || strings.Contains(got, "geheim") {
				t.Errorf("said in clear: %q", got)
			}
		})
	}
}

// TestSilentServer takes the connection and never speaks.
func TestSilentServer(t *testing.T) {
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close() // not before the end of the test
		}
	}()
	for _, mode := range []string{tlsNone, tlsStart, tlsImplicit} {
		cfg := newMemoryBox(t).cfg
		cfg.Server, cfg.TLS, cfg.Timeout = l.Addr().String(), mode, 100*time.Millisecond
		start := time.Now()
		err := connect(t, cfg).Receive(t.Context(), connectortest.NewState(), nil)
		if err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("imap %s: got %v after %v", mode, err, time.Since(start))
		}
		start = time.Now()
		c := forwarder(t, l.Addr().String())
		c.cfg.SMTP.TLS, c.cfg.Timeout = mode, 100*time.Millisecond
		if err := c.submit(t.Context(), "anna@amt.test", []byte("x")); err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("smtp %s: got %v after %v", mode, err, time.Since(start))
		}
	}
}

// TestStaleConnection has a firewall drop what rests in the pool.
func TestStaleConnection(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, "eins", nil)
	o := work(t, w.cfg, connectortest.NewState())
	m := o.wait(t, 1)[0]
	o.end()
	p := newProxy(t, w.cfg.Server)
	w.cfg.Server = p.addr
	o.Connector = connect(t, w.cfg)
	read(t, o, m.Files[0])
	p.cut()
	if _, err := o.Send(t.Context(), o.state, draftReply(m)); err != nil {
		t.Errorf("Send: %v", err)
	}
	p.cut()
	read(t, o, m.Files[0])
}
