package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/mail/mailtest"
)

// TestMailScale has the real program meet more mail than it can answer at once.
// With AMTSBOTE_TEST_FAULTS it is ten thousand letters and 200 MB.
func TestMailScale(t *testing.T) {
	rig := mailtest.Start(t)
	t.Run("a first start on a full mailbox", func(t *testing.T) { mailBacklog(t, rig) })
	t.Run("a mail bomb", func(t *testing.T) { mailBomb(t, rig) })
}

// long reports whether the fault tests are to take their time.
func long() bool { return os.Getenv("AMTSBOTE_TEST_FAULTS") != "" }

// within waits for a condition.
func within(t testing.TB, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain for %s", patience, what)
		}
	}
}

// chatting adds a browser chat to a configuration, and with it a web server whose
// address the program tells.
func chatting(config string) string {
	config = strings.Replace(config, "access: {allow: [", "access: {allow: [lokal@web, ", 1)
	return strings.Replace(config, "  skills:\n", "    web:\n    - {name: web}\n  skills:\n", 1)
}

// base returns where the program's web server is.
func (p *process) base(t testing.TB) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	u, err := url.Parse(p.chat)
	if err != nil || u.Host == "" {
		t.Fatalf("no address: %q", p.chat)
	}
	return "http://" + u.Host
}

