package mail

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
)

// TestPanic has what Receive calls panic: that must reach the core, which tries
// again, and not end the program.
func TestPanic(t *testing.T) {
	w := newMemoryBox(t)
	w.Say(t, "eins", nil)
	err := connect(t, w.cfg).Receive(t.Context(), connectortest.NewState(), func(context.Context, bots.Message) error { panic("Geheimtext") })
	if err == nil || !strings.Contains(err.Error(), "panic: string") || strings.Contains(err.Error(), "Geheimtext") {
		t.Errorf("accept: got %.100v", err)
	}
	c := connect(t, w.cfg)
	var n atomic.Int32
	c.now = func() time.Time { // called by the folder's goroutine
		if n.Add(1) > 4 {
			panic("x")
		}
		return time.Now()
	}
	if err := c.Receive(t.Context(), connectortest.NewState(), func(context.Context, bots.Message) error { return nil }); err == nil || !strings.Contains(err.Error(), "panic: string") {
		t.Errorf("a folder: got %.100v", err)
	}
}

// TestAlarmReconnect: a full mailbox is still full once its server is found again.
func TestAlarmReconnect(t *testing.T) {
	w := newMemoryBox(t)
	for text, stays := range map[string]bool{"the mailbox is full": true, errNoDrafts.Error(): false} {
		c := connect(t, w.cfg)
		c.alarm(alarmDrafts, text)
		o := workWith(t, c, connectortest.NewState())
		until(t, "the mailbox", func() bool { return o.Stats().Receiving })
		if o.alarmed(alarmDrafts) != stays {
			t.Errorf("%q: alarms are %q", text, o.Alarms())
		}
		o.end()
	}
}

// TestHome has a shared mailbox whose inbox is its root, as on Cyrus.
func TestHome(t *testing.T) {
	ns := &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: '.'}}, Other: []imap.NamespaceDescriptor{{Prefix: "user.", Delim: '.'}}}
	h := home{root: rootOf(ns, "user.post"), others: []string{"user."}}
	for folder, want := range map[string]bool{"user.post": true, "user.post.Drafts": true, "user.poststelle": false, "user.anna": false, "INBOX": false} {
		if h.has(folder) != want {
			t.Errorf("%s: belongs to the mailbox: %v", folder, !want)
		}
	}
}

// TestDamagedFolder has the server refuse one folder's letters, at once or once
// there are some: the other folder goes on.
func TestDamagedFolder(t *testing.T) {
	for _, atOnce := range []bool{true, false} {
		var damaged atomic.Bool
		damaged.Store(atOnce)
		good := string(letter(1, "Guten Tag", nil))
		addr := scriptEach(t, func() func(tag, command string) string {
			folder := ""
			return func(tag, command string) string {
				switch {
				case strings.HasPrefix(command, "EXAMINE"):
					folder = command
					return "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n" + tag + " OK [READ-ONLY] x\r\n"
				case command == "NOOP":
					return "* 1 EXISTS\r\n" + tag + " OK x\r\n"
				case strings.HasPrefix(command, "UID SEARCH") && damaged.Load():
					return "* SEARCH 5\r\n" + tag + " OK x\r\n"
				case strings.HasPrefix(command, "UID SEARCH"):
					return "* SEARCH\r\n" + tag + " OK x\r\n"
				case strings.HasPrefix(command, "UID FETCH") && strings.Contains(folder, "Kaputt"):
					return tag + " NO [SERVERBUG] Internal error\r\n"
				case strings.HasPrefix(command, "UID FETCH"):
					return fmt.Sprintf("* 1 FETCH (UID 5 FLAGS () INTERNALDATE \"20-Nov-2099 18:42:00 +0000\" RFC822.SIZE %d BODY[HEADER]<0> {%d}\r\n%s)\r\n%s OK x\r\n",
						len(good), len(good), good, tag)
				}
				return tag + " OK x\r\n"
			}
		})
		cfg := newMemoryBox(t).cfg
		cfg.Server, cfg.Folders, cfg.Drafts = addr, []string{"Kaputt", "Heil"}, "Drafts"
		o := work(t, cfg, connectortest.NewState())
		until(t, "the mailbox", func() bool { return o.Stats().Receiving })
		damaged.Store(true)
		o.wait(t, 1)
		until(t, "the alarm", func() bool { return strings.Contains(o.Alarms()["folders[0]"], "cannot be opened") })
		if got := o.errors(); got != "[]" || len(o.Alarms()) != 1 {
			t.Errorf("Receive failed: %s, alarms %q", got, o.Alarms())
		}
		o.end()
	}
}
