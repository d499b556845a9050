package matrix

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// maxDownload is the size limit in bytes of a file that is read.
const maxDownload = 100 << 20

// A ref is what bots.File.Ref holds: where a file is and what opens it, or which
// message stands for it.
type ref struct {
	URL   id.ContentURIString       `json:"u,omitempty"`
	Key   *attachment.EncryptedFile `json:"k,omitempty"` // nil: it is not encrypted
	Room  id.RoomID                 `json:"r,omitempty"`
	Event id.EventID                `json:"e,omitempty"`
}

var (
	textGone = bots.Text{
		DE: "Diese Datei liegt nicht mehr auf dem Server. Bitte schicken Sie sie noch einmal.",
		EN: "This file is no longer on the server. Please send it again.",
	}
	textQuoteGone = bots.Text{
		DE: "Die Nachricht, um die es geht, ist nicht mehr lesbar. Bitte schicken Sie mir ihren Text.",
		EN: "The message in question can no longer be read. Please send me its text.",
	}
	textDamaged = bots.Text{
		DE: "Diese Datei ist unterwegs beschädigt worden. Bitte schicken Sie sie noch einmal.",
		EN: "This file was damaged on its way. Please send it again.",
	}
	textTooBig = bots.Text{
		DE: "Diese Datei ist größer als 100 MB. So große Dateien kann ich nicht lesen; bitte schicken Sie einen Teil davon.",
		EN: "This file is larger than 100 MB. I cannot read files of that size; please send a part of it.",
	}
)

// fileRef returns the reference to the file of a message.
func fileRef(content *event.MessageEventContent) (string, error) {
	r := ref{URL: content.URL}
	if content.File != nil { // GetFile would make one
		r.URL, r.Key = content.File.URL, &content.File.EncryptedFile
	}
	if _, err := r.URL.Parse(); err != nil || r.URL == "" {
		return "", errors.New("matrix: file without address")
	}
	b, err := json.Marshal(r)
	return string(b), err
}

// filesOf returns the file of a message. All that is said of it is as the sender
// claims.
func filesOf(content *event.MessageEventContent) ([]bots.File, error) {
	switch content.MsgType {
	case event.MsgFile, event.MsgImage, event.MsgAudio, event.MsgVideo:
	default:
		return nil, nil
	}
	where, err := fileRef(content)
	if err != nil {
		return nil, err
	}
	f := bots.File{Name: bots.CleanName(content.GetFileName()), Ref: where}
	if content.Info != nil {
		f.Type, f.Size = mediaType(content.Info.MimeType), max(0, int64(content.Info.Size))
	}
	return []bots.File{f}, nil
}

// quoteFile returns a message of somebody else, to which a question was put, as a
// file. It stays on the server.
func quoteFile(room id.RoomID, e *event.Event, said *event.MessageEventContent) bots.File {
	b, err := json.Marshal(ref{Room: room, Event: e.ID})
	if err != nil {
		b = nil // two texts can be encoded
	}
	return bots.File{Name: "Nachricht.txt", Type: "text/plain", Size: int64(len(quoteText(said))), Ref: string(b)}
}

func quoteText(said *event.MessageEventContent) string {
	return strings.TrimSpace(strings.ToValidUTF8(event.TrimReplyFallbackText(said.Body), ""))
}

// mediaType returns a media type that somebody claims, or "" if it is none.
func mediaType(claimed string) string {
	t, _, err := mime.ParseMediaType(claimed)
	if err != nil || len(t) > 100 || !strings.Contains(t, "/") {
		return ""
	}
	return t
}

// Open implements [bots.Connector]. What was sent encrypted is decrypted while it
// is read; that it is what was sent is known at its end only, so that a reader
// must not use anything of it before.
func (c *Connector) Open(ctx context.Context, _ bots.State, f bots.File) (io.ReadCloser, error) {
	var r ref
	if json.Unmarshal([]byte(f.Ref), &r) != nil {
		return nil, &bots.Refusal{Text: textGone, Err: errors.New("matrix: open: unreadable reference")}
	}
	if r.Event != "" {
		return c.openQuote(ctx, r)
	}
	at, err := r.URL.Parse()
	if err != nil || at.IsEmpty() {
		return nil, &bots.Refusal{Text: textGone, Err: errors.New("matrix: open: unreadable address")}
	}
	if r.Key != nil {
		if err := r.Key.PrepareForDecryption(); err != nil {
			return nil, &bots.Refusal{Text: textDamaged, Err: fmt.Errorf("matrix: open: %w", err)}
		}
	}
	a, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	body, err := a.download(ctx, at)
	if err != nil {
		return nil, a.because(err)
	}
	if r.Key == nil {
		return body, nil
	}
	return newDecrypter(body, r.Key), nil
}

