package matrixtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRig(t *testing.T) {
	s := Start(t, Options{})
	anna := NewClient(t, s, s.User(t, "anna"), ClientOptions{CrossSigning: true})
	bernd := NewClient(t, s, s.User(t, "bernd"), ClientOptions{})
	room := anna.CreateRoom(t, Room{Direct: true, Encrypted: true, Invite: []string{bernd.UserID}})
	bernd.WaitMember(t, room, bernd.UserID, "invite")
	bernd.Join(t, room)
	anna.WaitMember(t, room, bernd.UserID, "join")

	chat(t, anna, bernd, room)
	notice(t, anna, bernd, room)
	t.Run("after a kill the server and the clients go on", func(t *testing.T) {
		s.Restart(t)
		id := anna.SendText(t, room, "wieder da")
		bernd.WaitEvent(t, room, id)
	})
	t.Run("a client that starts again reads what came meanwhile", func(t *testing.T) {
		bernd.Stop(t)
		id := anna.SendText(t, room, "während du weg warst")
		bernd.Restart(t)
		bernd.WaitEvent(t, room, id)
	})
	t.Run("a refusal says why", func(t *testing.T) {
		private := anna.CreateRoom(t, Room{})
		err := bernd.Try(t.Context(), "join", map[string]any{"room": private}, nil)
		if !IsCode(err, "M_FORBIDDEN") {
			t.Errorf("got %v", err)
		}
	})
}

// chat has what is said arrive.
func chat(t *testing.T, anna, bernd *Client, room string) {
	t.Run("two people chat, encrypted", func(t *testing.T) {
		sent := anna.SendText(t, room, "Guten Tag", SendOptions{Mentions: []string{bernd.UserID}})
		got := bernd.WaitFor(t, room, From(anna.UserID, "Guten Tag"))
		if got.EventID != sent || !got.Encrypted || got.WireType != "m.room.encrypted" || !slices.Equal(got.Mentions(), []string{bernd.UserID}) {
			t.Errorf("got %+v", got)
		}
		bernd.SendText(t, room, "Auch so", SendOptions{ReplyTo: sent})
		if back := anna.WaitFor(t, room, From(bernd.UserID, "Auch so")); back.ReplyTo() != sent {
			t.Errorf("got %+v", back)
		}
	})
	t.Run("a thread, an edit, a reaction and a redaction are seen", func(t *testing.T) {
		root := anna.SendText(t, room, "eins")
		reply := bernd.SendText(t, room, "zwei", SendOptions{Thread: root})
		if m := anna.WaitEvent(t, room, reply); m.Thread() != root {
			t.Errorf("got %+v", m)
		}
		anna.Edit(t, room, root, "drei")
		m := bernd.WaitFor(t, room, func(m Message) bool { return m.EventID == root && m.Edited })
		if m.Body() != "drei" || m.Original["body"] != "eins" {
			t.Errorf("got %+v", m)
		}
		anna.React(t, room, reply, "👍")
		bernd.WaitFor(t, room, func(m Message) bool {
			event, key := m.Reaction()
			return event == reply && key == "👍" && m.Sender == anna.UserID
		})
		bernd.Redact(t, room, reply, "")
		anna.WaitFor(t, room, func(m Message) bool { return m.EventID == reply && m.Redacted })
	})
	t.Run("a file crosses, and the server has it encrypted", func(t *testing.T) {
		data := bytes.Repeat([]byte("Amtsblatt\x00"), 10000)
		id := anna.SendFile(t, room, File{Name: "amtsblatt.pdf", MIME: "application/pdf", Data: data, Caption: "Bitte lesen"})
		m := bernd.WaitEvent(t, room, id)
		if m.Body() != "Bitte lesen" || m.Content["filename"] != "amtsblatt.pdf" || m.Content["file"] == nil {
			t.Errorf("got %+v", m)
		}
		if !bytes.Equal(bernd.Download(t, m), data) {
			t.Error("the file has changed")
		}
	})
}

