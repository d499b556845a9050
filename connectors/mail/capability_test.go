package mail

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// uses are the extensions that the connector uses, and how one sees that.
var uses = map[string]*regexp.Regexp{
	"IDLE":          regexp.MustCompile(`(?m) IDLE\r?$`),
	"CONDSTORE":     regexp.MustCompile(`CONDSTORE|MODSEQ|UNCHANGEDSINCE`),
	"UIDPLUS":       regexp.MustCompile(`EXPUNGE`),
	"SPECIAL-USE":   regexp.MustCompile(`SPECIAL-USE`),
	"LIST-EXTENDED": regexp.MustCompile(`LIST .*RETURN`),
	"ESEARCH":       regexp.MustCompile(`SEARCH RETURN`),
	"LITERAL+":      regexp.MustCompile(`\{\d+\+\}`),
	"ID":            regexp.MustCompile(`(?m) T\d+ ID `),
}

// TestCapability has a real Dovecot lack extensions, each alone and all together:
// letters are heard, a draft is written once and found again, an untouched one is
// replaced where that is safe, and no command is sent that the server does not
// offer.
func TestCapability(t *testing.T) {
	rig := mailtest.Start(t)
	c := rig.Client(t, mailtest.Anna)
	var full []string
	for name := range c.Caps() {
		full = append(full, string(name))
	}
	c.Close()
	tests := [][]string{{"nothing"}, {"IDLE"}, {"CONDSTORE", "QRESYNC"}, {"UIDPLUS"}, {"SPECIAL-USE"}, {"LIST-EXTENDED", "LIST-STATUS"}, {"ESEARCH", "ESORT", "SEARCHRES"}, {"LITERAL+"}, {"ID"}, full}
	for _, lacks := range tests {
		name := strings.Join(lacks, " ")
		if len(lacks) == len(full) {
			name = "everything"
		}
		t.Run("without "+name, func(t *testing.T) {
			caps := "IMAP4rev1"
			for _, have := range full {
				if have != "IMAP4rev1" && !slices.Contains(lacks, have) {
					caps += " " + have
				}
			}
			rig.Capability(t, caps)
			w := newLetterBox(t, rig)
			w.cfg.Poll = 5 * time.Second // by IDLE where there is one
			letterLife(t, rig, w, slices.Contains(lacks, "UIDPLUS"))
			if name == "nothing" { // which the tests above would not use unasked
				w = newLetterBox(t, rig)
				o := work(t, w.cfg, connectortest.NewState())
				until(t, "the mailbox", func() bool { return o.Stats().Receiving })
				o.end()
			}
			spoken := rig.Spoken(t)
			for cap, sign := range uses {
				if missing, used := slices.Contains(lacks, cap), sign.MatchString(spoken); missing && used {
					t.Errorf("%s was used though the server lacks it: %q", cap, sign.FindString(spoken))
				} else if name == "nothing" && !used {
					t.Errorf("%s is never used: the test shows nothing", cap)
				}
			}
		})
	}
	rig.Capability(t, "")
}

// letterLife goes through a letter's life.
func letterLife(t *testing.T, rig *mailtest.Rig, w *letterBox, keepsOld bool) {
	state := connectortest.NewState()
	o := work(t, w.cfg, state)
	until(t, "the mailbox", func() bool { return o.Stats().Receiving })
	w.Say(t, "eins", nil)
	m := o.wait(t, 1)[0]
	read(t, o, m.Files[0])
	first := bare(m)
	send(t, o, first)
	if got := drafts(t, rig, w); got != "1" {
		t.Fatalf("got drafts for %q, want one", got)
	}
	// Somebody who remembers nothing finds it by its Message-ID.
	if _, err := connect(t, w.cfg).Send(t.Context(), connectortest.NewState(), first); err != nil {
		t.Fatal(err)
	}
	if got := drafts(t, rig, w); got != "1" {
		t.Fatalf("after sending again: got drafts for %q, want one", got)
	}
	want := "2"
	if keepsOld {
		want = "1 2"
	}
	second := bare(message(w.cfg, 2, 1))
	second.To.Ref = strings.Replace(second.To.Ref, `"a":"jana"`, `"a":"jana@buerger.example"`, 1)
	send(t, o, second)
	if got := drafts(t, rig, w); got != want {
		t.Errorf("after the second letter: got drafts for %q, want %q", got, want)
	}
	// A person marks it: it is theirs now.
	c := rig.Client(t, w.cfg.User)
	defer c.Close()
	if _, err := c.Select("Drafts", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	third := bare(message(w.cfg, 3, 1))
	third.To.Ref = strings.Replace(third.To.Ref, `"a":"jana"`, `"a":"jana@buerger.example"`, 1)
	send(t, o, third)
	if got := drafts(t, rig, w); got != want+" 3" {
		t.Errorf("after a person marked it: got drafts for %q, want %q", got, want+" 3")
	}
	o.end()
}
