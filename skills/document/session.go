package document

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const errTooLong = plain("time is up")

// A source is the content of a document on its way to a child. Content that can
// be sought or is small can be sent again to another child.
type source struct {
	r    io.Reader
	max  int64
	kept []byte
	n    int64
	all  bool  // read to its end
	err  error // of the content, not of a child
}

// keepMax is how much content without Seek is kept for another child: a mail
// with a few pictures, while many large files do not fill the daemon.
const keepMax = 8 << 20

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.n += int64(n)
	if s.n > s.max {
		u := unreadable(TooBig, nil)
		u.Text = Text{
			DE: "größer als " + Bytes(s.max).String(),
			EN: "bigger than " + Bytes(s.max).String(),
		}
		s.err = u
		return 0, u
	}
	if _, ok := s.r.(io.Seeker); !ok && s.n <= keepMax {
		s.kept = append(s.kept, b[:n]...)
	}
	switch {
	case err == io.EOF:
		s.all = true
	case err != nil:
		s.err = fmt.Errorf("document: content: %w", err)
		err = s.err
	}
	return n, err
}

func (s *source) size() int64 { return s.n }
func (s *source) done() bool  { return s.all }

// rewind makes the next Read begin at the start, if that is possible.
func (s *source) rewind() bool {
	if seeker, ok := s.r.(io.Seeker); ok {
		_, err := seeker.Seek(0, io.SeekStart)
		s.n, s.all = 0, false
		return err == nil
	}
	if int64(len(s.kept)) != s.n || s.err != nil {
		return false
	}
	s.r = io.MultiReader(newBytes(s.kept), s.r)
	s.kept, s.n, s.all = nil, 0, false
	return true
}

// A session is the talk with one child about one document.
type session struct {
	r     *Reader
	p     *process
	clock *clock
	job   job
	part  int // the file inside the document that is being read
}

// send gives the child its job and the content. The clock stands still while
// the content comes from elsewhere.
func (s *session) send(src *source) error {
	head, err := json.Marshal(s.job)
	if err != nil {
		return err
	}
	if err := writeFrame(s.p.in, frameJob, head); err != nil {
		return err
	}
	buf := make([]byte, chunk)
	for {
		s.clock.pause()
		n, err := src.Read(buf)
		s.clock.resume()
		if err != nil && err != io.EOF {
			s.p.kill(err)
			return err
		}
		if n > 0 {
			if err := writeFrame(s.p.in, frameData, buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return writeFrame(s.p.in, frameEnd)
		}
	}
}

// receive reads what the child says until its result, and recognises the
// pictures that it sends.
func (s *session) receive(ctx context.Context) (result, error) {
	in := bufio.NewReaderSize(s.p.out, chunk)
	pictures := 0
	for {
		kind, n, err := readHead(in, s.maxFrame)
		if err != nil {
			return result{}, err
		}
		switch kind {
		case framePart:
			var b [4]byte
			if _, err := io.ReadFull(in, b[:min(n, 4)]); err != nil {
				return result{}, err
			}
			s.part = int(binary.BigEndian.Uint32(b[:]) & 0xffffff)
		case framePicture:
			if pictures++; pictures > s.job.Limits.OCRPages || !s.job.OCR {
				return result{}, errFrame
			}
			if err := s.recognise(ctx, io.LimitReader(in, int64(n)), n); err != nil {
				return result{}, err
			}
		case frameResult:
			return s.result(io.LimitReader(in, int64(n)))
		default:
			return result{}, errFrame
		}
	}
}

// maxFrame bounds what a child may say: it may have been captured.
func (s *session) maxFrame(kind byte) int64 {
	switch lim := s.job.Limits; kind {
	case framePart:
		return 4
	case framePicture:
		return 8 + maxOCRPixels
	case frameResult:
		n := 2*int64(lim.Text) + int64(lim.Pages+lim.Parts)*4096 + 1<<20
		if s.job.Transform != nil {
			n += 2 * maxRewritten // in base64
		}
		return n
	}
	return -1
}

func (s *session) result(r io.Reader) (result, error) {
	var res result
	dec := json.NewDecoder(r)
	if err := dec.Decode(&res); err != nil {
		return result{}, errFrame
	}
	if err := s.job.Limits.check(&res); err != nil {
		return result{}, err
	}
	if s.job.Transform == nil && (res.Segments != nil || res.File != nil) || len(res.File) > maxRewritten {
		return result{}, errFrame
	}
	return res, nil
}

// recognise runs the recognition on a picture and gives the child the text.
// The clock of the child stands still: it does nothing meanwhile.
func (s *session) recognise(ctx context.Context, r io.Reader, n int) error {
	pic, err := readPictureFrame(r, n)
	if err != nil {
		return err
	}
	s.clock.pause()
	text, err := s.r.ocr.run(ctx, s.r, pic)
	s.clock.resume()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		code := Crashed
		if u, ok := errors.AsType[*Unreadable](err); ok {
			code = u.Code
		}
		s.r.log.Warn("text recognition failed", "code", code, "err", err)
		return writeFrame(s.p.in, frameFailed, []byte(code))
	}
	return writeFrame(s.p.in, frameText, []byte(text))
}

// why says what an error in the talk with the child comes from: the caller, the
// content, or the death of the child, and of what.
func (s *session) why(ctx context.Context, err error, sent <-chan error) error {
	if errors.Is(err, errFrame) {
		s.p.kill(err)
	} else {
		s.p.kill(nil) // its output ended; if it still lives it is of no use
	}
	<-s.p.dead
	<-sent
	return s.p.verdict(ctx, s.r.config)
}
