package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/connectors/chat"
)

const (
	maxFiles     = 20        // of a message
	maxURL       = 8 << 10   // bytes; one of SharePoint's, with its token in it, has some 2,000
	maxRedirects = 5         // of a download
	maxDownload  = 100 << 20 // bytes of a file that is read
)

// Media types of attachments that are files, or stand for one:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4.
// A voice clip is a card: https://github.com/MicrosoftDocs/msteams-docs/issues/1805.
const (
	typeDownload  = "application/vnd.microsoft.teams.file.download.info"
	typeReference = "reference"
	typeAudioCard = "application/vnd.microsoft.card.audio"
	typeVideoCard = "application/vnd.microsoft.card.video"
)

// Kinds of a fileRef.
const (
	kindDownload = "download" // in the person's OneDrive, for who knows the address
	kindInline   = "inline"   // a picture in the text, at Bot Connector, for who has the bot's token
	kindDrive    = "drive"    // in a channel's or somebody's drive, by Microsoft Graph; see openDrive
	kindUnread   = "unread"   // nothing that can be fetched: Why says to the person why not
)

// A fileRef is what bots.File.Ref holds: where a file is. The address of a download
// has a token in it and so is a credential, if one that ends after some minutes or
// hours: it lies where the message does, sealed in the inbox, and stands in no error
// and no log.
type fileRef struct {
	Kind string `json:"kind"`
	URL  string `json:"url,omitempty"`

	Why bots.Text `json:"why,omitzero"`
}

// unread stands for files of a message that are not read: whoever opens it is told
// why, and so is the person, beside the answer.
func unread(why bots.Text) bots.File {
	return bots.File{Name: "Anhang", Ref: fileRef{Kind: kindUnread, Why: why}.String()}
}

func (r fileRef) String() string {
	return string(encode(r))
}

var (
	textFileGone = bots.Text{
		DE: "Diese Datei kann ich nicht mehr abrufen. Bitte schicken Sie die Datei noch einmal.",
		EN: "I can no longer fetch this file. Please send the file again.",
	}
	textFileTooBig = bots.Text{
		DE: "Diese Datei ist größer als 100 MB. So große Dateien kann ich nicht lesen; bitte schicken Sie einen Teil davon.",
		EN: "This file is larger than 100 MB. I cannot read files of that size; please send a part of it.",
	}
	textFileElsewhere = bots.Text{
		DE: "Eine Datei oder ein Bild liegt an einem Ort, von dem ich nichts abrufe. Bitte laden Sie es direkt in unserem Chat hoch.",
		EN: "A file or a picture is in a place that I fetch nothing from. Please upload it directly in our chat.",
	}
	textFileLink = bots.Text{
		DE: "Von einer Datei sehe ich nur den Verweis. Bitte laden Sie die Datei selbst in unserem Chat hoch.",
		EN: "Of one file I only see the link. Please upload the file itself in our chat.",
	}
	textTooManyFiles = bots.Text{
		DE: fmt.Sprintf("Ich lese bis zu %d Dateien auf einmal. Bitte schicken Sie die übrigen in einer weiteren Nachricht.", maxFiles),
		EN: fmt.Sprintf("I read up to %d files at once. Please send the others in another message.", maxFiles),
	}
)

// filesOf returns the files of a message, at most maxFiles, letters first: a message
// without words that begins with a letter is one (bots.Message.Letter), and nobody
// has verified who wrote it (bots.Message.Wrote is false). Their sizes are not known.
//
// cannot is what the person has to be told of attachments that are not read: in
// place of an answer where neither a word nor a file is left, else beside it. Cards
// and types that are not known are no files, and the HTML of a message is its text.
func (c *Connector) filesOf(a *activity) (files []bots.File, cannot bots.Text) {
	var told []bots.Text
	for _, at := range a.Attachments {
		f, why := c.fileOf(at)
		if f.Ref != "" && len(files) == maxFiles {
			f, why = bots.File{}, textTooManyFiles
		}
		if f.Ref != "" {
			files = append(files, f)
		}
		if !why.IsZero() && !slices.Contains(told, why) {
			told = append(told, why)
			cannot.DE = strings.TrimSpace(cannot.DE + " " + why.DE)
			cannot.EN = strings.TrimSpace(cannot.EN + " " + why.EN)
		}
	}
	slices.SortStableFunc(files, func(a, b bots.File) int { return cmp.Compare(notLetter(a), notLetter(b)) })
	return files, cannot
}

