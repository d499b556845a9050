package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/mail/mailtest"
)

// TestMail runs the real program against a real Dovecot and Postfix.
func TestMail(t *testing.T) {
	rig := mailtest.Start(t)
	t.Run("a letter comes in, a threaded draft waits", func(t *testing.T) { mailLetter(t, rig) })
	t.Run("a colleague forwards a mail and gets brief and draft back", func(t *testing.T) { mailForward(t, rig) })
	t.Run("killed again and again, each letter has one draft", func(t *testing.T) { mailKilled(t, rig) })
	t.Run("check reaches the servers and proves that nothing can leave", func(t *testing.T) { mailCheck(t, rig) })
}

// watched returns a configuration of a watched mailbox.
func watched(rig *mailtest.Rig, dir, box string) string {
	return fmt.Sprintf(`
storage: bolt:%s/amtsbote.db
http: {listen: 127.0.0.1:0}
bots:
- name: Amtsbote
  authority: Stadt Musterstadt
  key: env:AMTSBOTE_TEST_KEY
  access: {allow: [%s]}
  connectors:
    mail:
    - name: post
      server: %s
      ca: %s
      user: %s
      password: env:AMTSBOTE_TEST_PASSWORD
      watch: letters
      address: %s
      from_name: Bürgerbüro Musterstadt
      own_domains: [%s]
  skills:
    draft: {signer: Aylin Yılmaz, by: Im Auftrag}
`, dir, mailtest.Domain, rig.IMAPS, rig.CA, box, box, mailtest.Domain)
}

// forwarded returns a configuration of the bot's own address.
func forwarded(rig *mailtest.Rig, dir string) string {
	text := watched(rig, dir, mailtest.Bot)
	text = strings.Replace(text, "watch: letters", "watch: forwards\n      trust: {authserv_id: "+mailtest.AuthServ+"}\n      smtp: {server: '"+rig.Submission+"'}", 1)
	return text
}

// A process is the real program.
type process struct {
	cmd  *exec.Cmd
	log  *bytes.Buffer // of a process that has ended
	mu   sync.Mutex    // of log while it runs
	chat string        // address of the browser chat, if there is one
}

// says reports whether the log has a text by now.
func (p *process) says(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Contains(p.log.String(), text)
}

// start starts the daemon and waits until it runs.
func start(t testing.TB, config, password string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(path, "run", "--config", config), log: &bytes.Buffer{}}
	p.cmd.Env = append(os.Environ(), "AMTSBOTE_TEST_PASSWORD="+password, "AMTSBOTE_TEST_KEY=schlüssel", "XDG_CACHE_HOME="+cacheDir(t))
	t.Cleanup(func() {
		if p.cmd.Process != nil { // of a test that failed before it could end it
			_ = p.cmd.Process.Kill()
		}
		if t.Failed() {
			t.Logf("the end of the daemon's log:\n%s", p.tail(8<<10))
		}
	})
	running := make(chan struct{}, 1)
	p.cmd.Stderr = &lines{line: func(s string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if url, ok := strings.CutPrefix(s, "Browser chat: "); ok {
			p.chat = url
		}
		p.log.WriteString(s + "\n")
		if strings.Contains(s, `"msg":"running"`) {
			running <- struct{}{}
		}
	}}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-running:
	case <-time.After(time.Minute):
		p.stop(t, syscall.SIGKILL)
		t.Fatalf("the daemon does not run:\n%s", p.log)
	}
	return p
}

// tail returns the last lines of the daemon's log, about n bytes of them.
func (p *process) tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.log.Bytes()[max(0, p.log.Len()-n):])
}

// stop ends the daemon with a signal and waits for its end.
func (p *process) stop(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Error(err)
	}
	ended := time.AfterFunc(15*time.Second, func() { p.cmd.Process.Kill() })
	defer ended.Stop()
	err := p.cmd.Wait()
	if sig == syscall.SIGTERM && err != nil {
		t.Errorf("the daemon ended with %v:\n%s", err, p.log)
	}
}

