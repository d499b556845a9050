package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
)

const (
	historyPage   = 50                  // messages of a page of a chat; Graph gives no more
	historyChains = 20                  // threads of a page of a channel, each with up to 1,000 replies
	historyPages  = 2000                // that are read for one question
	historyMax    = 20000               // messages that are read for one question
	historySize   = 32 << 20            // bytes of their text
	historyBack   = 30 * 24 * time.Hour // how far back, if nobody says
	historyTime   = 10 * time.Minute    // for one question, waiting for Graph included
)

var (
	textNotIn = bots.Text{
		DE: "In diesem Kanal oder Chat sind Sie nicht, oder ich bin es nicht mehr. Auswerten kann ich nur, was Sie selbst lesen können.",
		EN: "You are not in this channel or chat, or I no longer am. I can only look at what you can read yourself."}
	textNoGraph = bots.Text{
		DE: "Den Verlauf von Kanälen und Gruppenchats kann ich hier nicht lesen: Das ist für mich nicht eingeschaltet (Einstellung „graph“). Ihre IT kann das ändern.",
		EN: "I cannot read the history of channels and group chats here: it is not switched on for me (setting “graph”). Your IT can change that."}
	textNoChannel = bots.Text{
		DE: "Den Verlauf dieses Kanals darf ich nicht lesen: Mir fehlt die Erlaubnis ChannelMessage.Read.Group. Wem das Team gehört, kann sie erteilen: Er oder sie fügt mich dem Team neu hinzu und stimmt dabei zu.",
		EN: "I may not read the history of this channel: I lack the permission ChannelMessage.Read.Group. An owner of the team can grant it: by adding me to the team again and consenting."}
	textNoChat = bots.Text{
		DE: "Den Verlauf dieses Chats darf ich nicht lesen: Mir fehlen die Erlaubnisse ChatMessage.Read.Chat und ChatMember.Read.Chat. Ein Mitglied des Chats kann sie erteilen: Es fügt mich dem Chat neu hinzu und stimmt dabei zu. Wo das nicht geht, hat Ihre IT es abgeschaltet.",
		EN: "I may not read the history of this chat: I lack the permissions ChatMessage.Read.Chat and ChatMember.Read.Chat. A member of the chat can grant them: by adding me to the chat again and consenting. Where that is not offered, your IT has switched it off."}
	textNoTeam = bots.Text{
		DE: "Zu welchem Team dieser Kanal gehört, weiß ich noch nicht. Bitte erwähnen Sie mich einmal in dem Kanal und fragen Sie dann noch einmal.",
		EN: "I do not know yet to which team this channel belongs. Please mention me once in the channel and then ask again."}
	textNoThread = bots.Text{
		DE: "Diese Unterhaltung finde ich nicht. Vielleicht wurde sie gelöscht.",
		EN: "I cannot find this conversation. Perhaps it was deleted."}
)

// rostered looks whether a person, by object ID, is in a room now. The server is
// asked each time.
func (c *Connector) rostered(ctx context.Context, info roomInfo, object string) (member, bool, error) {
	m, err := c.api.member(ctx, info.ref(), object)
	if missing(err) {
		return member{}, false, nil
	}
	if err != nil {
		return member{}, false, fmt.Errorf("teams: roster: %w", err)
	}
	return m, true, nil
}

// A chatMember is a member of a group chat as Graph has them:
// https://learn.microsoft.com/graph/api/resources/aaduserconversationmember
type chatMember struct {
	UserID      string
	DisplayName string
	// VisibleHistoryStartDateTime is from when on the member may read the chat: who
	// adds somebody decides it. In the year 1 all of it.
	VisibleHistoryStartDateTime string
}

// chatMembers returns the members of a group chat (ChatMember.Read.Chat).
func (c *Connector) chatMembers(ctx context.Context, info roomInfo) (all []chatMember, err error) {
	err = pages(ctx, c.graph, resource("v1.0", "chats", info.Conversation, "members"), "", func(p []chatMember) (bool, error) {
		all = append(all, p...)
		return len(all) < historyMax, nil
	})
	return all, err
}

