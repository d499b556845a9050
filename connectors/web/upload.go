package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"amtsbote/bots"
)

const (
	maxUploads  = 4                // files received at once; each holds batch bytes of memory
	batch       = 4 * chunk        // bytes written in one transaction
	uploadPause = 60 * time.Second // how long a browser may send nothing
)

var idRE = regexp.MustCompile(`^[0-9a-f]{32}$`)

// upload takes a file: its bytes are the body, its name and type parameters. 201
// has its ID as JSON; a message can then name it. A file that is broken off
// leaves nothing.
func (c *Connector) upload(w http.ResponseWriter, r *http.Request, v visit) {
	select {
	case c.uploads <- struct{}{}:
		defer func() { <-c.uploads }()
	default:
		busy(w, r)
		return
	}
	limit := int64(c.cfg.UploadMB) << 20
	used, err := v.store.used(r.Context(), v.room)
	switch {
	case err != nil:
		busy(w, r)
		return
	case r.ContentLength > limit:
		fail(w, r, http.StatusRequestEntityTooLarge, textFileTooBig(c.cfg.UploadMB))
		return
	case used+max(r.ContentLength, 0) > int64(c.cfg.RoomMB)<<20:
		fail(w, r, http.StatusRequestEntityTooLarge, textRoomFull(c.cfg.RoomMB))
		return
	}
	name := bots.CleanName(r.URL.Query().Get("name"))
	f := bots.File{Name: name, Type: fileType(name, r.URL.Query().Get("type"))}
	body := &patient{http.MaxBytesReader(w, r.Body, min(limit, int64(c.cfg.RoomMB)<<20-used)), http.NewResponseController(w)}
	id := newID()
	ctx := context.WithoutCancel(r.Context()) // a file that is broken off is also to be removed
	f, err = v.store.receive(ctx, v.room, id, f, body)
	if err != nil {
		_ = v.store.deleteFile(ctx, v.room, id) // it has expired at the latest with the room
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			fail(w, r, http.StatusRequestEntityTooLarge, textFileTooBig(c.cfg.UploadMB))
			return
		}
		busy(w, r)
		return
	}
	reply(w, http.StatusCreated, map[string]any{"id": id, "name": f.Name, "size": f.Size})
}

// patient reads a body that may be long as long as it comes.
type patient struct {
	io.Reader
	rc *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.rc.SetReadDeadline(time.Now().Add(uploadPause)) // not every server can; then its own limits hold
	n, err := p.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("web: file broken off: %w", err)
	}
	return n, err
}

// remove deletes a file that was not sent with a message.
func (c *Connector) remove(w http.ResponseWriter, r *http.Request, v visit) {
	id := r.PathValue("id")
	m, ok, err := v.store.meta(r.Context(), v.room, id)
	switch {
	case err != nil:
		busy(w, r)
		return
	case !ok:
		w.WriteHeader(http.StatusNoContent) // gone already
		return
	}
	sent := false
	err = v.store.events(r.Context(), v.room, func(e event) error {
		for _, f := range e.Files {
			sent = sent || f.Ref == m.File.Ref
		}
		return nil
	})
	if err == nil && !sent {
		err = v.store.deleteFile(r.Context(), v.room, id)
	}
	if err != nil {
		busy(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// download gives a file back: only to be saved, never to be shown as part of
// the site, whatever it is.
func (c *Connector) download(w http.ResponseWriter, r *http.Request, v visit) {
	m, ok, err := v.store.meta(r.Context(), v.room, r.PathValue("id"))
	if err != nil {
		busy(w, r)
		return
	}
	if !ok {
		fail(w, r, http.StatusNotFound, textFileGone)
		return
	}
	attachment(w.Header(), m.File.Name)
	w.Header().Set("Content-Length", fmt.Sprint(m.File.Size))
	_, _ = io.Copy(w, v.store.reader(r.Context(), m)) // the browser sees that it is short
}

// attachment makes a response a file to save.
func attachment(h http.Header, name string) {
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// Open implements [bots.Connector].
func (c *Connector) Open(ctx context.Context, state bots.State, f bots.File) (io.ReadCloser, error) {
	s := c.use(state)
	room, id, _ := strings.Cut(f.Ref, "/")
	m, ok, err := s.meta(ctx, room, id)
	if err != nil {
		return nil, fmt.Errorf("web: open: %w", err)
	}
	if !ok {
		return nil, &bots.Refusal{Text: textFileGone, Err: errors.New("web: no such file")}
	}
	return io.NopCloser(s.reader(ctx, m)), nil
}

// fileType returns the media type that a browser claims; many know none for a mail.
func fileType(name, claimed string) string {
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".eml") || strings.EqualFold(ext, ".msg") {
		return bots.TypeLetter
	}
	if t, _, err := mime.ParseMediaType(claimed); err == nil && strings.Contains(t, "/") && len(t) < 100 {
		return t
	}
	return "application/octet-stream"
}
