package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"syscall"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/index"
)

// maxPieces bounds the passages of a document, 4 million words.
const maxPieces = 20_000

var (
	tooLong = document.Text{DE: "der Pfad ist länger als 1024 Zeichen", EN: "the path is longer than 1024 characters"}
	noEntry = document.Text{DE: "keine Leserechte", EN: "no permission to read"}
	inPart  = document.Text{DE: "zu umfangreich; nur der Anfang wurde aufgenommen", EN: "too long; only its beginning was taken"}
)

// take reads a file and puts it into the index. A file that cannot be read enters the
// index without passages, with the reason. The error is of the index or of the reader,
// never of the file.
func (c *Collection) take(ctx context.Context, root *os.Root, key string, l look) error {
	if len(key) > maxKey {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.docs[key] = doc{stamp: stamp{Size: l.size, Time: l.time, Reason: &tooLong}}
		return nil
	}
	c.mu.Lock()
	known := c.docs[key]
	c.mu.Unlock()
	same := known.Size == l.size && known.Time == l.time
	if same && known.Sum != "" && time.Now().Before(c.noVectors) {
		return nil // it waits for its vectors, and the model is away again
	}
	f, err := open(root, l.path)
	switch {
	case errors.Is(err, os.ErrPermission) && same && known.Sum == "" && known.Reason != nil:
		return nil // as before
	case errors.Is(err, os.ErrPermission):
		return c.put(ctx, key, doc{stamp: stamp{Size: l.size, Time: l.time, Reason: &noEntry}}, nil)
	case err != nil:
		return nil // gone, or the drive is: the next walk says
	}
	defer f.Close()
	if known.Sum != "" && known.Size == l.size && known.in(c.space()) {
		if sum, err := sumOf(f); err == nil && sum == known.Sum {
			known.Time = l.time // touched, not changed; for this process is enough
			c.mu.Lock()
			c.docs[key] = known
			c.mu.Unlock()
			return nil
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil
		}
	}
	h := sha256.New()
	read, err := c.opt.Read(ctx, path.Base(key), io.TeeReader(f, h))
	unreadable, bad := errors.AsType[*document.Unreadable](err)
	if err != nil && !bad {
		return fmt.Errorf("knowledge: read: %w", err)
	}
	// What the reader did not want is part of the file too.
	if _, err := io.Copy(h, f); err != nil || changedSince(f, l) {
		return nil // being written: the next walk looks again
	}
	d := doc{stamp: stamp{Size: l.size, Time: l.time, Sum: hex.EncodeToString(h.Sum(nil)[:16])}}
	if bad {
		d.Reason = &unreadable.Text
		return c.put(ctx, key, d, nil)
	}
	return c.put(ctx, key, d, &read)
}

// open opens a regular file within the folder, and nothing else: a pipe that was put
// in its place would wait for ever.
func open(root *os.Root, p string) (*os.File, error) {
	f, err := root.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(os.ErrInvalid, f.Close())
	}
	return f, nil
}

func sumOf(f *os.File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func changedSince(f *os.File, l look) bool {
	info, err := f.Stat()
	return err != nil || info.Size() != l.size || info.ModTime().UnixNano() != l.time
}

// put puts a document into the index; read is nil for one that cannot be read.
func (c *Collection) put(ctx context.Context, key string, d doc, read *document.Document) error {
	var passages []index.Passage
	if read != nil {
		d.date, d.From = dateOf(*read, time.Unix(0, d.Time), c.opt.Zone)
		passages = c.passages(key, *read)
		if len(passages) > maxPieces {
			passages, d.Reason = passages[:maxPieces], &inPart
		} else {
			d.Reason = missing(*read)
		}
		d.Pieces = len(passages)
		d.model = c.embed(ctx, key, passages)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	note, err := json.Marshal(d.stamp)
	if err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	err = c.ix.Put(ctx, index.Source{Key: key, Digest: string(note), Name: path.Base(key), Date: d.date, Model: d.model}, passages)
	if err != nil {
		return fmt.Errorf("knowledge: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.docs[key]; ok {
		c.dirty = true
	}
	c.docs[key] = d
	return nil
}

// missing says what of a document, or of the files in it, was not read; nil if all was.
func missing(d document.Document) *document.Text {
	for _, f := range document.Files(document.File{Name: d.Name, Doc: d}) {
		if r := f.Reading(); !r.Read || r.Reason.DE != "" {
			return &r.Reason
		}
	}
	return nil
}

// passages cuts a document and the files in it.
func (c *Collection) passages(key string, d document.Document) (all []index.Passage) {
	files := document.Files(document.File{Name: d.Name, Doc: d})
	document.Rename(files)
	for i, f := range files {
		inner := ""
		if i > 0 || f.Doc.Name != d.Name {
			inner = f.Name
		}
		for _, p := range Cut(f.Doc.Headed(c.opt.Zone)) {
			at := len(all)
			all = append(all, index.Passage{ID: index.ID(key, p.Page, at), Source: key, Page: p.Page, At: at,
				Heading: pack(inner, p.Heading), Text: p.Text})
		}
	}
	return all
}

// embed gives passages their vectors and returns what made them. Without them, because
// the model is away, words are found all the same; a later walk tries again.
func (c *Collection) embed(ctx context.Context, key string, passages []index.Passage) string {
	if c.emb == nil || len(passages) == 0 || time.Now().Before(c.noVectors) {
		return ""
	}
	texts := make([]string, len(passages))
	for i, p := range passages {
		_, title := unpack(p.Heading)
		texts[i] = title + "\n" + p.Text
	}
	vs, err := c.emb.Passages(ctx, texts)
	if err != nil || len(vs) != len(passages) {
		if ctx.Err() == nil {
			c.noVectors = time.Now().Add(c.Every)
			c.without[key]++
			c.opt.Log.Warn("collection without vectors for now", "collection", c.Name, "err", err)
		}
		return ""
	}
	delete(c.without, key)
	for i := range passages {
		passages[i].Vector = vs[i]
	}
	return c.emb.Space()
}