// roomName returns what a person sees as the name of a room: "Team › Kanal"; of a
// group chat its topic, or its other members.
func (c *Connector) roomName(ctx context.Context, info roomInfo, object string) string {
	if name := info.title(); name != "" {
		return name
	}
	if info.Type == channel {
		return "Kanal"
	}
	if !c.cfg.Graph {
		return "Gruppenchat"
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor) // nobody waits longer for a name
	defer cancel()
	members, err := c.chatMembers(ctx, info)
	if err != nil {
		return "Gruppenchat" // History says why, if it is asked
	}
	return chatName(members, object)
}

// chatName names a group chat after its members but the one who sees it, as Teams
// does.
func chatName(members []chatMember, object string) string {
	var names []string
	for _, m := range members {
		if name := shown(m.DisplayName); name != "" && !strings.EqualFold(m.UserID, object) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if n := len(names); n > 3 {
		names = append(names[:3:3], fmt.Sprintf("+%d", n-3))
	}
	return cmp.Or(strings.Join(names, ", "), "Gruppenchat")
}

// History implements [bots.Historian]. Who is in the room is asked of Bot
// Connector, what was written of Microsoft Graph.
func (c *Connector) History(ctx context.Context, s bots.State, person, room string, span bots.Span) (bots.History, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, historyTime, errors.New("teams: history: Graph took too long"))
	defer cancel()
	h := &scan{c: c, person: person, span: span}
	if err := h.enter(ctx, s, room); err != nil {
		return bots.History{}, err
	}
	var err error
	switch {
	case h.info.Type != channel:
		err = h.chat(ctx)
	case span.Thread != "":
		err = h.thread(ctx)
	default:
		err = h.channel(ctx)
	}
	if err != nil {
		return bots.History{}, h.explain(err)
	}
	h.finish()
	return h.out, nil
}

// explain turns the error of a missing permission into what to do about it.
func (h *scan) explain(err error) error {
	if _, ok := errors.AsType[*bots.Refusal](err); ok {
		return err
	}
	text := textNoChat
	if h.info.Type == channel {
		text = textNoChannel
	}
	switch {
	case denied(err):
		return &bots.Refusal{Text: text, Err: err}
	case missing(err):
		return &bots.Refusal{Text: textNotIn, Err: err}
	}
	return fmt.Errorf("teams: history: %w", err)
}

// A scan is the history of a room as it is read.
type scan struct {
	c      *Connector
	info   roomInfo
	person string // who asks, as the sender of their messages
	object string // the same, as Graph knows them
	// outside: they are a guest, or of another tenant.
	outside bool
	span    bots.Span
	out     bots.History

	floor time.Time       // nothing before may be read by the person
	seen  map[string]bool // messages, by ID: a page can repeat some of the one before
	pages int
	read  int  // messages
	size  int  // bytes of text
	full  bool // there may be more, but no more is read
	gaps  bool // what is missing need not be the oldest
	own   bool // a message of the person's own was kept
}

// enter checks that the person is in the room now, and finds out how it is. Nobody
// else learns anything of it.
func (h *scan) enter(ctx context.Context, s bots.State, room string) error {
	known, err := getRecord(ctx, s, keyRoom+room, &h.info)
	if err != nil {
		return err
	}
	if h.object, err = h.c.objectID(ctx, s, h.person); err != nil {
		return err
	}
	if !known || h.object == "" {
		return &bots.Refusal{Text: textNotIn, Err: errors.New("teams: history: room or person not known")}
	}
	m, in, err := h.c.rostered(ctx, h.info, h.object)
	if err != nil {
		return err
	}
	if !in {
		return &bots.Refusal{Text: textNotIn, Err: errors.New("teams: history: the person is not in the room")}
	}
	if !h.c.cfg.Graph {
		return &bots.Refusal{Text: textNoGraph, Err: errors.New("teams: history: graph is off")}
	}
	if h.info.Type == channel && h.info.Group == "" {
		return &bots.Refusal{Text: textNoTeam, Err: errors.New("teams: history: the team's group is not known")}
	}
	if h.span.Until.IsZero() {
		h.span.Until = time.Now()
	}
	h.out.Room = bots.Room{ID: room, Name: h.info.title()}
	h.out.Self = shown(m.Name)
	h.outside = m.guest() || h.c.foreign(m)
	h.out.From, h.out.To = h.span.Since, h.span.Until
	if h.out.From.IsZero() {
		h.out.From = h.span.Until.Add(-historyBack)
	}
	h.again()
	return nil
}