func notLetter(f bots.File) int {
	if f.Type == bots.TypeLetter {
		return 0
	}
	return 1
}

// fileOf returns the file that an attachment is, or why it cannot be read; neither
// if it is none.
func (c *Connector) fileOf(at attachment) (f bots.File, why bots.Text) {
	kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(at.ContentType)), ";")
	switch {
	case kind == typeDownload:
		var content struct {
			DownloadURL string `json:"downloadUrl"`
			FileType    string `json:"fileType"`
		}
		_ = json.Unmarshal(at.Content, &content) // what is not as expected is empty
		if !c.fileAddress(content.DownloadURL) {
			return f, c.elsewhere("file_hosts", content.DownloadURL)
		}
		name := bots.CleanName(at.Name)
		return bots.File{Name: name, Type: mediaType(name, content.FileType), Ref: fileRef{Kind: kindDownload, URL: content.DownloadURL}.String()}, why
	case strings.HasPrefix(kind, "image/"):
		if !c.serviceAddress(at.ContentURL) {
			return f, c.elsewhere("service_hosts", at.ContentURL)
		}
		name, media := picture(at.Name, kind)
		return bots.File{Name: name, Type: media, Ref: fileRef{Kind: kindInline, URL: at.ContentURL}.String()}, why
	case kind == typeAudioCard, strings.HasPrefix(kind, "audio/"):
		return f, chat.Voice
	case kind == typeVideoCard, strings.HasPrefix(kind, "video/"):
		return f, chat.Video
	case kind == typeReference:
		return f, textFileLink
	}
	return f, why
}

// elsewhere logs which host is missing in the configuration, if any: the rest of an
// address is a secret.
func (c *Connector) elsewhere(list, address string) bots.Text {
	host := "none"
	if u, err := url.Parse(address); err == nil && len(u.Host) <= 100 && hostRE.MatchString(u.Host) {
		host = u.Host
	}
	c.log.Warn("a file is not read: its host is not listed", "list", list, "host", host)
	return textFileElsewhere
}

// picture returns the name and the media type of a picture. Teams gives it no name
// and often no more of a type than "image/*".
func picture(name, kind string) (string, string) {
	ext, ok := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp"}[kind]
	if !ok {
		kind = ""
	}
	if name == "" {
		return "Bild" + ext, kind
	}
	name = bots.CleanName(name)
	return name, cmp.Or(kind, mediaType(name, ""))
}

// types are media types for endings that a system's own table may lack. An .msg is
// a letter as well.
var types = map[string]string{
	".eml": bots.TypeLetter, ".msg": bots.TypeLetter,
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".rtf": "application/rtf",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".doc":  "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".odt": "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".odp": "application/vnd.oasis.opendocument.presentation",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".heic": "image/heic", ".tif": "image/tiff", ".tiff": "image/tiff",
}

// mediaType returns the media type that a file's name claims, or fileType, which is
// its ending as Teams read it.
func mediaType(name, fileType string) string {
	ext := strings.ToLower(path.Ext(name))
	if ext == "" && len(fileType) <= 10 {
		ext = "." + strings.ToLower(strings.TrimPrefix(fileType, "."))
	}
	if t, ok := types[ext]; ok {
		return t
	}
	t, _, err := mime.ParseMediaType(mime.TypeByExtension(ext))
	if err != nil {
		return ""
	}
	return t
}

// fileAddress reports whether a file may be fetched from an address, or put there.
// It is never one of Bot Connector's.
func (c *Connector) fileAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxURL && c.fileHost(u)
}

func (c *Connector) fileHost(u *url.URL) bool {
	return c.cfg.listed(u, c.cfg.FileHosts) && (loopback(u.Hostname()) || !c.cfg.listed(u, c.cfg.ServiceHosts))
}

