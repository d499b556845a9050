package document

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

const (
	// maxOCRText is the most that is taken of what was recognised of a picture.
	maxOCRText = 1 << 20
	// maxOCRPixels bounds a picture for the recognition: a page of A4 at 300
	// dots an inch has 8.7 million. Larger ones are scaled down.
	maxOCRPixels = 16 << 20
)

// A greyPicture is what text recognition sees: 8 bits of grey a pixel.
type greyPicture struct {
	Width, Height int
	Pix           []byte // Width*Height
}

// ocrProgram is tesseract. The parent runs it, as a process with limits of its
// own: a child that may be captured may start no programs, and tesseract sees
// only plain grey pixels that the child made of the picture, never the file.
type ocrProgram struct {
	path, languages string
	time            time.Duration
}

func findOCR(path, languages string, limit time.Duration) ocrProgram {
	if path == "none" {
		return ocrProgram{}
	}
	found, err := exec.LookPath(or(path, "tesseract"))
	if err != nil {
		return ocrProgram{}
	}
	return ocrProgram{path: found, languages: languages, time: limit}
}

// ocrMemory is enough for tesseract with two languages and the largest picture.
const ocrMemory = 1 << 30

func (o ocrProgram) run(ctx context.Context, r *Reader, pic greyPicture) (string, error) {
	args := append([]string{childWord, ocrWord}, childArgs(childConfig{memory: ocrMemory, cpu: o.time})...)
	args = append(args, o.path, "stdin", "stdout", "-l", o.languages, "--dpi", "300")
	env := []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C.UTF-8"}
	if dir := os.Getenv("TESSDATA_PREFIX"); dir != "" {
		env = append(env, "TESSDATA_PREFIX="+dir)
	}
	p, err := r.starter.start(r.exe, args, env)
	if err != nil {
		return "", err
	}
	r.children.Go(p.wait)
	defer p.end()
	ctx, cancel := context.WithTimeoutCause(ctx, o.time, errTooLong)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { p.kill(context.Cause(ctx)) })
	defer stop()
	stop2 := context.AfterFunc(r.closed, func() { p.kill(ErrClosed) })
	defer stop2()

	sent := make(chan error, 1)
	go func() {
		_, err := fmt.Fprintf(p.in, "P5\n%d %d\n255\n", pic.Width, pic.Height)
		if err == nil {
			_, err = p.in.Write(pic.Pix)
		}
		p.in.Close()
		sent <- err
	}()
	text, err := io.ReadAll(io.LimitReader(p.out, maxOCRText))
	if err != nil || len(text) == maxOCRText { // there may be more than is taken
		p.kill(nil)
	}
	<-p.dead
	<-sent
	switch {
	case context.Cause(ctx) == errTooLong:
		return "", unreadable(TooLong, errTooLong)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case p.cmd.ProcessState.ExitCode() != 0:
		return "", fmt.Errorf("recognition: %s", p.cmd.ProcessState)
	case err != nil:
		return "", fmt.Errorf("recognition: %w", err)
	}
	return clean(string(text)), nil
}

// readPictureFrame reads a picture from a child, which may lie about its size.
func readPictureFrame(r io.Reader, n int) (greyPicture, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return greyPicture{}, err
	}
	pic := greyPicture{Width: int(binary.BigEndian.Uint32(head[:])), Height: int(binary.BigEndian.Uint32(head[4:]))}
	if pic.Width < 1 || pic.Height < 1 || pic.Width > maxOCRPixels || pic.Height > maxOCRPixels || pic.Width*pic.Height != n-8 {
		return greyPicture{}, fmt.Errorf("%w: picture of "+strconv.Itoa(n), errFrame)
	}
	pic.Pix = make([]byte, n-8)
	_, err := io.ReadFull(r, pic.Pix)
	return pic, err
}
