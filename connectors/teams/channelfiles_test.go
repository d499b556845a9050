package teams

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/teams/teamstest"
)

// asked returns a message with attachments that a person wrote in a channel, as an
// activity has it and as Graph does.
func (a *archive) attached(t *testing.T, v *teamstest.Conversation, thread string, files ...string) *activity {
	t.Helper()
	act := v.Activity(a.anna, "message", thread)
	m := teamstest.Past{ID: act["id"].(string), By: a.anna, At: ago(1), Text: "bitte lesen", Files: files, Quotes: "1"}
	if v.Team != nil && thread != m.ID {
		m.Thread = thread
	}
	v.History(m)
	return heard(t, act)
}

func (a *archive) open(t *testing.T, f bots.File) (string, error) {
	t.Helper()
	r, err := a.Open(t.Context(), a.state, f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

// TestChannelFiles reads the files of messages in a channel.
func TestChannelFiles(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	address := v.Put("Unter ordner/Plan (2).docx", []byte("der Plan"))
	root := a.attached(t, v, "", address)
	reply := a.attached(t, v, root.ID, address, v.Put("b.pdf", []byte("zwei")))
	for _, act := range []*activity{root, reply} {
		files, err := a.channelFiles(t.Context(), a.state, act)
		if err != nil || len(files) == 0 {
			t.Fatalf("files %v, %v", files, err)
		}
		if f := files[0]; f.Name != "Plan (2).docx" || f.Size != 0 || !strings.HasPrefix(f.Type, "application/vnd.openxmlformats") {
			t.Errorf("got %+v", f)
		}
		if got, err := a.open(t, files[0]); got != "der Plan" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if act == reply && len(files) != 2 {
			t.Errorf("files %v", files)
		}
	}
	h := a.read(t, a.anna, v, bots.Span{})
	if len(h.Entries) != 2 || len(h.Entries[1].Files) != 2 || h.Entries[0].ReplyTo == "" {
		t.Fatalf("history %+v", h.Entries)
	}
	if got, err := a.open(t, h.Entries[1].Files[1]); got != "zwei" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	a.clean(t)
}

// TestFilesElsewhere fetches nothing that is not in the channel's folder: whoever
// writes a message chooses the address.
func TestFilesElsewhere(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	inside := v.Put("a.txt", []byte("x"))
	folder := strings.TrimSuffix(inside, "/a.txt")
	secret := a.cloud.Channel("Bürgerbüro", "Leitung", a.ben).Put("geheim.txt", []byte("GEHEIM"))
	for _, address := range []string{
		secret,
		"https://stadt-my.sharepoint.com/personal/leitung_stadt_example/Documents/geheim.txt",
		folder + "/../Leitung/geheim.txt",
		folder + "/%2e%2e/Leitung/geheim.txt",
		folder + "/x%2F..%2F..%2FLeitung/geheim.txt",
		folder + "/a.txt:/content/x",
		folder + `/..\Leitung\geheim.txt`,
		folder + "x/a.txt",
		folder + "/",
		folder,
		strings.Replace(inside, "https:", "http:", 1),
		strings.Replace(inside, "https://", "https://x@", 1),
		strings.Replace(inside, "stadt.share", "stadt.example.share", 1),
	} {
		f := bots.File{Ref: string(encode(driveRef{Kind: kindDrive, Group: v.Team.GroupID, Channel: v.ID, URL: address}))}
		got, err := a.open(t, f)
		if r, ok := errors.AsType[*bots.Refusal](err); !ok || r.Text != textElsewhere {
			t.Errorf("%s: read %q, error %v", address, got, err)
		}
	}
	for _, path := range a.cloud.GraphRequests() {
		if strings.Contains(path, "/drives/") {
			t.Errorf("asked for %s", path)
		}
	}
	// Of a group chat there is no folder of which that would be known.
	g := a.group(t, a.anna)
	files, err := a.channelFiles(t.Context(), a.state, a.attached(t, g, "", inside))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if _, err := a.open(t, files[0]); !refuses(err, textElsewhere) {
		t.Errorf("error %v", err)
	}
}

func refuses(err error, want bots.Text) bool {
	r, ok := errors.AsType[*bots.Refusal](err)
	return ok && r.Text == want
}

// TestFilesMayNot says why files cannot be had.
func TestFilesMayNot(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	act := a.attached(t, v, "", v.Put("a.txt", []byte("x")))
	files, err := a.channelFiles(t.Context(), a.state, act)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	gone := files[0]
	gone.Ref = strings.Replace(gone.Ref, "a.txt", "weg.txt", 1)
	if _, err := a.open(t, gone); !refuses(err, textFileGone) {
		t.Errorf("a file that is gone: %v", err)
	}
	none := *act
	none.ID = "1"
	if _, err := a.channelFiles(t.Context(), a.state, &none); !refuses(err, textFileGone) || len(a.paused) != lateTries {
		t.Errorf("of no message: %v, after %v", err, a.paused)
	}
	late := 0
	a.cloud.GraphHook(func(w http.ResponseWriter, _ *http.Request) bool {
		if late++; late < 3 {
			w.WriteHeader(http.StatusNotFound)
		}
		return late < 3
	})
	if files, err := a.channelFiles(t.Context(), a.state, act); err != nil || len(files) != 1 {
		t.Errorf("of a message that Graph knows later: %v, %v", files, err)
	}
	for _, body := range []string{`{"id":"2","attachments":[{"contentType":"reference","contentUrl":"https://a.sharepoint.com/x"}]}`,
		fmt.Sprintf(`{"id":%q,"deletedDateTime":"2026-11-28T12:00:00Z","attachments":[{"contentType":"reference","contentUrl":"https://a.sharepoint.com/x"}]}`, act.ID)} {
		a.cloud.GraphHook(func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, body); return true })
		if files, err := a.channelFiles(t.Context(), a.state, act); !refuses(err, textFileGone) {
			t.Errorf("%s: %v, %v", body, files, err)
		}
	}
	a.cloud.GraphHook(nil)
	a.cloud.Deny(teamstest.Files, "")
	if _, err := a.open(t, files[0]); !refuses(err, textNoFiles) || !strings.Contains(textNoFiles.DE, teamstest.Files) {
		t.Errorf("without the permission: %v", err)
	}
	a.cloud.Deny(teamstest.ChannelMessages, v.Team.GroupID)
	if _, err := a.channelFiles(t.Context(), a.state, act); !refuses(err, textNoChannel) {
		t.Errorf("without the permission: %v", err)
	}
	g := a.group(t, a.anna)
	chat := a.attached(t, g, "", "https://x.sharepoint.com/a")
	a.cloud.Deny(teamstest.ChatMessages, g.ID)
	if _, err := a.channelFiles(t.Context(), a.state, chat); !refuses(err, textNoChat) {
		t.Errorf("without the permission: %v", err)
	}
	teamless := heard(t, v.Activity(a.anna, "message", ""))
	teamless.Conversation.ID = "19:never-seen@thread.tacv2"
	if _, err := a.channelFiles(t.Context(), a.state, teamless); !refuses(err, textNoTeam) {
		t.Errorf("without a team: %v", err)
	}
	a.cfg.Graph = false
	if _, err := a.channelFiles(t.Context(), a.state, act); !refuses(err, textNoGraph) {
		t.Errorf("without Graph: %v", err)
	}
	if _, err := a.open(t, files[0]); !refuses(err, textNoGraph) {
		t.Errorf("without Graph: %v", err)
	}
}

