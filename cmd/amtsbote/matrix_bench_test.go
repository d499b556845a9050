package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"amtsbote/connectors/matrix/matrixtest"
)

// BenchmarkMatrix measures the real program on a real homeserver, seen from a
// client that is none of ours: the round trip of a question in an encrypted chat,
// beside that of the smallest bot that mautrix makes, in the same run; the first
// answer after a restart; and many rooms.
func BenchmarkMatrix(b *testing.B) {
	s := matrixtest.Start(b, matrixtest.Options{})
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	b.Run("trip", func(b *testing.B) { benchTrip(b, s) })
	b.Run("restart", func(b *testing.B) { benchRestart(b, s) })
	for _, n := range []int{200, 1000} {
		b.Run(fmt.Sprintf("rooms-%d", n), func(b *testing.B) { benchRooms(b, s, n) })
	}
}

// benchTrip asks the bot and the smallest bot in turn.
func benchTrip(b *testing.B, s *matrixtest.Server) {
	m := newMessenger(b, s, model(echo(b)))
	p := m.run(b)
	smallest := s.User(b, fmt.Sprintf("echo%d", rand.Uint32()))
	runSmallest(b, s, smallest)
	anna := matrixtest.NewClient(b, s, s.User(b, fmt.Sprintf("anna%d", rand.Uint32())), matrixtest.ClientOptions{})
	rooms := map[string]string{}
	for _, who := range []string{m.bot.UserID, smallest.UserID} {
		rooms[who] = anna.CreateRoom(b, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{who}})
		anna.WaitMember(b, rooms[who], who, "join")
	}
	trip := func(who string, n int) time.Duration {
		began := time.Now()
		anna.SendText(b, rooms[who], fmt.Sprintf("Frage %d?", n))
		anna.WaitFor(b, rooms[who], matrixtest.From(who, fmt.Sprintf(" %d", n)))
		return time.Since(began)
	}
	var ours, theirs []time.Duration
	for n := 0; b.Loop(); n++ {
		ours = append(ours, trip(m.bot.UserID, n))
		theirs = append(theirs, trip(smallest.UserID, n))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	o, e := ours[len(ours)/2], theirs[len(theirs)/2]
	b.ReportMetric(float64(o.Microseconds())/1000, "bot-ms")
	b.ReportMetric(float64(e.Microseconds())/1000, "echo-ms")
	b.ReportMetric(float64(o)/float64(e), "ratio")
	p.stop(b, syscall.SIGTERM)
}