// notice has seen what is not said.
func notice(t *testing.T, anna, bernd *Client, room string) {
	t.Run("typing and reading are seen", func(t *testing.T) {
		id := anna.SendText(t, room, "liest du?")
		bernd.WaitEvent(t, room, id)
		bernd.Typing(t, room, true)
		anna.WaitTyping(t, Typing{room, bernd.UserID, true})
		bernd.Read(t, room, id)
		anna.WaitReceipt(t, Receipt{room, bernd.UserID, id})
	})
	t.Run("who has signed their devices is seen", func(t *testing.T) {
		if trust := bernd.WaitTrust(t, anna.UserID, Trust.Signed); trust.Devices[0].ID != anna.DeviceID {
			t.Errorf("got %+v", trust)
		}
		if trust := anna.DeviceTrust(t, bernd.UserID); len(trust.Devices) != 1 || trust.Signed() || trust.CrossSigning {
			t.Errorf("got %+v", trust)
		}
		if shield := bernd.Shield(t, bernd.WaitFor(t, room, From(anna.UserID, "Guten Tag"))); shield.Colour != "none" {
			t.Errorf("got %+v", shield)
		}
		if shield := anna.Shield(t, anna.WaitFor(t, room, From(bernd.UserID, "Auch so"))); shield.Colour == "none" {
			t.Errorf("got %+v", shield)
		}
	})
}

// TestSignedOnly holds a person's client that follows MSC4153 against one whose
// device nobody has signed.
func TestSignedOnly(t *testing.T) {
	s := Start(t, Options{})
	account := s.User(t, "bernd")
	anna := NewClient(t, s, s.User(t, "anna"), ClientOptions{OnlySigned: true})
	bernd := NewClient(t, s, account, ClientOptions{})
	room := anna.CreateRoom(t, Room{Direct: true, Encrypted: true, Invite: []string{account.UserID}})
	bernd.Join(t, room)
	anna.WaitMember(t, room, account.UserID, "join")
	id := anna.SendText(t, room, "nur für Unterschriebene")
	if m := bernd.WaitFor(t, room, func(m Message) bool { return m.EventID == id && m.Failed }); m.Body() == "nur für Unterschriebene" {
		t.Errorf("got %+v", m)
	}
	id = bernd.SendText(t, room, "liest du mich?")
	anna.WaitFor(t, room, func(m Message) bool { return m.EventID == id && m.Failure == "UNSIGNED_SENDER_DEVICE" })

	signed := NewClient(t, s, account, ClientOptions{CrossSigning: true})
	anna.WaitTrust(t, account.UserID, func(trust Trust) bool {
		return slices.ContainsFunc(trust.Devices, func(d Device) bool { return d.ID == signed.DeviceID && d.Signed })
	})
	anna.NewSession(t, room)
	signed.WaitEvent(t, room, anna.SendText(t, room, "jetzt"))

	third := NewClient(t, s, account, ClientOptions{RecoveryKey: signed.RecoveryKey})
	anna.WaitTrust(t, account.UserID, func(trust Trust) bool {
		return slices.ContainsFunc(trust.Devices, func(d Device) bool { return d.ID == third.DeviceID && d.Signed })
	})
}