// serviceAddress reports whether an address is Bot Connector's: one to which the
// bot's token may go.
func (c *Connector) serviceAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxURL && c.cfg.listed(u, c.cfg.ServiceHosts)
}

// Open implements [bots.Connector]. The content is read from the server as the
// caller reads it: an error of the network, and that there is more than maxDownload,
// are known only then.
func (c *Connector) Open(ctx context.Context, _ bots.State, f bots.File) (io.ReadCloser, error) {
	var r fileRef
	if json.Unmarshal([]byte(f.Ref), &r) != nil {
		return nil, gone("unreadable reference")
	}
	switch r.Kind {
	case kindDrive:
		return c.openDrive(ctx, f.Ref)
	case kindUnread:
		return nil, &bots.Refusal{Text: r.Why, Err: errors.New("teams: open: never read")}
	}
	get := map[string]getter{kindDownload: c.download, kindInline: c.inline}[r.Kind]
	if get == nil {
		return nil, gone("reference of an unknown kind")
	}
	return fetchFile(ctx, r.URL, get)
}

// A getter asks a server for a file.
type getter func(ctx context.Context, address string) (*http.Response, error)

// fetchFile returns the content of the file at an address.
func fetchFile(ctx context.Context, address string, get getter) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	resp, err := get(ctx, address)
	if err != nil {
		cancel()
		return nil, err
	}
	body := newBody(resp.Body, cancel)
	if err := refused(resp); err != nil {
		_ = body.Close() // not read
		return nil, err
	}
	return body, nil
}

// gone is the error of a file that is not there any more.
func gone(why string) error {
	return &bots.Refusal{Text: textFileGone, Err: errors.New("teams: open: " + why)}
}

// download asks for a file by an address that needs no more than to be known: no
// token goes there.
func (c *Connector) download(ctx context.Context, address string) (*http.Response, error) {
	if !c.fileAddress(address) { // the list may be another since it came
		return nil, &bots.Refusal{Text: textFileElsewhere, Err: errors.New("teams: open: at a host that is not in file_hosts")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, gone("unreadable address") // err shows it
	}
	client := &http.Client{Transport: c.client.Transport, CheckRedirect: c.redirect} // no time limit: see newBody
	resp, err := client.Do(req)
	if err != nil {
		return nil, bare("open", err)
	}
	return resp, nil
}

// redirect follows a redirection of a download to where a download may come from.
func (c *Connector) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return gone("too many redirections")
	}
	if len(req.URL.String()) > maxURL || !c.fileHost(req.URL) {
		return gone("redirected to a host that is not in file_hosts") // such as to a login
	}
	req.Header.Del("Referer") // the address before, a credential
	return nil
}

// inline asks for a picture at Bot Connector.
func (c *Connector) inline(ctx context.Context, address string) (*http.Response, error) {
	if !c.serviceAddress(address) {
		return nil, &bots.Refusal{Text: textFileElsewhere, Err: errors.New("teams: open: at a host that is not in service_hosts")}
	}
	resp, err := c.api.fetch(ctx, address)
	if status, ok := errors.AsType[*apiError](err); ok {
		return nil, cmp.Or(refusedStatus(status.Status), err)
	}
	if _, shows := errors.AsType[*url.Error](err); shows {
		return nil, bare("open", err)
	}
	return resp, err
}

// refused returns the error of an answer that is no file, or of one that is too big.
func refused(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		if resp.ContentLength > maxDownload {
			return &bots.Refusal{Text: textFileTooBig, Err: errors.New("teams: open: too big")}
		}
		return nil
	}
	return cmp.Or(refusedStatus(resp.StatusCode), error(&apiError{What: "open", Status: resp.StatusCode}))
}

// refusedStatus returns the error of a status that does not change by waiting: the
// token in the address has expired (401, 403), the file was deleted (404, 410), or
// the server wants something else of us. nil: later it may be another.
func refusedStatus(status int) error {
	if passing(status) {
		return nil
	}
	return &bots.Refusal{Text: textFileGone, Err: &apiError{What: "open", Status: status}}
}

// passing reports whether a status says that the same request may succeed later.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500 && status != http.StatusInsufficientStorage
}
