package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/teams/teamstest"
)

// TestTeamsCatchUp reads channels for people by Microsoft Graph.
func TestTeamsCatchUp(t *testing.T) {
	t.Run("a channel of 200 messages: who asks learns what they missed, nobody else", teamsMissed)
	t.Run("what is missing is said: a permission, Graph itself", teamsNotReadable)
	t.Run("a file in a channel is summed up", teamsChannelFile)
}

// ago is a moment before now, as Teams has it.
func ago(d time.Duration) time.Time { return time.Now().Add(-d).Truncate(time.Millisecond) }

// An office is a team's channel in which much was written while Jana was away.
type office struct {
	jana, ben, cara *teamstest.Person // Cara is not in it
	channel         *teamstest.Conversation
	decided, asked  string // IDs of messages
}

func newOffice(c *tenant) *office {
	o := &office{jana: c.Person("Jana Kaya", "jana.kaya@stadt.example"), ben: c.Person("Ben Berger", "ben.berger@stadt.example"), cara: c.Person("Cara Lang", "cara.lang@stadt.example")}
	o.channel = c.Channel("Bauamt", "Allgemein", o.jana, o.ben)
	c.Channel("Standesamt", "Allgemein", o.cara)
	o.channel.History(teamstest.Past{By: o.ben, At: ago(30 * time.Hour), Text: "Das Kennwort war Zwetschgendatschi."},
		teamstest.Past{By: o.jana, At: ago(20 * time.Hour), Text: "Bis morgen!"})
	root := ""
	for i := range 200 {
		m := teamstest.Past{By: o.ben, At: ago(19*time.Hour - time.Duration(i)*time.Minute), Text: fmt.Sprintf("<p>Vorgang %d liegt in Fach %d.</p>", i, i%7)}
		if i%5 != 0 {
			m.Thread = root
		}
		switch i {
		case 20:
			m.Text = "<p>Wir haben entschieden: Die <b>Baustelle Lindenhof</b> wird am Montag gesperrt.</p>"
		case 90:
			m.Text, m.To = `<p><at id="0">Jana Kaya</at>, übernehmen Sie am Donnerstag die Ortsbesichtigung?</p>`, []*teamstest.Person{o.jana}
		}
		id := o.channel.History(m)[0]
		switch {
		case i == 20:
			o.decided = id
		case i == 90:
			o.asked = id
		}
		if m.Thread == "" {
			root = id
		}
	}
	return o
}

var messageLink = regexp.MustCompile(`\]\(https://teams\.microsoft\.com/l/message/[^ )]+\)`)

func teamsMissed(t *testing.T) {
	c := newTenant(t, ", graph: true")
	o := newOffice(c)
	p := c.run(t)
	chat := c.Personal(o.jana)
	o.channel.Say(o.jana, "", "@Amtsbote Was habe ich verpasst?")
	got := shows(t, chat, "Ortsbesichtigung").Text()
	first, decision := strings.Index(got, "An Sie gerichtet"), strings.Index(got, "Lindenhof")
	if first < 0 || decision < first || strings.Index(got, "Ortsbesichtigung") > decision {
		t.Errorf("what is addressed to her does not come first:\n%s", got)
	}
	for _, want := range []string{"/" + o.asked + "?", "/" + o.decided + "?", "Bauamt › Allgemein", "Ausgewertet: ", "200 Nachrichten", "Ohne Sprachmodell"} {
		if !strings.Contains(got, want) {
			t.Errorf("the catch-up lacks %q:\n%s", want, got)
		}
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "- ") && !messageLink.MatchString(line) {
			t.Errorf("a statement without a link: %s", line)
		}
	}
	if strings.Contains(got, "Zwetschgendatschi") {
		t.Error("it begins before her last message")
	}
	if hint := shows(t, o.channel, "direkten Chat").Text(); strings.Contains(hint, "Lindenhof") || len(o.channel.Messages()) != 1 {
		t.Errorf("the channel shows %d messages, the first %q", len(o.channel.Messages()), hint)
	}

	chat.Say(o.jana, "", "Was gab es in Bauamt › Allgemein seit gestern?")
	within(t, time.Minute, "a second catch-up", func() bool { return len(chat.Messages()) > 1 })
	if got := chat.Messages()[1].Text(); !strings.Contains(got, "Ortsbesichtigung") || !messageLink.MatchString(got) {
		t.Errorf("the second catch-up:\n%s", got)
	}

	o.channel.Say(o.jana, o.decided, "@Amtsbote Schreib einen Vermerk über diesen Thread")
	note := shows(t, chat, "Beteiligte").Text()
	if !strings.Contains(note, "Lindenhof") || strings.Contains(note, "Ortsbesichtigung") || !messageLink.MatchString(note) {
		t.Errorf("the note:\n%s", note)
	}

	other := c.Personal(o.cara)
	other.Say(o.cara, "", "Was gab es in Bauamt › Allgemein seit gestern?")
	shows(t, other, "")
	o.channel.Leave(o.jana)
	before := len(chat.Messages())
	chat.Say(o.jana, "", "Was gab es in Bauamt › Allgemein seit gestern?")
	within(t, time.Minute, "an answer to who has left", func() bool { return len(chat.Messages()) > before })
	for _, m := range append(other.Messages(), chat.Messages()[before:]...) {
		if strings.Contains(m.Text(), "Lindenhof") || strings.Contains(m.Text(), "Ortsbesichtigung") || strings.Contains(m.Text(), "Bauamt") {
			t.Errorf("who is no member is shown: %s", m.Text())
		}
	}
	p.stop(t, syscall.SIGTERM)
	c.keepsNothingOf(t, p, "Lindenhof", "Ortsbesichtigung", "Zwetschgendatschi", "Fach 3", "Bauamt", "Ben Berger", "ben.berger", "jana.kaya", "Kaya")
}

