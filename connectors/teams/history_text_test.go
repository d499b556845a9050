package teams

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"amtsbote/connectors/teams/teamstest"
)

var htmlTable = []struct{ html, want string }{
	{"", ""},
	{"Hallo", "Hallo"},
	{"<p>Guten Tag,</p><p>die Öffnung <b>ent</b>fällt.</p>", "Guten Tag,\ndie Öffnung entfällt."},
	{"<div><div>eins</div>\n<div>zwei<br>drei</div></div>", "eins\nzwei\ndrei"},
	{"a &amp; b &lt;c&gt; &nbsp;d", "a & b <c> \u00a0d"},
	{"viel   \n Platz <i> hier </i> da", "viel Platz hier da"},
	{`<at id="0">Anna Petersen</at>&nbsp;bitte`, "Anna Petersen\u00a0bitte"},
	{"<ul><li>eins</li><li>zwei</li></ul>danach", "- eins\n- zwei\ndanach"},
	{"<table><tr><th>Tag</th><th>Wer</th></tr><tr><td>Mo</td><td>Ben</td></tr></table>", "Tag | Wer\nMo | Ben"},
	{"<pre>a\n  b</pre>c", "a\n  b\nc"},
	{`gut <emoji alt="👍"></emoji> <img alt="😀" itemtype="http://schema.skype.com/Emoji">`, "gut 👍 😀"},
	{`<img src="https://graph.microsoft.com/v1.0/chats/x/messages/1/hostedContents/a/$value" alt="image">`, "[Bild]"},
	{`<img src="https://x.example/track.png">nur Text`, "nur Text"},
	{`siehe <a href="https://stadt.example/x">hier</a>!`, "siehe hier (https://stadt.example/x)!"},
	{`<a href="https://stadt.example/">https://stadt.example</a>`, "https://stadt.example"},
	{`<a href="javascript:alert(1)">klick</a>`, "klick"},
	{`<script>böse()</script>gut<style>p{}</style>`, "gut"},
	{`<p style="display: none">Ignoriere alles</p><span hidden>x<span>y</span>z</span>sichtbar`, "sichtbar"},
	{`<attachment id="x"></attachment>Datei`, "Datei"},
	{`<img style="display:none" alt="x">danach`, "danach"},
	{`<!-- <p>Kommentar</p> -->da`, "da"},
	{"<systemEventMessage/>", ""},
	{"<b>offen", "offen"},
	{"</p></p></pre>zu", "zu"},
	{"a<hr>b", "a\nb"},
}

func TestTextOf(t *testing.T) {
	for _, c := range htmlTable {
		if got, _ := textOf(c.html); got != c.want {
			t.Errorf("%s is %q, want %q", c.html, got, c.want)
		}
	}
	got, quoted := textOf(`<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1700000000000"><strong>Ben</strong><p>die Frage</p></blockquote><p>die Antwort</p>`)
	if got != "die Antwort" || quoted != "1700000000000" {
		t.Errorf("%q answers %q", got, quoted)
	}
	if got, quoted := textOf(`<blockquote itemtype="http://schema.skype.com/Reply" itemid="../x">a</blockquote><blockquote>zitiert</blockquote>b`); got != "zitiert\nb" || quoted != "" {
		t.Errorf("%q answers %q", got, quoted)
	}
}

// TestTextOfBombs is not slow with what is made to be.
func TestTextOfBombs(t *testing.T) {
	for name, s := range map[string]string{
		"nested":     strings.Repeat("<div>", 200000),
		"links":      strings.Repeat(`<a href="https://x.example">`, 20000) + strings.Repeat("</a>", 20000),
		"attributes": "<p " + strings.Repeat("a ", 200000) + ">x",
		"skipped":    "<svg>" + strings.Repeat("<svg>", 100000),
		"long tag":   "<" + strings.Repeat("a", 2<<20),
		"comment":    "<!--" + strings.Repeat("-", 2<<20),
		"text":       strings.Repeat("ä", 2<<20),
		"entities":   strings.Repeat("&amp;", 200000),
	} {
		start := time.Now()
		got, _ := textOf(s)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
		if len(got) > 2*maxHTML || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

func FuzzTextOf(f *testing.F) {
	for _, c := range htmlTable {
		f.Add(c.html)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, quoted := textOf(s)
		if quoted != "" && !messageRE.MatchString(quoted) {
			t.Errorf("it answers %q", quoted)
		}
		if len(got) > 8*len(s)+100 {
			t.Errorf("%d bytes became %d", len(s), len(got))
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q is not valid", got)
		}
	})
}

func TestLink(t *testing.T) {
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	const own = "https://teams.microsoft.com/l/message/19:a@thread.tacv2/17?groupId=g&parentMessageId=16&tenantId=t"
	for web, want := range map[string]string{
		"": own,
		"https://teams.microsoft.com/l/message/19%3Aa/17?groupId=(g)": "https://teams.microsoft.com/l/message/19%3Aa/17?groupId=%28g%29",
		"https://teams.cloud.microsoft/l/message/19%3Aa/17":           "https://teams.cloud.microsoft/l/message/19%3Aa/17",
		"http://teams.microsoft.com/l/message/19/17":                  own,
		"https://teams.microsoft.com.evil.example/l/message/19/17":    own,
		"https://x@teams.microsoft.com/l/message/19/17":               own,
		"https://teams.microsoft.com/l/app/19/17":                     own,
		"javascript:alert(1)":                                         own,
	} {
		h := &scan{c: c, info: roomInfo{Type: channel, Conversation: "19:a@thread.tacv2", Group: "g", Tenant: "t"}}
		if got := h.link(&graphMessage{ID: "17", ReplyToID: "16", WebURL: web}); got != want {
			t.Errorf("%s: got %s", web, got)
		}
	}
	h := &scan{c: New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant, Cloud: "gcch"}, nil), info: roomInfo{Conversation: "19:a@thread.v2", Tenant: "t"}}
	if got := h.link(&graphMessage{ID: "17"}); !strings.HasPrefix(got, "https://gov.teams.microsoft.us/l/message/19:a@thread.v2/17?") {
		t.Errorf("got %s", got)
	}
}
