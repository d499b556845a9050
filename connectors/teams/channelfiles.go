package teams

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"amtsbote/bots"
)

// Files that people put into a channel do not come with the activity: the message
// is read in Graph (ChannelMessage.Read.Group), the file in the folder of the
// channel. For that the app needs Files.Read.All, which the tenant's administrator
// grants and which lets it read every file of the tenant. An attachment is no more
// than an address that its sender chose. So a file is never fetched by that address,
// but by its path below the folder that belongs to the channel, which all in the
// channel may read; whatever lies elsewhere (other sites, somebody's OneDrive, the
// files of group chats) is refused.
// https://learn.microsoft.com/graph/api/channel-get-filesfolder
// https://learn.microsoft.com/graph/api/driveitem-get-content

// A driveRef is the Ref of a file in a channel. Without a channel it cannot be had.
type driveRef struct {
	Kind    string `json:"kind"` // kindDrive
	Group   string `json:"group,omitempty"`
	Channel string `json:"channel,omitempty"`
	URL     string `json:"url"` // as the message has it
}

var (
	textNoFiles = bots.Text{
		DE: "Dateien in Kanälen darf ich nicht lesen: Mir fehlt die Erlaubnis Files.Read.All, die nur Ihre IT erteilen kann. Bitte schicken Sie mir die Datei in unserem direkten Chat.",
		EN: "I may not read files in channels: I lack the permission Files.Read.All, which only your IT can grant. Please send me the file in our direct chat."}
	textFilesAway = bots.Text{
		DE: "Microsoft gibt Dateien in Kanälen gerade nicht heraus. Bitte schicken Sie mir die Datei in unserem direkten Chat, oder fragen Sie später noch einmal.",
		EN: "Microsoft does not give out files in channels at the moment. Please send me the file in our direct chat, or ask again later."}
	textElsewhere = bots.Text{
		DE: "Diese Datei liegt nicht im Ordner dieses Kanals. Darum weiß ich nicht, ob alle hier sie lesen dürfen, und öffne sie nicht. Bitte schicken Sie mir die Datei in unserem direkten Chat.",
		EN: "This file is not in the folder of this channel. So I do not know whether all here may read it, and do not open it. Please send me the file in our direct chat."}
)

