// Package matrixtest runs a real Matrix for tests: a throw-away Dendrite on a
// loopback port of its own, with its data in a temporary directory and no
// federation, and people whose client is none of ours (matrix-js-sdk with its
// Rust crypto, in Node). A [Proxy] between a client and the server limits, loses,
// delays and counts requests. "make test-matrix" installs what is needed; without
// it a test is skipped, with AMTSBOTE_TEST_NO_SKIP it fails.
//
//	s := matrixtest.Start(t, matrixtest.Options{})
//	anna := matrixtest.NewClient(t, s, s.User(t, "anna"), matrixtest.ClientOptions{})
//	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{bot.UserID}})
//	anna.SendText(t, room, "Guten Tag")
//	answer := anna.WaitFor(t, room, func(m matrixtest.Message) bool { return m.Sender == bot.UserID })
//
// Dendrite is AGPL: it is a test tool that runs as a program of its own and is
// linked into nothing. What it cannot show: it never limits /send (use
// [Limit]), it has no sliding sync, and it remembers a transaction ID per
// access token only.
//
// It serves the tests of package matrix and the end-to-end tests of the daemon;
// no program links it and it imports nothing of ours.
package matrixtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Name is the server's name, the part of a user ID after the colon.
const Name = "localhost"

// Patience is how long the rig waits for anything before a test fails.
const Patience = time.Minute

//go:embed dendrite.yaml
var config string

// Options of a server. The zero value is good.
type Options struct {
	// RateLimit has the server refuse more than 20 requests in half a second on
	// what Dendrite limits: logging in, joining, typing, files, but not /send.
	RateLimit bool
	// MaxUpload is the greatest file in bytes that the server takes: 10 MiB if zero.
	MaxUpload int64
}

// A Server is a homeserver that can be killed and started again.
type Server struct {
	URL string // http://127.0.0.1:PORT, the same for all its life

	dir, bin, addr, secret string
	process                *process

	mu   sync.Mutex
	node *node // with the clients, once there is one
}

// An Account is a person on the server.
type Account struct{ UserID, Password string }

// Start starts a homeserver, which ends with the test.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	bin := Needed(t)
	s := &Server{dir: t.TempDir(), bin: bin, addr: freeAddr(t), secret: rand.Text()}
	s.URL = "http://" + s.addr
	if out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "generate-keys"), "--private-key", filepath.Join(s.dir, "matrix_key.pem")).CombinedOutput(); err != nil {
		t.Fatalf("matrixtest: generate-keys: %v\n%s", err, out)
	}
	if opts.MaxUpload == 0 {
		opts.MaxUpload = 10 << 20
	}
	text := strings.NewReplacer("@DIR@", s.dir, "@SECRET@", s.secret, "@RATELIMIT@", strconv.FormatBool(opts.RateLimit),
		"@UPLOAD@", strconv.FormatInt(opts.MaxUpload, 10)).Replace(config)
	if err := os.WriteFile(s.path("dendrite.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.node != nil {
			s.node.stop()
		}
		s.Kill()
		if t.Failed() {
			t.Logf("Dendrite's log: %s\nthe clients' log: %s", tail(s.path("log")), tail(s.path("node.log")))
		}
	})
	s.Restart(t)
	say(t, bin)
	return s
}