// teamsNotReadable has Graph say no, and then be away for good.
func teamsNotReadable(t *testing.T) {
	c := newTenant(t, ", graph: true")
	o := newOffice(c)
	c.Deny(teamstest.ChannelMessages, o.channel.Team.GroupID)
	p := c.run(t)
	o.channel.Say(o.jana, "", "@Amtsbote Was habe ich verpasst?")
	shows(t, o.channel, "Mir fehlt die Erlaubnis ChannelMessage.Read.Group")
	c.GraphHook(teamstest.Throttle(1<<30, http.StatusServiceUnavailable, "3600"))
	chat := c.Personal(o.jana)
	chat.Say(o.jana, "", "Was habe ich in Bauamt › Allgemein verpasst?")
	shows(t, chat, "Es klappt gerade nicht, ich versuche es weiter")
	p.stop(t, syscall.SIGTERM)
	c.keepsNothingOf(t, p, "Lindenhof", "Bauamt")
}

// teamsChannelFile has a file that lies in a channel's folder summed up, and one of
// another folder refused.
func teamsChannelFile(t *testing.T) {
	c := newTenant(t, ", graph: true")
	o := newOffice(c)
	p := c.run(t)
	ask := func(address string) {
		a := o.channel.Activity(o.jana, "message", "")
		a["text"] = "<at>Amtsbote</at> Fass das in zwei Sätzen zusammen."
		a["entities"] = []any{map[string]any{"type": "mention", "text": "<at>Amtsbote</at>", "mentioned": map[string]any{"id": teamstest.BotID, "name": "Amtsbote"}}}
		a["attachments"] = []any{map[string]any{"contentType": "text/html", "content": `<p>Fass das zusammen.</p><attachment id="5a1c6c9e"></attachment>`}}
		o.channel.History(teamstest.Past{ID: a["id"].(string), By: o.jana, At: time.Now(), Text: "Fass das zusammen.", Files: []string{address}})
		c.Deliver(a)
	}
	ask(o.channel.Put("Bescheid.txt", []byte(notice)))
	answer := shows(t, o.channel, "25,00 €")
	if !strings.Contains(answer.Text(), "Ohne Sprachmodell") || len(o.channel.Messages()) != 1 {
		t.Errorf("got %s", answer.Text())
	}
	ask("https://stadt-my.sharepoint.com/personal/ben/Documents/Geheim.txt")
	shows(t, o.channel, "nicht im Ordner dieses Kanals")
	p.stop(t, syscall.SIGTERM)
	if r := c.Refusals(); len(r) > 0 {
		t.Errorf("Microsoft refused: %q", r)
	}
	c.keepsNothingOf(t, p, "Bewohnerparkausweis", "25,00", "Geheim", "sharepoint")
}