// cacheDir is shared by all daemons of a test run, as it is on a machine.
func cacheDir(t testing.TB) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mailLetter(t *testing.T, rig *mailtest.Rig) {
	box, dir := rig.Box(t), t.TempDir()
	d := start(t, file(t, "config.yaml", watched(rig, dir, box)), rig.Password(box))
	rig.Deliver(t, "jana.wieczorek@example.org", box, demoLetter)
	got := rig.Wait(t, box, "Drafts", 1)
	brief := rig.Wait(t, box, "Amtsbote", 1)
	d.stop(t, syscall.SIGTERM)

	m, err := mail.ReadMessage(bytes.NewReader(got[0].Raw)) // the standard library's reader, not ours
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"In-Reply-To": "<7f3c21d0.20261120184210@mail.example.org>",
		"References":  "<7f3c21d0.20261120184210@mail.example.org>",
		"Subject":     "AW: Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873/26",
		"To":          "jana.wieczorek@example.org",
		"From":        "Bürgerbüro Musterstadt <" + box + ">",
	} {
		value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(field))
		if err != nil || !strings.Contains(strings.ReplaceAll(value, `"`, ""), want) {
			t.Errorf("%s is %q, want %q in it (%v)", field, value, want, err)
		}
	}
	if m.Header.Get("Auto-Submitted") != "" {
		t.Error("a draft that a person sends is marked as sent by a machine")
	}
	text := mailText(got[0].Raw)
	for _, want := range []string{"Sehr geehrte Frau Wieczorek", "[bitte ergänzen:", "Aylin Yılmaz", "> gegen Ihren Bescheid"} {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
	for _, bad := range []string{"20,50", "Rechenvorschlag", "Sprachmodell"} {
		if strings.Contains(text, bad) {
			t.Errorf("the draft has %q, which is for the office only:\n%s", bad, text)
		}
	}
	if text := mailText(brief[0].Raw); !strings.Contains(text, "Rechenvorschlag") || !strings.Contains(text, "Mietvertrag.pdf") {
		t.Errorf("the brief is\n%s", text)
	}
	for _, in := range rig.Mails(t, box, "INBOX") {
		for _, f := range in.Flags {
			if f != "\\Recent" {
				t.Errorf("the letter has been flagged %s", f)
			}
		}
	}
	private(t, d.log.String(), dir)
}