// again forgets what was read.
func (h *scan) again() {
	h.seen, h.pages, h.read, h.size, h.full, h.own, h.out.Entries = map[string]bool{}, 0, 0, 0, false, false, nil
}

// page counts a page and reports whether more may be read.
func (h *scan) page() bool {
	if h.pages++; h.pages >= historyPages || h.read >= historyMax || h.size >= historySize {
		h.full = true
	}
	if h.span.Tell != nil {
		h.span.Tell(h.read)
	}
	return !h.full
}

// take keeps a message if it is wanted, and returns when it was written.
func (h *scan) take(m *graphMessage) time.Time {
	when, ok := m.when()
	if !ok || h.seen[m.ID] {
		return when
	}
	h.seen[m.ID] = true
	h.read++
	e, ok := h.entry(m, when)
	whole := h.span.Thread != "" && (e.ID == h.threadID() || e.Thread == h.threadID())
	switch {
	case !ok || e.ID == h.span.Question || when.After(h.span.Until) || when.Before(h.floor),
		h.span.Thread != "" && !whole,
		h.span.Thread == "" && when.Before(h.out.From):
		return when
	}
	h.size += len(e.Text)
	h.own = h.own || e.Sender == h.person
	h.out.Entries = append(h.out.Entries, e)
	return when
}

// threadID is the wanted thread's first message as an entry's ID. The thread may be
// given as Graph names it, too.
func (h *scan) threadID() string { return messageID(h.info.Conversation, h.rootID()) }

func (h *scan) rootID() string {
	return strings.TrimPrefix(h.span.Thread, h.info.Conversation+"/")
}

// finish sorts what was read and begins after the person's own last message where
// that is wanted.
func (h *scan) finish() {
	slices.SortStableFunc(h.out.Entries, func(a, b bots.Entry) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
	})
	if !h.span.Own || h.span.Thread != "" {
		return
	}
	for i, e := range slices.Backward(h.out.Entries) {
		if e.Sender == h.person {
			h.out.From, h.out.Own = e.Time, e.Time
			h.out.Cut, h.out.Joined = h.gaps, false // what else is missing was before
			h.out.Entries = h.out.Entries[i+1:]
			return
		}
	}
}

// begin has the history begin with its oldest entry.
func (h *scan) begin() {
	for i, e := range h.out.Entries {
		if i == 0 || e.Time.Before(h.out.From) {
			h.out.From = e.Time
		}
	}
}

// channelPath is the path of the channel's messages.
func (h *scan) channelPath(more ...string) string {
	return resource(append([]string{"v1.0", "teams", h.info.Group, "channels", h.info.Conversation, "messages"}, more...)...)
}

// halvings is how often the span of a channel is halved until it can be read.
const halvings = 5

// channel reads the threads of a channel in which something was written or changed
// since the span begins. Their order is not documented, so all are read; where they
// are too many, those of the later half of the span, and so on: then nothing of
// that half is missing. Source of the filter, which does count replies, and of the
// eight months that it reaches back:
// https://learn.microsoft.com/graph/api/chatmessage-delta
func (h *scan) channel(ctx context.Context) error {
	if oldest := h.span.Until.AddDate(0, -8, 0); h.out.From.Before(oldest) {
		h.out.From, h.out.Cut = oldest, true
	}
	top := historyChains
	for try := 0; ; try++ {
		h.again()
		err := h.chains(ctx, top)
		switch {
		case errors.Is(err, errPage) && top > 1:
			top = 1
			continue
		case err != nil:
			return err
		case !h.full:
			return nil
		}
		h.out.Cut = true
		if try >= halvings {
			h.gaps = true // one thread is longer than what is read at once
			h.begin()
			return nil
		}
		h.out.From = h.out.From.Add(h.span.Until.Sub(h.out.From) / 2)
	}
}