// runSmallest runs the smallest bot that answers in encrypted rooms: nothing is
// kept but keys, and nothing is promised.
func runSmallest(b *testing.B, s *matrixtest.Server, who matrixtest.Account) {
	token, device := s.Login(b, who)
	mx, err := mautrix.NewClient(s.URL, id.UserID(who.UserID), token)
	if err != nil {
		b.Fatal(err)
	}
	mx.Log, mx.DeviceID = zerolog.Nop(), id.DeviceID(device)
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "echo.db")+"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	db, err := dbutil.NewWithDB(raw, "sqlite3")
	if err != nil {
		b.Fatal(err)
	}
	states := sqlstatestore.NewSQLStateStore(db, dbutil.NoopLogger, false)
	keys := crypto.NewSQLCryptoStore(db, dbutil.NoopLogger, "", mx.DeviceID, []byte("geheim"))
	mach := crypto.NewOlmMachine(mx, nil, keys, states)
	for _, do := range []func(context.Context) error{states.Upgrade, keys.DB.Upgrade, mach.Load, func(ctx context.Context) error { return mach.ShareKeys(ctx, -1) }} {
		if err := do(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	mx.StateStore = states
	syncer := mx.Syncer.(mautrix.ExtensibleSyncer)
	syncer.OnSync(mach.ProcessSyncResponse)
	syncer.OnEvent(mx.StateStoreSyncHandler)
	syncer.OnEventType(event.StateMember, func(ctx context.Context, e *event.Event) {
		mach.HandleMemberEvent(ctx, e)
		if e.GetStateKey() == string(mx.UserID) && e.Content.AsMember().Membership == event.MembershipInvite {
			_, _ = mx.JoinRoomByID(ctx, e.RoomID)
		}
	})
	syncer.OnEventType(event.EventEncrypted, func(ctx context.Context, e *event.Event) {
		clear, err := mach.DecryptMegolmEvent(ctx, e)
		if err != nil || e.Sender == mx.UserID {
			return
		}
		answer := &event.MessageEventContent{MsgType: event.MsgText, Body: strings.TrimSuffix(clear.Content.AsMessage().Body, "?")}
		sealed, err := mach.EncryptMegolmEvent(ctx, e.RoomID, event.EventMessage, answer)
		if crypto.IsShareError(err) {
			users, _ := states.GetRoomJoinedOrInvitedMembers(ctx, e.RoomID)
			if err = mach.ShareGroupSession(ctx, e.RoomID, users); err == nil {
				sealed, err = mach.EncryptMegolmEvent(ctx, e.RoomID, event.EventMessage, answer)
			}
		}
		if err == nil {
			_, _ = mx.SendMessageEvent(ctx, e.RoomID, event.EventEncrypted, sealed)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = mx.SyncWithContext(ctx) }()
	b.Cleanup(func() { cancel(); <-done; db.Close() })
}

// benchRestart measures from the start of the program to the answer that a person
// sees, of a question that waited.
func benchRestart(b *testing.B, s *matrixtest.Server) {
	m := newMessenger(b, s, model(echo(b)))
	anna := matrixtest.NewClient(b, s, s.User(b, fmt.Sprintf("anna%d", rand.Uint32())), matrixtest.ClientOptions{})
	p := m.run(b)
	room := anna.CreateRoom(b, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{m.bot.UserID}})
	anna.WaitMember(b, room, m.bot.UserID, "join")
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		p.stop(b, syscall.SIGKILL)
		anna.SendText(b, room, fmt.Sprintf("Frage %d?", n))
		began := time.Now()
		p = m.run(b)
		anna.WaitFor(b, room, matrixtest.From(m.bot.UserID, fmt.Sprintf("Antwort auf %d.", n)))
		took = append(took, time.Since(began))
	}
	report(b, took)
	p.stop(b, syscall.SIGTERM)
}

// benchRooms has the bot in many rooms. Each gets a message while it is away: how
// long until the first answer in a chat, how long the homeserver alone needs to
// tell of all that, and how much memory. Then, while all rooms are talking, how
// long a chat waits for its answer.
func benchRooms(b *testing.B, s *matrixtest.Server, n int) {
	m := newMessenger(b, s, model(echo(b)))
	p := m.run(b)
	owner := s.User(b, fmt.Sprintf("owner%d", rand.Uint32()))
	token, _ := s.Login(b, owner)
	mx, err := mautrix.NewClient(s.URL, id.UserID(owner.UserID), token)
	if err != nil {
		b.Fatal(err)
	}
	mx.Log = zerolog.Nop()
	rooms := makeRooms(b, mx, m.bot.UserID, s.User(b, fmt.Sprintf("other%d", rand.Uint32())).UserID, n)
	anna := matrixtest.NewClient(b, s, s.User(b, fmt.Sprintf("anna%d", rand.Uint32())), matrixtest.ClientOptions{})
	room := anna.CreateRoom(b, matrixtest.Room{Direct: true, Encrypted: true, Invite: []string{m.bot.UserID}})
	anna.WaitMember(b, room, m.bot.UserID, "join")
	talk := func() error {
		for _, r := range rooms {
			if _, err := mx.SendText(b.Context(), r, "Das geht niemanden etwas an."); err != nil {
				return err
			}
		}
		return nil
	}
	var took, server, busy []time.Duration
	asked := 0
	ask := func() time.Duration {
		asked++
		began := time.Now()
		anna.SendText(b, room, fmt.Sprintf("Frage %d?", asked))
		anna.WaitFor(b, room, matrixtest.From(m.bot.UserID, fmt.Sprintf("Antwort auf %d.", asked)))
		return time.Since(began)
	}
	for b.Loop() {
		p.stop(b, syscall.SIGTERM)
		before, err := mx.SyncRequest(b.Context(), 0, "", "", false, event.PresenceOffline)
		if err == nil {
			err = talk()
		}
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if _, err := mx.SyncRequest(b.Context(), 0, before.NextBatch, "", false, event.PresenceOffline); err != nil {
			b.Fatal(err)
		}
		server = append(server, time.Since(began))
		asked++
		anna.SendText(b, room, fmt.Sprintf("Frage %d?", asked))
		began = time.Now()
		p = m.run(b)
		anna.WaitFor(b, room, matrixtest.From(m.bot.UserID, fmt.Sprintf("Antwort auf %d.", asked)))
		took = append(took, time.Since(began))
		talked := make(chan error)
		go func() { talked <- talk() }()
		for err, done := error(nil), false; !done; {
			busy = append(busy, ask())
			select {
			case err = <-talked:
				done = true
			default:
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	report(b, took)
	for name, took := range map[string][]time.Duration{"server-ms": server, "busy-p50-ms": busy} {
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2].Seconds()*1000, name)
	}
	b.ReportMetric(busy[len(busy)*99/100].Seconds()*1000, "busy-p99-ms")
	b.ReportMetric(p.memory(b, "VmRSS"), "MB")
	p.stop(b, syscall.SIGTERM)
}

// makeRooms makes rooms of three, the third of whom does not come, and returns
// when the bot is in all of them. Dendrite takes some 0.4 s for each.
func makeRooms(b *testing.B, mx *mautrix.Client, bot, other string, n int) (rooms []id.RoomID) {
	for i := range n {
		r, err := mx.CreateRoom(b.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat", Name: fmt.Sprintf("Raum %d", i), Invite: []id.UserID{id.UserID(bot), id.UserID(other)}})
		if err != nil {
			b.Fatal(err)
		}
		rooms = append(rooms, r.RoomID)
	}
	for _, r := range rooms {
		for end := time.Now().Add(time.Minute); ; <-time.After(100 * time.Millisecond) {
			joined, err := mx.JoinedMembers(b.Context(), r)
			if err == nil && len(joined.Joined) == 2 {
				break
			}
			if time.Now().After(end) {
				b.Fatalf("the bot has not joined %s (%v)", r, err)
			}
		}
	}
	return rooms
}