// private wants nothing of the letter in log and store.
func private(t *testing.T, log, dir string) {
	t.Helper()
	store, err := os.ReadFile(filepath.Join(dir, "amtsbote.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Wieczorek", "wieczorek", "Bewohnerpark", "Widerspruch", "example.org"} {
		if strings.Contains(log, word) {
			t.Errorf("the log has %q:\n%s", word, log)
		}
		if bytes.Contains(store, []byte(word)) {
			t.Errorf("the store has %q", word)
		}
	}
}

func mailForward(t *testing.T, rig *mailtest.Rig) {
	dir := t.TempDir()
	d := start(t, file(t, "config.yaml", forwarded(rig, dir)), rig.Password(mailtest.Bot))
	raw := bytes.ReplaceAll(demoForward, []byte("anna.petersen@musterstadt.example"), []byte(mailtest.Anna))
	raw = bytes.Replace(raw, []byte("To: amtsbote@musterstadt.example"), []byte("To: "+mailtest.Bot), 1)
	raw = bytes.ReplaceAll(raw, []byte("Message-ID: <wg-"), []byte("Message-ID: <e2e-"))
	rig.Deliver(t, mailtest.Anna, mailtest.Bot, bytes.Replace(raw, []byte("<e2e-"), []byte("<forged-"), 1)) // from outside: nobody vouches for it
	rig.Submit(t, mailtest.Anna, mailtest.Bot, raw)
	got := rig.Wait(t, mailtest.Anna, "INBOX", 1)
	d.stop(t, syscall.SIGTERM)
	if len(got) != 1 {
		t.Fatalf("Anna has %d mails, want one answer: a forged forward was believed", len(got))
	}
	m, err := mail.ReadMessage(bytes.NewReader(got[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Auto-Submitted") != "auto-replied" || !strings.Contains(m.Header.Get("In-Reply-To"), "<e2e-") {
		t.Errorf("got headers %v", m.Header)
	}
	text := mailText(got[0].Raw)
	for _, want := range []string{"Deniz Öztürk", "Kostenvoranschlag_2026-0417.pdf", "den man nicht sieht", "[file: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the answer lacks %q:\n%s", want, text)
		}
	}
	log := rig.Mails(t, mailtest.Bot, "Sent")
	if len(log) > 1 {
		t.Errorf("%d mails were sent", len(log))
	}
}

// mailKilled kills the daemon at random moments while letters come in. At the end
// each letter must have one draft.
func mailKilled(t *testing.T, rig *mailtest.Rig) {
	rounds, letters := 3, 60
	if os.Getenv("AMTSBOTE_TEST_FAULTS") != "" {
		rounds, letters = 10, 500
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	box, dir := rig.Box(t), t.TempDir()
	config := file(t, "config.yaml", watched(rig, dir, box))
	var raws [][]byte
	for i := range letters {
		raws = append(raws, mailtest.Text(fmt.Sprintf("From: Bürger %d <b%d@example.org>", i, i), "To: "+box, fmt.Sprintf("Subject: Anfrage %d", i),
			fmt.Sprintf("Message-ID: <kill-%d-%d@example.org>", seed, i), "Date: "+time.Now().Format(time.RFC1123Z), "Content-Type: text/plain; charset=utf-8", "",
			"Sehr geehrte Damen und Herren,", "", fmt.Sprintf("wann hat das Amt am %d. Dezember geöffnet?", i%28+1), "", "Mit freundlichen Grüßen"))
	}
	// Runs once before any letter, so that "since" is known.
	start(t, config, rig.Password(box)).stop(t, syscall.SIGTERM)
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		for i := 0; i < len(raws); i += 10 {
			rig.Put(t, box, raws[i:min(i+10, len(raws))]...)
		}
	}()
	for range rounds {
		p := start(t, config, rig.Password(box))
		<-time.After(time.Duration(rng.IntN(1500)) * time.Millisecond) // a kill at a random moment is what is tested
		p.stop(t, syscall.SIGKILL)
	}
	<-delivered
	p := start(t, config, rig.Password(box))
	got := rig.WaitFor(t, box, "Drafts", letters, 5*time.Minute)
	// Whatever would come twice has the time to come.
	more := rig.Mails(t, box, "Drafts")
	p.stop(t, syscall.SIGTERM)
	count := map[string]int{}
	for _, m := range append(got[:0:0], more...) {
		count[m.Field("In-Reply-To")]++
	}
	for i := range letters {
		id := fmt.Sprintf("<kill-%d-%d@example.org>", seed, i)
		if count[id] != 1 {
			t.Errorf("letter %d has %d drafts", i, count[id])
		}
	}
}

func mailCheck(t *testing.T, rig *mailtest.Rig) {
	t.Setenv("AMTSBOTE_TEST_PASSWORD", rig.Password(mailtest.Bot))
	t.Setenv("AMTSBOTE_TEST_KEY", "schlüssel")
	good := file(t, "config.yaml", forwarded(rig, t.TempDir()))
	if got := call(t, "", "check", "-c", good); got.code != 0 || strings.Contains(got.stdout, "FAILED") {
		t.Errorf("got %+v", got)
	}
	t.Setenv("AMTSBOTE_TEST_PASSWORD", "falsch")
	if got := call(t, "", "check", "--json", "-c", good); got.code != exitServer || !strings.Contains(got.stdout, `"ok":false`) || strings.Contains(got.stdout+got.err, "falsch") {
		t.Errorf("got %+v", got)
	}
}

// TestDemo runs make demo's command to its end.
func TestDemo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out bytes.Buffer
	code := command(&env{ctx: ctx, stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard}, []string{"demo", "--once", "--listen", "127.0.0.1:0"})
	if code != 0 {
		t.Fatalf("code %d:\n%s", code, &out)
	}
	for _, want := range []string{"/web/?token=", "Sehr geehrte Frau Wieczorek", "To: \"Jana Wieczorek\" <jana.wieczorek@example.org>", "Guten Tag Deniz Öztürk", "IMAP 127.0.0.1:", "nothing survives"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
}
