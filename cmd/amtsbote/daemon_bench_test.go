package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/mail/mailtest"
)

// BenchmarkDaemon measures the real program on a real Dovecot: how soon it runs
// and what it takes at rest; how long after "saved mail to INBOX" in the server's
// log the draft is saved; and a thousand letters at once.
func BenchmarkDaemon(b *testing.B) {
	rig := mailtest.Start(b)
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	b.Run("idle", func(b *testing.B) {
		for b.Loop() {
			box, dir := rig.Box(b), b.TempDir()
			began := time.Now()
			p := start(b, file(b, "config.yaml", watched(rig, dir, box)), rig.Password(box))
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "ready-ms")
			<-time.After(2 * time.Second) // at rest
			b.ReportMetric(p.memory(b, "VmRSS"), "MB")
			p.stop(b, syscall.SIGTERM)
		}
	})
	b.Run("letter", func(b *testing.B) {
		box, dir := rig.Box(b), b.TempDir()
		p := start(b, file(b, "config.yaml", watched(rig, dir, box)), rig.Password(box))
		var took []time.Duration
		for n := 0; b.Loop(); n++ {
			rig.Put(b, box, plainLetter(box, "bench", n))
			rig.Wait(b, box, "Drafts", n+1)
			took = append(took, drafted(b, rig, box).Sub(delivered(b, rig, box)))
			<-time.After(time.Duration(600+n%10*37) * time.Millisecond) // letters come one by one
		}
		report(b, took)
		p.stop(b, syscall.SIGTERM)
	})
	b.Run("thousand", func(b *testing.B) {
		for b.Loop() {
			box, dir := rig.Box(b), b.TempDir()
			config := file(b, "config.yaml", watched(rig, dir, box))
			start(b, config, rig.Password(box)).stop(b, syscall.SIGTERM)
			var raws [][]byte
			for n := range 1000 {
				raws = append(raws, plainLetter(box, "tausend", n))
			}
			rig.Put(b, box, raws...)
			began := time.Now()
			p := start(b, config, rig.Password(box))
			drafts := rig.WaitFor(b, box, "Drafts", 1000, 10*time.Minute)
			b.ReportMetric(time.Since(began).Seconds(), "s")
			b.ReportMetric(p.memory(b, "VmHWM"), "MB")
			p.stop(b, syscall.SIGTERM)
			seen := map[string]bool{}
			for _, d := range drafts {
				if id := d.Field("In-Reply-To"); seen[id] {
					b.Errorf("two drafts answer %s", id)
				} else {
					seen[id] = true
				}
			}
		}
	})
}

func plainLetter(box, name string, n int) []byte {
	return mailtest.Text(fmt.Sprintf("From: Bürger %d <b%d@example.org>", n, n), "To: "+box, fmt.Sprintf("Subject: Anfrage %d", n),
		fmt.Sprintf("Message-ID: <%s-%d-%s>", name, n, box), "Date: "+time.Now().Format(time.RFC1123Z), "Content-Type: text/plain; charset=utf-8", "",
		"Sehr geehrte Damen und Herren,", "", fmt.Sprintf("wann hat das Amt am %d. Dezember geöffnet? Bitte antworten Sie bis zum 27.11.2026.", n%28+1), "", "Mit freundlichen Grüßen", fmt.Sprintf("Jana Bürger %d", n))
}

// memory returns a figure of the daemon's /proc/PID/status in MB; its children
// count apart.
func (p *process) memory(t testing.TB, key string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb / 1024
		}
	}
	t.Fatalf("no %s", key)
	return 0
}

// delivered returns when Dovecot last logged that it saved a letter.
func delivered(t testing.TB, rig *mailtest.Rig, box string) time.Time {
	log, err := os.ReadFile(filepath.Join(rig.Dir, "logs/dovecot.log"))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(log), "\n")
	for _, line := range slices.Backward(all) {
		if strings.Contains(line, "("+box+")") && strings.Contains(line, "saved mail to INBOX") {
			at, err := time.ParseInLocation("2006-01-02 15:04:05.000000", line[:26], time.Local)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
	}
	t.Fatal("nothing was delivered")
	return time.Time{}
}

// drafted returns when the newest file among the drafts took its place.
func drafted(t testing.TB, rig *mailtest.Rig, box string) (last time.Time) {
	user, domain, _ := strings.Cut(box, "@")
	for _, sub := range []string{"new", "cur"} {
		files, err := filepath.Glob(filepath.Join(rig.Dir, "mail", domain, user, ".Drafts", sub, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			var st syscall.Stat_t
			if err := syscall.Stat(f, &st); err != nil {
				t.Fatal(err)
			}
			if at := time.Unix(st.Ctim.Unix()); at.After(last) {
				last = at
			}
		}
	}
	return last
}