func TestRooms(t *testing.T) {
	s := Start(t, Options{})
	anna := NewClient(t, s, s.User(t, "anna"), ClientOptions{})
	bernd := NewClient(t, s, s.User(t, "bernd"), ClientOptions{})
	t.Run("encryption can be switched on later", func(t *testing.T) {
		room := anna.CreateRoom(t, Room{Name: "Runde", Invite: []string{bernd.UserID}})
		bernd.Join(t, room)
		if m := bernd.WaitEvent(t, room, anna.SendText(t, room, "offen")); m.Encrypted {
			t.Errorf("got %+v", m)
		}
		file := anna.SendFile(t, room, File{Name: "a.txt", MIME: "text/plain", Data: []byte("offen")})
		if got := bernd.Download(t, bernd.WaitEvent(t, room, file)); string(got) != "offen" {
			t.Errorf("got %q", got)
		}
		anna.Encrypt(t, room)
		if m := bernd.WaitEvent(t, room, anna.SendText(t, room, "zu")); !m.Encrypted {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("people leave, are put out and asked again", func(t *testing.T) {
		room := anna.CreateRoom(t, Room{Invite: []string{bernd.UserID}})
		bernd.Join(t, room)
		anna.Kick(t, room, bernd.UserID, "bitte gehen")
		bernd.WaitMember(t, room, bernd.UserID, "leave")
		anna.Invite(t, room, bernd.UserID)
		bernd.WaitMember(t, room, bernd.UserID, "invite")
		bernd.Join(t, room)
		bernd.Leave(t, room)
		anna.WaitMember(t, room, bernd.UserID, "leave")
	})
	for _, version := range []string{"11", "12"} {
		t.Run("a room is upgraded to version "+version, func(t *testing.T) {
			room := anna.CreateRoom(t, Room{Version: "10", Invite: []string{bernd.UserID}})
			bernd.Join(t, room)
			next := anna.Upgrade(t, room, version)
			m := bernd.WaitFor(t, room, func(m Message) bool { return m.Type == "m.room.tombstone" })
			if m.text("replacement_room") != next {
				t.Errorf("got %+v", m)
			}
			anna.Invite(t, next, bernd.UserID)
			bernd.Join(t, next, Name)
		})
	}
	t.Run("a person is logged out by the server", func(t *testing.T) {
		account := s.User(t, "carla")
		carla := NewClient(t, s, account, ClientOptions{})
		s.LogoutAll(t, account)
		carla.WaitLoggedOut(t)
	})
}

// TestLimits has the server refuse what is too much.
func TestLimits(t *testing.T) {
	s := Start(t, Options{RateLimit: true, MaxUpload: 1000})
	account := s.User(t, "anna")
	anna := NewClient(t, s, account, ClientOptions{})
	room := anna.CreateRoom(t, Room{})
	big := map[string]any{"room": room, "name": "a", "mime": "text/plain", "data": strings.Repeat("AAAA", 1000)}
	var refusal *Error
	if err := anna.Try(t.Context(), "upload", big, nil); !errors.As(err, &refusal) || refusal.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %v", err)
	}
	token, _ := s.Login(t, account)
	for range 100 {
		err := s.Call(t.Context(), "PUT", "/_matrix/client/v3/"+Path("rooms", room, "typing", account.UserID), token, map[string]any{"typing": false}, nil)
		if IsCode(err, "M_LIMIT_EXCEEDED") {
			return
		}
	}
	t.Error("100 requests were not too many")
}

// TestNothingStays kills a test's process and looks what becomes of its servers.
func TestNothingStays(t *testing.T) {
	if os.Getenv("AMTSBOTE_TEST_CHILD") != "" { // the process to kill
		s := Start(t, Options{})
		fmt.Println("pids", s.process.cmd.Process.Pid, s.hosts(t).process.cmd.Process.Pid)
		<-t.Context().Done()
		return
	}
	Needed(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingStays$", "-test.timeout=1m")
	child.Env = append(os.Environ(), "AMTSBOTE_TEST_CHILD=1", "TMPDIR="+t.TempDir()) // it cannot tidy up
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []string
	for lines := bufio.NewScanner(out); pids == nil && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "pids "); ok {
			pids = strings.Fields(rest)
		}
	}
	if len(pids) != 2 || !runs(pids[0]) || !runs(pids[1]) {
		t.Fatalf("the child says %q", pids)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	for end := time.Now().Add(Patience); runs(pids[0]) || runs(pids[1]); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a server still runs")
		}
	}
}

// runs reports whether there is a process that has not ended; one that nobody
// has waited for has.
func runs(pid string) bool {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}
