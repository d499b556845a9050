package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/connectors/matrix/matrixtest"
	"amtsbote/skills/llm/llmtest"
)

// TestMatrix runs the real program against a real homeserver, with people whose
// client is none of ours.
func TestMatrix(t *testing.T) {
	s := matrixtest.Start(t, matrixtest.Options{})
	t.Run("an encrypted chat: a greeting, a file summed up, marked as made by a program", func(t *testing.T) { matrixChat(t, s) })
	t.Run("a room: nothing of it is kept, a mention is answered in its thread, a catch-up and a note of a thread go to who asked", func(t *testing.T) { matrixRoom(t, s) })
	t.Run("a long room is covered to its first message, and its links lead there", func(t *testing.T) { matrixLong(t, s) })
	t.Run("killed again and again, each question has one answer", func(t *testing.T) { matrixKilled(t, s) })
	t.Run("eighty questions wait for the bot: eighty answers", func(t *testing.T) { matrixBacklog(t, s) })
}

// A messenger is the bot on a homeserver.
type messenger struct {
	*matrixtest.Server
	bot    matrixtest.Account
	dir    string
	config string
}

// newMessenger makes an account and its device as an operator does.
func newMessenger(t testing.TB, s *matrixtest.Server, extra string) *messenger {
	t.Helper()
	m := &messenger{Server: s, bot: s.User(t, fmt.Sprintf("amtsbote%d", rand.Uint32())), dir: t.TempDir()}
	m.config = file(t, "config.yaml", fmt.Sprintf(`
storage: bolt:%s/amtsbote.db
http: {listen: 127.0.0.1:0}
%sbots:
- name: Amtsbote
  authority: Stadt Musterstadt
  key: env:AMTSBOTE_TEST_KEY
  access: {allow: [%s]}
  quota: {per_hour: 100000}
  models: [%s]
  connectors:
    matrix:
    - {server: "%s", user: "%s", key: env:AMTSBOTE_TEST_MATRIX_KEY}
`, m.dir, extra, matrixtest.Name, modelName(extra), s.URL, m.bot.UserID))
	t.Setenv("AMTSBOTE_TEST_KEY", "schlüssel")
	t.Setenv("AMTSBOTE_TEST_MATRIX_KEY", "ein Schlüssel nur für diesen Test")
	t.Setenv("AMTSBOTE_TEST_MATRIX_PASSWORD", m.bot.Password)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "matrix", "login", "-c", m.config, "--password", "env:AMTSBOTE_TEST_MATRIX_PASSWORD").CombinedOutput()
	if err != nil {
		t.Fatalf("matrix login: %v\n%s", err, out)
	}
	return m
}

// model returns the configuration of a scripted model.
func model(s *llmtest.Server) string {
	return fmt.Sprintf("models:\n- {name: Testmodell, url: \"%s\", model: test, class: confidential, place: Testrechner, context: 8192}\n", s.URL)
}

func modelName(config string) string {
	if config == "" {
		return ""
	}
	return "Testmodell"
}

// run starts the daemon.
func (m *messenger) run(t testing.TB) *process { return start(t, m.config, "") }

func matrixChat(t *testing.T, s *matrixtest.Server) {
	m := newMessenger(t, s, "")
	p := m.run(t)
	anna := matrixtest.NewClient(t, s, s.User(t, "anna"), matrixtest.ClientOptions{CrossSigning: true, OnlySigned: true})
	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{m.bot.UserID}})
	greeting := anna.WaitFor(t, room, matrixtest.From(m.bot.UserID, "Guten Tag! Ich bin"))
	for _, want := range []string{"Stadt Musterstadt", "ohne Sprachmodell eingerichtet, kein Mensch", "An Bürgerinnen und Bürger schicke ich nichts", "nach 30 Tagen"} {
		if !strings.Contains(greeting.Body(), want) {
			t.Errorf("the greeting lacks %q:\n%s", want, greeting.Body())
		}
	}
	if greeting.MsgType() != "m.notice" || !greeting.Encrypted || greeting.Thread() != "" {
		t.Errorf("the greeting: %s, encrypted %t, thread %q", greeting.MsgType(), greeting.Encrypted, greeting.Thread())
	}
	anna.SendFile(t, room, matrixtest.File{Name: "Bescheid.txt", MIME: "text/plain", Data: []byte(notice), Caption: "Fass das in zwei Sätzen zusammen."})
	answer := anna.WaitFor(t, room, matrixtest.From(m.bot.UserID, "25,00 €"))
	if !strings.Contains(answer.Body(), "Ohne Sprachmodell") || answer.Content["de.amtsbote"] == nil || !answer.Encrypted {
		t.Errorf("the answer is not marked: %s", answer.Body())
	}
	anna.WaitTrust(t, m.bot.UserID, matrixtest.Trust.Signed)
	p.stop(t, syscall.SIGTERM)
	m.keepsNothingOf(t, p, "Bewohnerparkausweis", "25,00", anna.UserID)
}