// chains reads the threads of a channel that were touched since the span begins,
// top of them at once.
func (h *scan) chains(ctx context.Context, top int) error {
	// gt, and whole milliseconds: what was written at From counts.
	since := h.out.From.UTC().Add(-time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	query := fmt.Sprintf("$top=%d&$expand=replies&$filter=lastModifiedDateTime%%20gt%%20%s", top, since)
	return pages(ctx, h.c.graph, h.channelPath("delta"), query, func(p []graphMessage) (bool, error) {
		for i := range p {
			m := &p[i]
			h.take(m)
			for j := range m.Replies {
				h.take(&m.Replies[j])
			}
			if h.read >= historyMax || h.size >= historySize {
				break
			}
			if m.NextReplies == "" {
				continue
			}
			query, err := h.c.graph.query(m.NextReplies)
			if err == nil {
				err = h.replies(ctx, m.ID, query)
			}
			if err != nil {
				return false, err
			}
		}
		return h.page(), nil
	})
}

// replies reads the replies of a thread.
func (h *scan) replies(ctx context.Context, id, query string) error {
	return pages(ctx, h.c.graph, h.channelPath(id, "replies"), query, func(p []graphMessage) (bool, error) {
		for i := range p {
			h.take(&p[i])
		}
		return h.page(), nil
	})
}

// thread reads one thread of a channel, whatever its age.
func (h *scan) thread(ctx context.Context) error {
	none := &bots.Refusal{Text: textNoThread, Err: errors.New("teams: history: no such thread")}
	if !messageRE.MatchString(h.rootID()) {
		return none
	}
	var m graphMessage
	err := h.c.graph.get(ctx, h.channelPath(h.rootID()), "", &m)
	if absent(err) {
		return none
	}
	if err != nil {
		return err
	}
	when, ok := m.when()
	if !ok || m.ID != h.rootID() || m.ReplyToID != "" {
		return none
	}
	h.out.From = when
	h.take(&m)
	if err := h.replies(ctx, m.ID, fmt.Sprintf("$top=%d", historyPage)); err != nil {
		return err
	}
	if h.full {
		h.out.Cut = true
		h.begin()
	}
	return nil
}

// chat reads a group chat, from its end back to where the span begins, or to where
// it begins for the person.
func (h *scan) chat(ctx context.Context) error {
	members, err := h.c.chatMembers(ctx, h.info)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(members, func(m chatMember) bool { return strings.EqualFold(m.UserID, h.object) })
	if i < 0 {
		return &bots.Refusal{Text: textNotIn, Err: errors.New("teams: history: the person is not in the chat")}
	}
	if h.out.Room.Name == "" {
		h.out.Room.Name = chatName(members, h.object)
	}
	// Whoever comes may be shown less of it than those who are there, so what it
	// says is not for everybody.
	h.out.Closed = true
	start, err := time.Parse(time.RFC3339, members[i].VisibleHistoryStartDateTime)
	if err != nil {
		start = h.span.Until // it does not say: nothing is shown
	}
	if h.floor = start; start.After(h.out.From) {
		h.out.From, h.out.Joined = start, true
	}
	query := fmt.Sprintf("$top=%d&$orderby=createdDateTime%%20desc", historyPage)
	err = pages(ctx, h.c.graph, resource("v1.0", "chats", h.info.Conversation, "messages"), query, func(p []graphMessage) (bool, error) {
		for i := range p {
			when := h.take(&p[i])
			if h.span.Own && h.own || !when.IsZero() && when.Before(h.out.From) {
				return false, nil
			}
		}
		return h.page(), nil
	})
	if h.full {
		h.out.Cut = true
		h.begin()
	}
	return err
}