// openQuote returns the text of a message.
func (c *Connector) openQuote(ctx context.Context, r ref) (io.ReadCloser, error) {
	a, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	e, err := a.fetch(ctx, r.Room, r.Event)
	if err != nil {
		return nil, a.because(err)
	}
	if e != nil {
		if said, ok := e.Content.Parsed.(*event.MessageEventContent); ok && said.Body != "" {
			return io.NopCloser(strings.NewReader(quoteText(said))), nil
		}
	}
	return nil, &bots.Refusal{Text: textQuoteGone, Err: errors.New("matrix: open: the message is gone")}
}

// download returns a file as it is on the server. Servers from before
// authenticated media have it elsewhere.
func (a *account) download(ctx context.Context, at id.ContentURI) (io.ReadCloser, error) {
	resp, err := a.mx.Download(ctx, at)
	if http, ok := errors.AsType[mautrix.HTTPError](err); ok && http.IsStatus(404) && !errors.Is(err, mautrix.MNotFound) {
		resp, err = a.legacyDownload(ctx, at)
	}
	if http, ok := errors.AsType[mautrix.HTTPError](err); ok && (http.IsStatus(404) || http.IsStatus(403) || http.IsStatus(410)) {
		return nil, &bots.Refusal{Text: textGone, Err: fmt.Errorf("matrix: open: %w", err)}
	}
	if err != nil {
		return nil, fmt.Errorf("matrix: open: %w", err)
	}
	if resp.ContentLength > maxDownload {
		resp.Body.Close()
		return nil, &bots.Refusal{Text: textTooBig, Err: errors.New("matrix: open: too big")}
	}
	return &limited{resp.Body, maxDownload}, nil
}

func (a *account) legacyDownload(ctx context.Context, at id.ContentURI) (*http.Response, error) {
	_, resp, err := a.mx.MakeFullRequestWithResp(ctx, mautrix.FullRequest{Method: http.MethodGet, DontReadResponse: true,
		URL: a.mx.BuildURL(mautrix.MediaURLPath{"v3", "download", at.Homeserver, at.FileID})})
	return resp, err
}

// A limited reader ends with a refusal where there is more than n bytes.
type limited struct {
	io.ReadCloser
	n int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.n+1 {
		p = p[:l.n+1]
	}
	n, err := l.ReadCloser.Read(p)
	if l.n -= int64(n); l.n < 0 {
		return n - 1, &bots.Refusal{Text: textTooBig, Err: errors.New("matrix: open: more than it said")}
	}
	return n, err
}

// A decrypter reads an encrypted file.
type decrypter struct {
	clear io.Reader
	raw   io.ReadCloser
	hash  hash.Hash
	want  string
}

func newDecrypter(raw io.ReadCloser, key *attachment.EncryptedFile) *decrypter {
	d := &decrypter{raw: raw, hash: sha256.New(), want: strings.TrimRight(key.Hashes.SHA256, "=")}
	d.clear = key.DecryptStream(io.TeeReader(raw, d.hash))
	return d
}

// Read checks the file at its end: mautrix does so when it is closed, when it is
// too late to say.
func (d *decrypter) Read(p []byte) (int, error) {
	n, err := d.clear.Read(p)
	if errors.Is(err, io.EOF) && base64.RawStdEncoding.EncodeToString(d.hash.Sum(nil)) != d.want {
		return n, &bots.Refusal{Text: textDamaged, Err: errors.New("matrix: open: the file's hash is wrong")}
	}
	return n, err
}

func (d *decrypter) Close() error { return d.raw.Close() }

// upload puts a file on the server, encrypted if sealed, and returns the content
// of its event.
func (a *account) upload(ctx context.Context, f bots.File, sealed bool) (*event.MessageEventContent, error) {
	name := bots.CleanName(f.Name)
	kind := cmp.Or(mediaType(f.Type), "application/octet-stream")
	content := &event.MessageEventContent{MsgType: event.MsgFile, Body: name, FileName: name,
		Info: &event.FileInfo{MimeType: kind, Size: len(f.Data)}, Mentions: &event.Mentions{}}
	data := append([]byte{}, f.Data...) // never nil, which would send {}
	up := mautrix.ReqUploadMedia{ContentBytes: data, ContentType: kind, FileName: name}
	var key *attachment.EncryptedFile
	if sealed {
		key = attachment.NewEncryptedFile()
		up = mautrix.ReqUploadMedia{ContentBytes: data, ContentType: "application/octet-stream"}
		key.EncryptInPlace(data)
	}
	resp, err := a.mx.UploadMedia(ctx, up)
	if err != nil {
		return nil, fmt.Errorf("matrix: upload: %w", err)
	}
	if url := resp.ContentURI.CUString(); sealed {
		content.File = &event.EncryptedFileInfo{EncryptedFile: *key, URL: url}
	} else {
		content.URL = url
	}
	return content, nil
}