const notice = "Sehr geehrte Frau Wieczorek, Ihr Antrag auf einen Bewohnerparkausweis wird abgelehnt. " +
	"Die Gebühr beträgt 25,00 € und ist bis zum 15. Dezember 2026 zu zahlen. Gegen diesen Bescheid können Sie innerhalb eines Monats Widerspruch erheben. " +
	"Das Wetter war in den letzten Tagen wechselhaft."

// keepsNothingOf wants none of the words in log or files.
func (m *messenger) keepsNothingOf(t *testing.T, p *process, words ...string) {
	t.Helper()
	err := filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, w := range words {
			// Who is in which room with which keys is what the device file is for.
			if bytes.Contains(data, []byte(w)) && !(strings.HasPrefix(w, "@") && strings.HasPrefix(d.Name(), "matrix-")) {
				t.Errorf("%s has %q", d.Name(), w)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		if strings.Contains(p.log.String(), w) {
			t.Errorf("the log has %q:\n%s", w, p.log)
		}
	}
}

func matrixRoom(t *testing.T, s *matrixtest.Server) {
	m := newMessenger(t, s, "")
	p := m.run(t)
	anna := matrixtest.NewClient(t, s, s.User(t, "anna2"), matrixtest.ClientOptions{})
	ben := matrixtest.NewClient(t, s, s.User(t, "ben2"), matrixtest.ClientOptions{})
	room := anna.CreateRoom(t, matrixtest.Room{Name: "Team Bürgerbüro", Encrypted: true, Invite: []string{ben.UserID, m.bot.UserID}})
	hello := anna.WaitFor(t, room, matrixtest.From(m.bot.UserID, "erst, wenn mich jemand erwähnt"))
	ben.Join(t, room) // after the bot: of two who join at once Dendrite may leave one out of the sync
	if hello.Thread() != "" || !strings.Contains(hello.Body(), "eingeladen von") {
		t.Errorf("the greeting: %s", hello.Body())
	}
	anna.WaitMember(t, room, ben.UserID, "join")
	ben.WaitMember(t, room, m.bot.UserID, "join")
	ben.WaitEvent(t, room, anna.SendText(t, room, "Bis morgen, Kennwort Zwetschgendatschi!"))
	decision := ben.SendText(t, room, "Wir haben entschieden: Die Samstagsöffnung am 28.11. entfällt.")
	question := ben.SendText(t, room, "Anna, übernehmen Sie am Donnerstag Schalter 3?", matrixtest.SendOptions{Mentions: []string{anna.UserID}})
	anna.WaitEvent(t, room, question)
	anna.SendText(t, room, "Amtsbote: Was habe ich verpasst?", matrixtest.SendOptions{Mentions: []string{m.bot.UserID}})
	private := anna.WaitInvited(t)
	anna.Join(t, private)
	got := anna.WaitFor(t, private, matrixtest.From(m.bot.UserID, "Schalter 3"))
	for _, want := range []string{"An Sie gerichtet", "Samstagsöffnung", "/" + question + "?via=", "Ohne Sprachmodell"} {
		if !strings.Contains(got.Body()+got.HTML(), want) {
			t.Errorf("the catch-up lacks %q:\n%s\n%s", want, got.Body(), got.HTML())
		}
	}
	if strings.Contains(got.Body(), "Zwetschgendatschi") {
		t.Error("it begins before the last message of who asked")
	}
	todo := ben.SendText(t, room, "Wer kann bis 27.11. den Aushang an der Türe ändern?", matrixtest.SendOptions{Thread: decision})
	anna.WaitEvent(t, room, todo)
	anna.SendText(t, room, "Amtsbote: Schreib einen Vermerk über diesen Thread", matrixtest.SendOptions{Thread: decision, Mentions: []string{m.bot.UserID}})
	got = anna.WaitFor(t, private, matrixtest.From(m.bot.UserID, "Weiteres Vorgehen"))
	for _, want := range []string{"Beteiligte: ", "Samstagsöffnung", "/" + decision + "?via=", "Aushang", "/" + todo + "?via=", "2 Nachrichten"} {
		if !strings.Contains(got.Body()+got.HTML(), want) {
			t.Errorf("the note lacks %q:\n%s\n%s", want, got.Body(), got.HTML())
		}
	}
	if strings.Contains(got.Body(), "Schalter 3") {
		t.Error("the note has what is not of the thread")
	}
	if n := len(anna.Said(room, m.bot.UserID)); n != 1 {
		t.Errorf("the bot has written %d times into the room, wanted the greeting only", n)
	}
	p.stop(t, syscall.SIGTERM)
	m.keepsNothingOf(t, p, "Zwetschgendatschi", "Samstagsöffnung", "Aushang", "Bürgerbüro", anna.UserID, ben.UserID)
}

// matrixLong has a room in which more was written than anybody reads: the catch-up
// covers all of it and says so, and its links lead to what they speak of.
func matrixLong(t *testing.T, s *matrixtest.Server) {
	n := 300
	if os.Getenv("AMTSBOTE_TEST_FAULTS") != "" {
		n = 5000
	}
	m := newMessenger(t, s, "")
	p := m.run(t)
	anna := matrixtest.NewClient(t, s, s.User(t, fmt.Sprintf("anna%d", rand.Uint32())), matrixtest.ClientOptions{})
	petra := s.User(t, fmt.Sprintf("petra%d", rand.Uint32()))
	token, _ := s.Login(t, petra)
	room := anna.CreateRoom(t, matrixtest.Room{Name: "Langer Raum", Invite: []string{m.bot.UserID, petra.UserID}})
	// Of events at the same depth Dendrite leaves out those beyond a page's border
	// (TopologyToken.Decrement): nobody writes while the bot greets.
	anna.WaitFor(t, room, matrixtest.From(m.bot.UserID, "Guten Tag"))
	call := func(method, path string, in, out any) {
		if err := s.Call(t.Context(), method, path, token, in, out); err != nil {
			t.Fatal(err)
		}
	}
	call("POST", matrixtest.Path("", "_matrix", "client", "v3", "rooms", room, "join"), map[string]any{}, nil)
	var decided string
	for i := range n {
		text := fmt.Sprintf("Im Flur %d steht ein Stuhl.", i)
		if i == 2 {
			text = "Wir haben entschieden: Die Samstagsöffnung am 28.11. entfällt."
		}
		var sent struct {
			ID string `json:"event_id"`
		}
		call("PUT", matrixtest.Path("", "_matrix", "client", "v3", "rooms", room, "send", "m.room.message", fmt.Sprint(i)), map[string]any{"msgtype": "m.text", "body": text}, &sent)
		if i == 2 {
			decided = sent.ID
		}
	}
	began := time.Now()
	anna.SendText(t, room, "Amtsbote: Was habe ich in den letzten 7 Tagen verpasst?", matrixtest.SendOptions{Mentions: []string{m.bot.UserID}})
	private := anna.WaitInvited(t)
	anna.Join(t, private)
	got := anna.WaitFor(t, private, matrixtest.From(m.bot.UserID, "Ausgewertet"))
	t.Logf("%d messages in %v", n, time.Since(began).Round(time.Millisecond))
	if want := fmt.Sprintf("· %d Nachrichten.", n); !strings.Contains(got.Body(), want) {
		t.Errorf("it does not say that it covers all, %q:\n%s", want, got.Body())
	}
	if !strings.Contains(got.HTML(), "/"+decided+"?via=") {
		t.Errorf("it has no link to what was decided at the beginning:\n%s", got.HTML())
	}
	if !strings.Contains(got.Body(), "Samstagsöffnung") {
		t.Errorf("it does not say what was decided:\n%s", got.Body())
	}
	p.stop(t, syscall.SIGTERM)
}

// echo is a scripted model that says the number of the question.
func echo(t testing.TB) *llmtest.Server {
	s := llmtest.NewServer(t, llmtest.Options{})
	s.Answer(func(r llmtest.Request) llmtest.Reply {
		q := r.Last()
		if i := strings.LastIndex(q, "Frage "); i >= 0 {
			q = strings.Fields(q[i+len("Frage "):])[0]
		}
		return llmtest.Reply{Text: "Antwort auf " + strings.Trim(q, ".,:;!?\"") + "."}
	})
	return s
}

// matrixKilled kills the daemon at random moments while questions come in from
// plain and encrypted chats. At the end each has one answer.
func matrixKilled(t *testing.T, s *matrixtest.Server) {
	rounds, questions := 3, 40
	if os.Getenv("AMTSBOTE_TEST_FAULTS") != "" {
		rounds, questions = 10, 200
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	m := newMessenger(t, s, model(echo(t)))
	anna := matrixtest.NewClient(t, s, s.User(t, fmt.Sprintf("anna%d", rng.Uint32())), matrixtest.ClientOptions{})
	p := m.run(t)
	var rooms []string
	for i := range 4 {
		room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: i%2 == 0, Invite: []string{m.bot.UserID}})
		anna.WaitMember(t, room, m.bot.UserID, "join")
		rooms = append(rooms, room)
	}
	p.stop(t, syscall.SIGTERM)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for i := range questions {
			anna.SendText(t, rooms[i%len(rooms)], fmt.Sprintf("Frage %d?", i))
		}
	}()
	for range rounds {
		p := m.run(t)
		<-time.After(time.Duration(rng.IntN(1500)) * time.Millisecond) // a kill at a random moment is what is tested
		p.stop(t, syscall.SIGKILL)
	}
	<-asked
	p = m.run(t)
	m.answered(t, anna, rooms, questions)
	p.stop(t, syscall.SIGTERM)
}