func (p *process) get(t testing.TB, path string) string {
	t.Helper()
	resp, err := http.Get(p.base(t) + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// metric returns the sum of the figures whose line begins so.
func (p *process) metric(t testing.TB, pattern string) (sum float64) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^`+pattern+`.* ([0-9.e+]+)$`).FindAllStringSubmatch(p.get(t, "/metrics"), -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// ask asks a question in the browser chat and returns how long the answer took.
func (p *process) ask(t testing.TB, question string) time.Duration {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 2 * time.Minute}
	base := p.base(t)
	do := func(method, path string, body []byte) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", base)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 300 {
			t.Fatalf("%s: %s", path, resp.Status)
		}
		return resp
	}
	do("GET", strings.TrimPrefix(p.chat, base), nil).Body.Close()
	events := do("GET", "/web/events", nil)
	defer events.Body.Close()
	began := time.Now()
	post, _ := json.Marshal(map[string]string{"id": "6f1c1c1e-0000-4000-8000-000000000001", "text": question})
	do("POST", "/web/messages", post).Body.Close()
	for s := bufio.NewScanner(events.Body); s.Scan(); {
		if strings.Contains(s.Text(), `"kind":"reply"`) {
			return time.Since(began)
		}
	}
	t.Fatal("no answer")
	return 0
}

// answers returns the letters that the drafts of a mailbox answer, in the order
// in which they were written.
func answers(t testing.TB, rig *mailtest.Rig, box string) (ids []string) {
	for _, m := range rig.Mails(t, box, "Drafts") {
		ids = append(ids, m.Field("In-Reply-To"))
	}
	return ids
}

// mailBacklog starts on a mailbox with letters of days, is killed in the middle,
// and goes on: the newest first, none twice, and who asks meanwhile is answered.
func mailBacklog(t *testing.T, rig *mailtest.Rig) {
	letters := 300
	if long() {
		letters = 10_000
	}
	box, dir := rig.Box(t), t.TempDir()
	rig.Fill(t, box, letters+1, func(i int) ([]byte, time.Time) {
		at := time.Now().Add(-2*time.Hour - time.Duration(letters-i)*10*time.Second)
		if i == 0 {
			at = at.AddDate(0, 0, -10) // before the configured day
		}
		return plainLetter(box, "alt", i), at
	})
	config := strings.Replace(chatting(watched(rig, dir, box)), "own_domains:", "since: "+time.Now().AddDate(0, 0, -5).Format(time.DateOnly)+"\n      own_domains:", 1)
	config = file(t, "config.yaml", config)
	began := time.Now()
	p := start(t, config, rig.Password(box))
	within(t, 5*time.Minute, "a hundred drafts", func() bool { return rig.Count(t, box, "Drafts") >= 100 })
	if left := p.metric(t, `amtsbote_queue_waiting\{kind="backlog"`) + p.metric(t, "amtsbote_mail_backlog"); left == 0 {
		t.Error("the figures do not show the backlog")
	}
	chat := p.ask(t, "Was kannst du?")
	sent := time.Now()
	rig.Put(t, box, plainLetter(box, "frisch", 1))
	within(t, time.Minute, "the draft for the fresh letter", func() bool {
		return rig.Doveadm(t, "search", "-u", box, "mailbox", "Drafts", "header", "In-Reply-To", "frisch-1-"+box) != ""
	})
	letter := time.Since(sent)
	if chat > 5*time.Second || letter > 15*time.Second {
		t.Errorf("while the backlog ran a question took %v and a letter %v", chat, letter)
	}
	if n := rig.Count(t, box, "Drafts"); n >= letters {
		t.Error("the backlog was over: the test shows nothing")
	}
	memory := p.memory(t, "VmHWM")
	p.stop(t, syscall.SIGKILL)
	if !p.says(`"msg":"reading a backlog, newest letters first"`) {
		t.Errorf("the log does not tell of the backlog:\n%.3000s", p.log)
	}
	p = start(t, config, rig.Password(box))
	within(t, 3*time.Hour, "all drafts", func() bool { return rig.Count(t, box, "Drafts") >= letters+1 })
	within(t, time.Minute, "the end", func() bool { return p.metric(t, "amtsbote_queue_waiting")+p.metric(t, "amtsbote_mail_backlog") == 0 })
	took := time.Since(began)
	memory = max(memory, p.memory(t, "VmHWM"))
	p.stop(t, syscall.SIGTERM)
	t.Logf("%d letters in %v, at most %.0f MB; meanwhile a question took %v, a letter %v", letters, took.Round(time.Second), memory, chat.Round(time.Millisecond), letter.Round(time.Millisecond))
	if memory > 200 {
		t.Errorf("it took %.0f MB", memory)
	}
	newestFirst(t, answers(t, rig, box), box, letters)
}

// newestFirst wants one draft for each letter, in the order from the newest to the
// oldest but for what is done at the same time.
func newestFirst(t *testing.T, ids []string, box string, letters int) {
	t.Helper()
	const slack = 200 // what is accepted together, is worked on together, and came twice after the kill
	times, worst := map[string]int{}, 0
	for i, id := range ids {
		times[id]++
		var n int
		if _, err := fmt.Sscanf(id, "<alt-%d-", &n); err == nil {
			worst = max(worst, i-(letters-n), letters-n-i)
		}
	}
	if worst > slack {
		t.Errorf("a draft was written %d places from its turn", worst)
	}
	for i := 1; i <= letters; i++ {
		if n := times[fmt.Sprintf("<alt-%d-%s>", i, box)]; n != 1 {
			t.Errorf("letter %d has %d drafts", i, n)
		}
	}
	if times[fmt.Sprintf("<frisch-1-%s>", box)] != 1 || len(ids) != letters+1 {
		t.Errorf("there are %d drafts for %d letters and a fresh one", len(ids), letters)
	}
}

// mailBomb has one sender write thousands of letters, one of them too big and one
// of thousands of parts. Another citizen does not notice.
func mailBomb(t *testing.T, rig *mailtest.Rig) {
	letters, size, limit := 300, 3<<20, 1<<20
	if long() {
		letters, size, limit = 10_000, 200<<20, 50<<20
	}
	box, dir := rig.Box(t), t.TempDir()
	config := strings.Replace(chatting(watched(rig, dir, box)), "own_domains:", fmt.Sprintf("max_size: %d\n      own_domains:", limit), 1)
	config = file(t, "config.yaml", config)
	start(t, config, rig.Password(box)).stop(t, syscall.SIGTERM) // the first start
	rig.Fill(t, box, letters, func(i int) ([]byte, time.Time) {
		return bytes.Replace(plainLetter(box, "bombe", i), fmt.Appendf(nil, "<b%d@example.org>", i), []byte("<bombe@example.org>"), 1), time.Now()
	})
	rig.Put(t, box, append(plainLetter(box, "riese", 1), bytes.Repeat([]byte("Noch eine Zeile, die niemand lesen will.\r\n"), size/42)...))
	rig.Put(t, box, manyParts(box, 5000))
	p := start(t, config, rig.Password(box))
	within(t, time.Minute, "the letters to come in", func() bool {
		return p.metric(t, "amtsbote_messages_accepted_total") >= float64(letters)/2
	})
	sent := time.Now()
	rig.Put(t, box, plainLetter(box, "buerger", 1))
	within(t, time.Minute, "the other citizen's draft", func() bool {
		return rig.Doveadm(t, "search", "-u", box, "mailbox", "Drafts", "header", "In-Reply-To", "buerger-1-"+box) != ""
	})
	other := time.Since(sent)
	var accepted, delayed float64
	defer func() {
		if t.Failed() {
			t.Logf("%v accepted, %v made to wait", accepted, delayed)
		}
	}()
	within(t, 10*time.Minute, "the bomb to be made to wait", func() bool {
		accepted, delayed = p.metric(t, "amtsbote_messages_accepted_total"), p.metric(t, `amtsbote_messages_delayed_total\{.*of="author"`)
		return accepted >= float64(letters+3) && delayed >= float64(letters-60)
	})
	var briefs string
	within(t, time.Minute, "the briefs of the large ones", func() bool {
		briefs = ""
		for _, m := range rig.Mails(t, box, "Amtsbote") {
			briefs += mailText(m.Raw)
		}
		return strings.Contains(briefs, "diese ist größer. Bitte lesen und beantworten Sie sie selbst") && strings.Contains(briefs, manyWord)
	})
	if waiting := p.metric(t, "amtsbote_queue_waiting"); waiting != float64(letters-60) {
		t.Errorf("%v wait, want %d", waiting, letters-60)
	}
	memory := p.memory(t, "VmHWM")
	p.stop(t, syscall.SIGTERM)
	info, err := os.Stat(filepath.Join(dir, "amtsbote.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d letters of one sender, one of %d MB: at most %.0f MB, the store has %.1f MB; another's took %v", letters, size>>20, memory, float64(info.Size())/(1<<20), other.Round(time.Millisecond))
	if other > 15*time.Second || memory > 200 || info.Size() > 128<<20 {
		t.Error("that is too much")
	}
	count := map[string]int{}
	for _, id := range answers(t, rig, box) {
		name, _, _ := strings.Cut(id, "-")
		count[name]++
	}
	if count["<bombe"] != 60 || count["<riese"] != 0 {
		t.Errorf("got drafts %v, want 60 for the bomb and none for what was not read", count)
	}
}

const manyWord = "Viele Teile"

// manyParts is a mail of so many files.
func manyParts(box string, n int) []byte {
	var b bytes.Buffer
	b.Write(mailtest.Text("From: "+manyWord+" <viele@example.org>", "To: "+box, "Subject: "+manyWord, "Message-ID: <viele-1-"+box+">", "Date: "+time.Now().Format(time.RFC1123Z),
		"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=x", ""))
	fmt.Fprintf(&b, "--x\r\nContent-Type: text/plain\r\n\r\nSehr geehrte Damen und Herren,\r\n\r\nanbei "+manyWord+".\r\n")
	for i := range n {
		fmt.Fprintf(&b, "--x\r\nContent-Type: text/plain; name=teil%d.txt\r\nContent-Disposition: attachment; filename=teil%d.txt\r\n\r\nTeil %d\r\n", i, i, i)
	}
	b.WriteString("--x--\r\n")
	return b.Bytes()
}
