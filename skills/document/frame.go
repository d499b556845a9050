package document

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Parent and child speak in frames: a letter, a length, and so many bytes.
//
//	parent → child   job, data…, end, then one answer for each picture
//	child → parent   part and picture as they come, then one result
const (
	frameJob     = 'J' // a job as JSON
	frameData    = 'D' // a piece of the file
	frameEnd     = 'E' // of the file
	frameText    = 'T' // what was recognised of the last picture
	frameFailed  = 'F' // why it was not: a Code
	framePart    = 'P' // the number of the part that is read next, 4 bytes
	framePicture = 'O' // width and height, 4 bytes each, and a byte of grey for each pixel
	frameResult  = 'R' // a result as JSON
)

// chunk is the size of pieces of a file: a few fill a pipe.
const chunk = 32 << 10

const errFrame = plain("broken frame")

func writeFrame(w io.Writer, kind byte, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(n))
	if n <= chunk { // small frames in one write: a system call less
		for _, p := range parts {
			head = append(head, p...)
		}
		parts = nil
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// readHead reads the kind and length of a frame. More than max(kind) bytes are
// refused before any is read: the other side may lie.
func readHead(r io.Reader, max func(kind byte) int64) (kind byte, n int, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	size := int64(binary.BigEndian.Uint32(head[1:]))
	if size > max(head[0]) {
		return 0, 0, fmt.Errorf("%w: kind %d of %d bytes", errFrame, head[0], size)
	}
	return head[0], int(size), nil
}

func readFrame(r io.Reader, max func(kind byte) int64) (kind byte, data []byte, err error) {
	kind, n, err := readHead(r, max)
	if err != nil {
		return 0, nil, err
	}
	data = make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return 0, nil, err
	}
	return kind, data, nil
}

// maxJob is the size of a job in bytes: names, limits, a few hundred
// certificates, the texts of a rewritten document.
const maxJob = 16 << 20

// A job is what a child is to do, beside the bytes that follow it.
type job struct {
	Name   string
	Limits Limits
	OCR    bool         // the parent recognises pictures
	Skip   map[int]Code // parts to leave out, see parser.skip
	Trust  [][]byte     // certificates of authorities for signatures, DER
	Zone   string       // in which times are told; UTC if empty
	// Transform says that the job is not to read the file but to write it anew.
	Transform *transform `json:",omitempty"`
}

// A result is what a child found. Reason is set if the file is unreadable; Note
// is the error for the log then, without content.
type result struct {
	Document Document
	Reason   *Reason  `json:",omitempty"`
	Note     string   `json:",omitempty"`
	Segments []string `json:",omitempty"` // of a transform
	File     []byte   `json:",omitempty"` // of a transform
}