// answered waits until each question has its answer, and wants no other.
func (m *messenger) answered(t *testing.T, who *matrixtest.Client, rooms []string, questions int) {
	t.Helper()
	for i := questions - len(rooms); i < questions; i++ { // the last in each room
		who.WaitForIn(t, rooms[i%len(rooms)], 3*time.Minute, matrixtest.From(m.bot.UserID, fmt.Sprintf("Antwort auf %d.", i)))
	}
	for _, room := range rooms {
		for n := -1; n < len(who.Messages(room)); { // the server leaves out what is much at once
			n = len(who.Messages(room))
			who.Scrollback(t, room, 100)
		}
	}
	count := map[string]int{}
	for _, room := range rooms {
		for _, said := range who.Said(room, m.bot.UserID) {
			if i := strings.Index(said.Body(), "Antwort auf "); i >= 0 {
				count[strings.Fields(said.Body()[i+len("Antwort auf "):])[0]]++
			}
		}
	}
	for i := range questions {
		if n := count[fmt.Sprintf("%d.", i)]; n != 1 {
			t.Errorf("question %d has %d answers", i, n)
		}
	}
}

func matrixBacklog(t *testing.T, s *matrixtest.Server) {
	m := newMessenger(t, s, model(echo(t)))
	anna := matrixtest.NewClient(t, s, s.User(t, fmt.Sprintf("anna%d", rand.Uint32())), matrixtest.ClientOptions{})
	p := m.run(t)
	room := anna.CreateRoom(t, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{m.bot.UserID}})
	anna.WaitMember(t, room, m.bot.UserID, "join")
	p.stop(t, syscall.SIGTERM)
	for i := range 80 {
		anna.SendText(t, room, fmt.Sprintf("Frage %d?", i))
	}
	began := time.Now()
	p = m.run(t)
	// Any answer: of many at once the server leaves the first ones out of the sync.
	anna.WaitFor(t, room, matrixtest.From(m.bot.UserID, "Antwort auf "))
	t.Logf("the first answer came %v after the start of the program", time.Since(began).Round(time.Millisecond))
	m.answered(t, anna, []string{room}, 80)
	p.stop(t, syscall.SIGTERM)
}