// TestFilesContent follows to a listed host only, without the token, and shows the
// address in no error.
func TestFilesContent(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"another host": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/x?tempauth=GEHEIM")
			w.WriteHeader(http.StatusFound)
		},
		"no address": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) },
		"expired": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://"+r.Host+"/sharepoint/x?tempauth=GEHEIM")
			w.WriteHeader(http.StatusFound)
		},
		"no redirection": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "GEHEIM") },
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			v := a.channel(t, a.anna)
			f, ok := roomInfo{Type: channel, Group: v.Team.GroupID, Conversation: v.ID}.file(graphAttachment{ContentURL: v.Put("a.txt", []byte("x"))})
			if !ok || f.Name != "a.txt" {
				t.Fatalf("%+v", f)
			}
			a.cloud.GraphHook(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/drives/") {
					return false
				}
				answer(w, r)
				return true
			})
			got, err := a.open(t, f)
			if name == "expired" && !refuses(err, textFileGone) {
				t.Errorf("error %v", err)
			}
			if err == nil || strings.Contains(err.Error(), "GEHEIM") || got != "" {
				t.Errorf("read %q, error %v", got, err)
			}
		})
	}
}

// FuzzMessage reads any message: nothing of it breaks a link, a name or an ID.
func FuzzMessage(f *testing.F) {
	f.Add(`{"id":"1700000000000","messageType":"message","createdDateTime":"2026-11-28T12:00:00Z","webUrl":"https://teams.microsoft.com/l/message/x/1","from":{"user":{"id":"A","displayName":"Anna\n[x](y)"}},"body":{"contentType":"html","content":"<p>Hallo</p>"},"mentions":[{"mentioned":{"user":{"id":"B"}}}],"attachments":[{"contentType":"reference","contentUrl":"https://a.sharepoint.com/x/y.docx","name":"../y.docx"},{"contentType":"messageReference","content":"{\"messageId\":\"17\"}"}]}`)
	f.Add(`{"id":"1","messageType":"message","webUrl":"javascript:alert(1)","replyToId":"../x","from":{"application":{}},"attachments":[{"contentType":"forwardedMessageReference","content":"{\"originalMessageContent\":\"<b>x\"}"}]}`)
	f.Add(`{"id":"99999999999999999999"}`)
	c := New(Config{AppID: teamstest.AppID, Tenant: teamstest.Tenant}, nil)
	f.Fuzz(func(t *testing.T, s string) {
		var m graphMessage
		_ = json.Unmarshal([]byte(s), &m)
		for _, kind := range []string{channel, "groupChat"} {
			h := &scan{c: c, person: "anna@stadt.example", object: "a", info: roomInfo{Type: kind, Conversation: "19:(x)@thread.tacv2", Group: "g"}}
			when, ok := m.when()
			if !ok {
				continue
			}
			e, ok := h.entry(&m, when)
			if !ok {
				continue
			}
			if !strings.HasPrefix(e.Link, "https://teams.microsoft.com/l/message/") && !strings.HasPrefix(e.Link, "https://teams.cloud.microsoft/l/message/") || strings.ContainsAny(e.Link, " ()<>\n\"") {
				t.Errorf("the link is %q", e.Link)
			}
			if strings.ContainsAny(e.Name, "\n\r\x00\u202e") || len(e.Text) > maxText+3 || len(e.Files) > maxFiles || bots.Visible(e.Text) != e.Text {
				t.Errorf("got %+v", e)
			}
			for _, file := range e.Files {
				if file.Name == "" || strings.ContainsAny(file.Name, "/\\\n") {
					t.Errorf("a file %q", file.Name)
				}
			}
		}
	})
}

