package matrixtest

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
)

//go:embed client.mjs
var script []byte

// A node is the program that hosts the clients of a server's test.
type node struct {
	process *process

	// Writing waits until the program reads, which waits until what it has
	// written is taken: so that has a lock of its own.
	writing sync.Mutex
	in      io.WriteCloser

	mu      sync.Mutex // guards what follows
	last    int
	calls   map[int]chan<- reply
	clients map[string]*Client
	gone    chan struct{} // closed when it says no more
}

// reply is a line that the program writes: a result, or what happened.
type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Code   string          `json:"errcode"`
	Status int             `json:"status"`
	Client string          `json:"client"`
	Push   string          `json:"push"`
	pushed
}

// hosts starts the program for a server's clients; it ends with the server.
func (s *Server) hosts(t testing.TB) *node {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.node != nil {
		return s.node
	}
	n, err := startNode(s.dir)
	if err != nil {
		t.Fatalf("matrixtest: node: %v", err)
	}
	s.node = n
	return n
}

func startNode(dir string) (*node, error) {
	modules, err := nodeModules()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "client.mjs")
	if err := os.WriteFile(program, script, 0o600); err != nil {
		return nil, err
	}
	n := &node{calls: map[int]chan<- reply{}, clients: map[string]*Client{}, gone: make(chan struct{})}
	log, err := os.Create(filepath.Join(dir, "node.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command("node", program)
	cmd.Env = append(os.Environ(), "NODE="+modules)
	cmd.Stderr = log
	if n.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, in, err := os.Pipe() // not StdoutPipe: it is closed before all is read
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd.Stdout = in
	if n.process, err = start(cmd); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	go n.read(out)
	return n, nil
}

func (n *node) read(out io.ReadCloser) {
	defer close(n.gone)
	defer out.Close()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r reply
		if err := json.Unmarshal(bytes.TrimSpace(line), &r); err != nil {
			fmt.Fprintf(os.Stderr, "matrixtest: node wrote %q: %v\n", line, err)
			continue
		}
		n.mu.Lock()
		call, client := n.calls[r.ID], n.clients[r.Client]
		delete(n.calls, r.ID)
		n.mu.Unlock()
		switch {
		case call != nil:
			call <- r
		case client != nil && r.Push != "":
			client.take(r.Push, r.pushed)
		}
	}
}

// call has a client do something and waits for what comes of it.
func (n *node) call(ctx context.Context, client, cmd string, args, result any) error {
	done := make(chan reply, 1)
	n.mu.Lock()
	n.last++
	id := n.last
	n.calls[id] = done
	n.mu.Unlock()
	line, err := json.Marshal(map[string]any{"id": id, "client": client, "cmd": cmd, "args": args})
	if err != nil {
		return err
	}
	n.writing.Lock()
	_, err = n.in.Write(append(line, '\n'))
	n.writing.Unlock()
	if err != nil {
		return err
	}
	select {
	case r := <-done:
		if r.Error != "" {
			return &Error{Status: r.Status, Code: r.Code, Message: r.Error}
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-n.gone:
		return errors.New("node has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// add makes room for a client and returns its name for the program.
func (n *node) add(c *Client) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := "client" + strconv.Itoa(len(n.clients)+1)
	n.clients[name] = c
	return name
}

// retry has all clients look at once whether the server is back: else they wait
// for seconds.
func (n *node) retry(ctx context.Context) {
	if n == nil {
		return
	}
	n.mu.Lock()
	names := slices.Collect(maps.Keys(n.clients))
	n.mu.Unlock()
	for _, name := range names {
		_ = n.call(ctx, name, "retry", nil, nil) // one that has been stopped does not look
	}
}

func (n *node) stop() {
	n.process.kill()
	<-n.gone
}