// file returns a file that a message of the room refers to.
func (r roomInfo) file(a graphAttachment) (bots.File, bool) {
	u, err := url.Parse(a.ContentURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(a.ContentURL) > maxURL {
		return bots.File{}, false
	}
	name := a.Name
	if strings.TrimSpace(name) == "" {
		name = path.Base(u.Path)
	}
	name = bots.CleanName(name)
	ref := driveRef{Kind: kindDrive, URL: a.ContentURL}
	if r.Type == channel {
		ref.Group, ref.Channel = r.Group, r.Conversation
	}
	return bots.File{Name: name, Type: mediaType(name, ""), Ref: string(encode(ref))}, true
}

// A message that Graph does not know yet is asked for again.
const (
	lateTries = 3
	lateWait  = 2 * time.Second
	// filesFor is how old a question grows while Graph is away, before it is answered
	// without its files: the whole room waits for it.
	filesFor = 2 * time.Minute
)

// channelFiles returns the files of a message in a channel or group chat, of which
// the activity says no more than that there are attachments. A *bots.Refusal says
// why they cannot be had.
func (c *Connector) channelFiles(ctx context.Context, s bots.State, a *activity) ([]bots.File, error) {
	refuse := func(text bots.Text, why string) ([]bots.File, error) {
		return nil, &bots.Refusal{Text: text, Err: errors.New("teams: files of a channel: " + why)}
	}
	if !c.cfg.Graph {
		return refuse(textNoGraph, "graph is off")
	}
	room, thread := root(a.Conversation.ID)
	info := roomInfo{Type: a.Conversation.ConversationType, Conversation: room}
	if _, err := getRecord(ctx, s, keyRoom+room, &info); err != nil { // see noteRoom
		return nil, err
	}
	p := resource("v1.0", "chats", room, "messages", a.ID)
	if info.Type == channel {
		if info.Group == "" {
			return refuse(textNoTeam, "the team's group is not known")
		}
		p = resource("v1.0", "teams", info.Group, "channels", room, "messages", a.ID)
		if thread != "" && thread != a.ID {
			p = resource("v1.0", "teams", info.Group, "channels", room, "messages", thread, "replies", a.ID)
		}
	}
	if !messageRE.MatchString(a.ID) {
		return refuse(textFileGone, "not a message's ID")
	}
	var m graphMessage
	err := c.graph.get(ctx, p, "", &m)
	for range lateTries { // Graph may know of a message later than the bot
		if !absent(err) {
			break
		}
		if err = c.graph.wait(ctx, lateWait); err == nil {
			err = c.graph.get(ctx, p, "", &m)
		}
	}
	switch {
	case absent(err):
		return refuse(textFileGone, "no such message")
	case err != nil:
		return nil, (&scan{info: info}).explain(err)
	}
	if m.ID != a.ID || m.DeletedDateTime != "" {
		return refuse(textFileGone, "not the message, or deleted")
	}
	var files []bots.File
	for _, at := range m.Attachments {
		if at.ContentType != typeReference || len(files) == maxFiles {
			continue
		}
		if f, ok := info.file(at); ok {
			files = append(files, f)
		}
	}
	return files, nil
}

// openDrive returns the content of a file whose Ref is a driveRef. The caller closes
// it.
func (c *Connector) openDrive(ctx context.Context, ref string) (io.ReadCloser, error) {
	var d driveRef
	if err := json.Unmarshal([]byte(ref), &d); err != nil || d.Kind != kindDrive {
		return nil, errors.New("teams: not a reference to a file in a channel")
	}
	refuse := func(text bots.Text, err error) (io.ReadCloser, error) {
		return nil, &bots.Refusal{Text: text, Err: err}
	}
	if !c.cfg.Graph {
		return refuse(textNoGraph, errors.New("teams: graph is off"))
	}
	if d.Group == "" || d.Channel == "" {
		return refuse(textElsewhere, errors.New("teams: a file outside of channels"))
	}
	folder, err := c.filesFolder(ctx, d)
	if err == nil {
		below, ok := folder.below(d.URL)
		if !ok {
			return refuse(textElsewhere, errors.New("teams: a file outside of the channel's folder"))
		}
		var body io.ReadCloser
		if body, err = c.content(ctx, folder, below); err == nil {
			return body, nil
		}
	}
	switch _, said := errors.AsType[*bots.Refusal](err); {
	case said:
		return nil, err
	case denied(err):
		return refuse(textNoFiles, err)
	case missing(err):
		return refuse(textFileGone, err)
	}
	return nil, err
}

// A filesFolder is where the files of a channel lie.
type filesFolder struct {
	ID, WebURL      string
	ParentReference struct{ DriveID string }
}

func (c *Connector) filesFolder(ctx context.Context, d driveRef) (f filesFolder, err error) {
	err = c.graph.get(ctx, resource("v1.0", "teams", d.Group, "channels", d.Channel, "filesFolder"), "", &f)
	if err == nil && (f.ID == "" || f.ParentReference.DriveID == "") {
		err = errors.New("teams: graph: a channel without a folder")
	}
	return f, err
}

// below returns the segments of an address' path below the folder; false: it is
// elsewhere.
func (f filesFolder) below(address string) ([]string, bool) {
	top, err1 := url.Parse(f.WebURL)
	u, err2 := url.Parse(address)
	if err1 != nil || err2 != nil || top.Host == "" || u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Host, top.Host) {
		return nil, false
	}
	rest, ok := strings.CutPrefix(u.Path, strings.TrimSuffix(top.Path, "/")+"/")
	segments := strings.Split(rest, "/")
	odd := func(s string) bool {
		return s == "" || s == "." || s == ".." || strings.ContainsAny(s, `\:`) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
	}
	return segments, ok && !slices.ContainsFunc(segments, odd)
}

// content opens a file below a folder. Graph answers with the address of the
// content, which is a credential of its own: the token does not go there.
func (c *Connector) content(ctx context.Context, f filesFolder, below []string) (io.ReadCloser, error) {
	p := resource("v1.0", "drives", f.ParentReference.DriveID, "items", f.ID) + ":" + resource(below...) + ":/content"
	resp, err := c.graph.do(ctx, p, "")
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusFound {
		return nil, answered("graph", resp)
	}
	discard(resp)
	return fetchFile(ctx, resp.Header.Get("Location"), c.download)
}