// TestPointsToFiles tells files from quoted messages, however the HTML is written.
func TestPointsToFiles(t *testing.T) {
	for content, want := range map[string]bool{
		`"<p>bitte</p><attachment id=\"5a1c6c9e-0000\"></attachment>"`:                        true,
		`"\u003cattachment id=\"0\u0061\"\u003e\u003c/attachment\u003e"`:                      true,
		`"<attachment id=\"1700000000000\"></attachment><p>dazu</p>"`:                         false,
		`"<attachment id=\"1700000000000\"></attachment><attachment id=\"5a\"></attachment>"`: true,
		`"<p>nichts</p>"`:                false,
		`{"x":"<attachment id=\"5a\">"}`: false,
	} {
		a := &activity{Attachments: []attachment{{ContentType: "image/png"}, {ContentType: "text/html", Content: json.RawMessage(content)}}}
		if got := a.pointsToFiles(); got != want {
			t.Errorf("%s: %v", content, got)
		}
	}
}

// TestFilesAway answers without the files when Graph is away for long; a question
// that just came waits.
func TestFilesAway(t *testing.T) {
	a := newArchive(t)
	v := a.channel(t, a.anna)
	act := a.attached(t, v, "", v.Put("a.pdf", []byte("x")))
	a.cloud.GraphHook(teamstest.Throttle(1<<30, http.StatusServiceUnavailable, "3600"))
	n := &run{c: a.Connector, ctx: t.Context(), s: a.state}
	m := bots.Message{ID: "1", Time: ago(1)}
	if err := n.filesBehind(t.Context(), &m, act); err == nil || len(m.Files) > 0 {
		t.Errorf("it did not wait: %v", m.Files)
	}
	m.Time = ago(3)
	if err := n.filesBehind(t.Context(), &m, act); err != nil || len(m.Files) != 1 {
		t.Fatalf("files %v, %v", m.Files, err)
	}
	if _, err := a.open(t, m.Files[0]); !refuses(err, textFilesAway) {
		t.Errorf("it says %v", err)
	}
}
