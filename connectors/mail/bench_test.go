package mail

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// BenchmarkDelivery measures by the server's clock how long it takes from
// "saved mail to INBOX" in Dovecot's log until the letter is accepted, and until
// its draft is saved.
func BenchmarkDelivery(b *testing.B) {
	for _, poll := range []time.Duration{0, time.Minute} {
		name := "default"
		if poll != 0 {
			name = "poll=" + poll.String()
		}
		b.Run(name, func(b *testing.B) {
			rig := mailtest.Start(b)
			w := newLetterBox(b, rig)
			w.cfg.Poll = poll
			o := work(b, w.cfg, connectortest.NewState())
			until(b, "the mailbox", func() bool { return o.Stats().Receiving })
			var accepted, drafted []time.Duration
			for n := 1; b.Loop(); n++ {
				rig.Put(b, w.cfg.Address, letter(n, "Guten Tag", nil))
				m := o.wait(b, n)[n-1]
				now := time.Now()
				saved := savedAt(b, rig, "INBOX")
				accepted = append(accepted, now.Sub(saved))
				r := draftReply(m)
				r.Answer.Text.DE, r.Answer.Text.EN = "", ""
				start := time.Now()
				if _, err := o.Send(b.Context(), o.state, r); err != nil {
					b.Fatal(err)
				}
				drafted = append(drafted, time.Since(start))
				// Letters come one by one: the server counts from the first of a burst.
				<-time.After(time.Duration(600+n%10*37) * time.Millisecond)
			}
			report(b, "accept", accepted)
			report(b, "draft", drafted)
		})
	}
}

// BenchmarkPace measures what it costs to look after mailboxes in which nothing
// happens, in per mille of one processor and mailbox.
func BenchmarkPace(b *testing.B) {
	const boxes = 20
	for _, poll := range []time.Duration{brisk, time.Second, time.Minute} {
		b.Run("poll="+poll.String(), func(b *testing.B) {
			rig := mailtest.Start(b)
			for range boxes {
				w := newLetterBox(b, rig)
				w.cfg.Poll = poll
				o := work(b, w.cfg, connectortest.NewState())
				until(b, "the mailbox", func() bool { return o.Stats().Receiving })
			}
			for b.Loop() {
				start, server, own := time.Now(), rig.Dovecot.CPU(), cpu(b)
				<-time.After(10 * time.Second)
				per := float64(time.Since(start)) * boxes / 1000
				b.ReportMetric(float64(rig.Dovecot.CPU()-server)/per, "server-permille")
				b.ReportMetric(float64(cpu(b)-own)/per, "own-permille")
			}
		})
	}
}

// cpu returns what this process has used.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func report(b *testing.B, what string, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, what+"-p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, what+"-max-ms")
}

// savedAt returns when Dovecot last saved a mail into a folder.
func savedAt(b *testing.B, rig *mailtest.Rig, folder string) time.Time {
	log, err := os.ReadFile(filepath.Join(rig.Dir, "logs/dovecot.log"))
	if err != nil {
		b.Fatal(err)
	}
	i := bytes.LastIndex(log, []byte("saved mail to "+folder))
	line := log[bytes.LastIndexByte(log[:i], '\n')+1:]
	at, err := time.ParseInLocation("2006-01-02 15:04:05.000000", string(line[:26]), time.Local)
	if err != nil {
		b.Fatal(err)
	}
	return at
}

// BenchmarkBurst measures 1,000 letters that wait in the mailbox.
func BenchmarkBurst(b *testing.B) {
	rig := mailtest.Start(b)
	for b.Loop() {
		b.StopTimer()
		w := newLetterBox(b, rig)
		var letters [][]byte
		for n := range 1000 {
			letters = append(letters, letter(n, "Guten Tag", nil))
		}
		rig.Put(b, w.cfg.Address, letters...)
		b.StartTimer()
		o := work(b, w.cfg, connectortest.NewState())
		start := time.Now()
		mails := o.wait(b, 1000)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "accept-all-ms")
		start = time.Now()
		for _, m := range mails[:200] {
			if _, err := o.Send(b.Context(), o.state, draftReply(m)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/200/1000, "draft+brief-ms")
		o.end()
	}
}

func BenchmarkParseHeader(b *testing.B) {
	small := letter(1, "", nil)
	var big strings.Builder
	for i := range 200 {
		fmt.Fprintf(&big, "Received: from a%d.example by b.example with ESMTPS id x;\r\n\tFri, 20 Nov 2026 18:42:00 +0100\r\n", i)
	}
	for name, raw := range map[string][]byte{"small": small, "received=200": append([]byte(big.String()), small...)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				h := parseHeader(raw)
				h.identity("")
				h.author()
				h.decoded("Subject")
				h.thread("")
			}
		})
	}
}
