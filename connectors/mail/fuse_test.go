package mail

import (
	"net"
	"sync/atomic"
	"testing"
)

// A fuse passes bytes on until it has seen some messages of the client (records
// of TLS); then it cuts all, before or after the last one, and takes no more.
type fuse struct {
	net.Listener
	addr  string
	left  atomic.Int64
	heard bool
}

func newFuse(t *testing.T, server string, n int, heard bool) *fuse {
	f := &fuse{Listener: listen(t), heard: heard}
	f.addr = f.Addr().String()
	f.left.Store(int64(n))
	go func() {
		for {
			client, err := f.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil || f.blown() {
				client.Close()
				continue
			}
			go f.pass(s, client, func() bool { return f.left.Add(-1) > 0 })
			go f.pass(client, s, func() bool { return !f.blown() })
		}
	}()
	return f
}

func (f *fuse) blown() bool { return f.left.Load() <= 0 }

func (f *fuse) pass(to, from net.Conn, ok func() bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		whole := ok()
		if whole || f.heard {
			to.Write(b[:n])
		}
		if !whole {
			return
		}
	}
}
