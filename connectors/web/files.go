package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"amtsbote/bots"
)

// fileMeta is a file in State.
type fileMeta struct {
	V      int // 1
	File   bots.File
	Chunks int
}

// receive writes a file into a room as it comes. It is there only when all is.
// An error of r other than io.EOF must not be io.ErrUnexpectedEOF itself.
func (s store) receive(ctx context.Context, room, id string, f bots.File, r io.Reader) (bots.File, error) {
	f.Ref, f.Size, f.Data = room+"/"+id, 0, nil
	m := fileMeta{V: 1}
	buf := make([]byte, batch)
	for {
		n, err := io.ReadFull(r, buf)
		end := err == io.EOF || err == io.ErrUnexpectedEOF // as ReadFull says it; r's own errors are wrapped
		if err != nil && !end {
			return f, err
		}
		values := map[string][]byte{}
		for part := range slices.Chunk(buf[:n], chunk) {
			values[chunkKey(room, id, m.Chunks)] = part
			m.Chunks++
		}
		f.Size += int64(n)
		if end {
			m.File = f
			if values["f/"+room+"/"+id], err = json.Marshal(m); err != nil {
				return f, err
			}
		}
		if err := s.Put(ctx, values, s.keep); err != nil || end {
			return f, err
		}
	}
}

// keepFile writes a file that a skill made.
func (s store) keepFile(ctx context.Context, room, id string, f bots.File) (bots.File, error) {
	f.Name = bots.CleanName(f.Name)
	return s.receive(ctx, room, id, f, bytes.NewReader(f.Data))
}

// fileID is the ID of a file of a reply: the same each time the reply is sent.
func fileID(reply string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s", n, reply))
	return hex.EncodeToString(sum[:16])
}

// file returns a file of a room as a message has it; false: there is none.
func (s store) file(ctx context.Context, room, id string) (bots.File, bool, error) {
	m, ok, err := s.meta(ctx, room, id)
	return m.File, ok, err
}

func (s store) meta(ctx context.Context, room, id string) (m fileMeta, ok bool, err error) {
	if !idRE.MatchString(room) || !idRE.MatchString(id) {
		return m, false, nil
	}
	data, err := s.Get(ctx, "f/"+room+"/"+id)
	if err != nil || data == nil {
		return m, false, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, false, fmt.Errorf("web: stored file: %w", err)
	}
	return m, m.V == 1, nil
}

// used returns the size in bytes of all files of a room.
func (s store) used(ctx context.Context, room string) (sum int64, err error) {
	err = s.Each(ctx, "f/"+room+"/", func(_ string, value []byte) error {
		var m fileMeta
		if err := json.Unmarshal(value, &m); err != nil {
			return err
		}
		sum += m.File.Size
		return nil
	})
	return sum, err
}

// deleteFile deletes a file, also one of which only the beginning came.
func (s store) deleteFile(ctx context.Context, room, id string) error {
	if err := s.Put(ctx, map[string][]byte{"f/" + room + "/" + id: nil}, 0); err != nil {
		return err
	}
	return s.deleteAll(ctx, "c/"+room+"/"+id+"/")
}

func chunkKey(room, id string, n int) string { return fmt.Sprintf("c/%s/%s/%06x", room, id, n) }

// reader reads a file chunk by chunk. If one is gone (deleted meanwhile), the
// error is a refusal.
func (s store) reader(ctx context.Context, m fileMeta) io.Reader {
	room, id, _ := strings.Cut(m.File.Ref, "/")
	return &chunks{next: func(n int) ([]byte, error) {
		if n == m.Chunks {
			return nil, io.EOF
		}
		data, err := s.Get(ctx, chunkKey(room, id, n))
		if err == nil && data == nil {
			err = &bots.Refusal{Text: textFileGone, Err: errors.New("web: file is not whole any more")}
		}
		return data, err
	}}
}

type chunks struct {
	next func(n int) ([]byte, error)
	n    int
	rest []byte
}

func (c *chunks) Read(b []byte) (int, error) {
	for len(c.rest) == 0 {
		data, err := c.next(c.n)
		if err != nil {
			return 0, err
		}
		c.rest = data
		c.n++
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