// Restart starts the server again, with the same data and on the same port; one
// that runs is killed before. The clients of the rig find it at once.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "dendrite"), "-config", s.path("dendrite.yaml"), "-http-bind-address", s.addr)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = start(cmd); err != nil {
		t.Fatalf("matrixtest: dendrite: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for {
		if err = s.answers(ctx); err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.node.retry(ctx)
			return
		}
		select {
		case <-s.process.done:
			t.Fatalf("matrixtest: dendrite ended: %v\n%s", s.process.err, tail(s.path("log")))
		case <-ctx.Done():
			t.Fatalf("matrixtest: dendrite does not answer: %v\n%s", err, tail(s.path("log")))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, as a power cut would.
func (s *Server) Kill() {
	if s.process != nil {
		s.process.kill()
		s.process = nil
	}
}

func (s *Server) answers(ctx context.Context) error {
	var reply struct{ Versions []string }
	return s.Call(ctx, "GET", "/_matrix/client/versions", "", nil, &reply)
}

// User makes an account whose name is unique on this server. It has no device.
func (s *Server) User(t testing.TB, name string) Account {
	t.Helper()
	const path = "/_synapse/admin/v1/register"
	var nonce struct{ Nonce string }
	if err := s.Call(t.Context(), "GET", path, "", nil, &nonce); err != nil {
		t.Fatalf("matrixtest: user %s: %v", name, err)
	}
	password := rand.Text()
	mac := hmac.New(sha1.New, []byte(s.secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00notadmin", nonce.Nonce, name, password)
	var reply struct {
		UserID string `json:"user_id"`
		Token  string `json:"access_token"`
	}
	err := s.Call(t.Context(), "POST", path, "", map[string]any{"nonce": nonce.Nonce, "username": name, "password": password,
		"admin": false, "mac": hex.EncodeToString(mac.Sum(nil))}, &reply)
	if err == nil { // this way of registration leaves a device behind
		err = s.Call(t.Context(), "POST", "/_matrix/client/v3/logout", reply.Token, struct{}{}, nil)
	}
	if err != nil {
		t.Fatalf("matrixtest: user %s: %v", name, err)
	}
	return Account{UserID: reply.UserID, Password: password}
}

// Login logs a person in past any client and returns the token and the device:
// for what a test does to a person's devices.
func (s *Server) Login(t testing.TB, a Account) (token, device string) {
	t.Helper()
	var reply struct {
		Token  string `json:"access_token"`
		Device string `json:"device_id"`
	}
	if err := s.Call(t.Context(), "POST", "/_matrix/client/v3/login", "", map[string]any{"type": "m.login.password",
		"identifier": map[string]string{"type": "m.id.user", "user": a.UserID}, "password": a.Password}, &reply); err != nil {
		t.Fatalf("matrixtest: login %s: %v", a.UserID, err)
	}
	return reply.Token, reply.Device
}

// LogoutAll ends all sessions of a person and deletes their devices.
func (s *Server) LogoutAll(t testing.TB, a Account) {
	t.Helper()
	token, _ := s.Login(t, a)
	if err := s.Call(t.Context(), "POST", "/_matrix/client/v3/logout/all", token, struct{}{}, nil); err != nil {
		t.Fatalf("matrixtest: logout %s: %v", a.UserID, err)
	}
}

// An Error is what the server answers if it refuses.
type Error struct {
	Status  int
	Code    string `json:"errcode"`
	Message string `json:"error"`
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// Call makes a request to the server's API: in is sent and out is read as JSON;
// both may be nil. A refusal is an [*Error].
func (s *Server) Call(ctx context.Context, method, path, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		refusal := &Error{Status: resp.StatusCode}
		_ = json.Unmarshal(b, refusal) // a refusal without JSON keeps its status
		return refusal
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// Needed returns the folder with Dendrite's programs if all is there that the
// rig needs; else the test is skipped, in CI it fails.
func Needed(t testing.TB) (dendrite string) {
	t.Helper()
	dendrite, err := programs()
	if err == nil {
		_, err = nodeModules()
	}
	if err == nil {
		return dendrite
	}
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

var errMissing = errors.New("make test-matrix installs it")

// programs finds Dendrite: where the Makefile says, or where it builds it.
func programs() (string, error) {
	dir := os.Getenv("AMTSBOTE_TEST_DENDRITE")
	if dir == "" {
		mod, err := os.ReadFile(filepath.Join(ci(), "dendrite", "go.mod"))
		version := regexp.MustCompile(`(?m)^require github.com/element-hq/dendrite (\S+)`).FindSubmatch(mod)
		if err != nil || version == nil {
			return "", fmt.Errorf("no Dendrite: %w", errMissing)
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "amtsbote", "dendrite-"+string(version[1]))
	}
	for _, program := range []string{"dendrite", "generate-keys"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return "", fmt.Errorf("no Dendrite: %w: %w", err, errMissing)
		}
	}
	return dir, nil
}

// nodeModules finds the folder that has the foreign client.
func nodeModules() (string, error) {
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir = filepath.Join(ci(), "node")
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "", fmt.Errorf("no node: %w", errMissing)
	}
	for _, module := range []string{"matrix-js-sdk", "fake-indexeddb", "matrix-encrypt-attachment"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", module)); err != nil {
			return "", fmt.Errorf("no %s: %w", module, errMissing)
		}
	}
	return dir, nil
}

// ci is the folder with the foreign programs: tests run in a package's folder,
// somewhere below it.
func ci() string {
	dir, _ := os.Getwd()
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".ci", "node")); err == nil || dir == filepath.Dir(dir) {
			return filepath.Join(dir, ".ci")
		}
	}
}

// freeAddr finds a port. Another program could take it before the server does;
// the kernel hands the same one out again only after many others.
func freeAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Path escapes the parts of a path and joins them: room IDs have characters
// that a path may not have.
func Path(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

var said sync.Once

// say states which servers really ran, in the test's log and on standard output,
// where continuous integration shows it even if all is well.
func say(t testing.TB, bin string) {
	said.Do(func() {
		version, _ := exec.Command(filepath.Join(bin, "dendrite"), "-version").Output()
		line := fmt.Sprintf("matrixtest: real servers: Dendrite %s, matrix-js-sdk %s", strings.TrimSpace(string(version)), sdkVersion())
		t.Log(line)
		fmt.Println(line)
	})
}

func sdkVersion() string {
	dir, _ := nodeModules()
	b, _ := os.ReadFile(filepath.Join(dir, "node_modules", "matrix-js-sdk", "package.json"))
	var pkg struct{ Version string }
	_ = json.Unmarshal(b, &pkg) // an empty version is said as such
	return pkg.Version
}

func tail(file string) []byte {
	b, _ := os.ReadFile(file)
	return b[max(0, len(b)-4000):]
}
