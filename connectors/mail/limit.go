package mail

import (
	"bytes"
	"errors"
	"net"
	"strconv"
)

// maxLine is how long a line from the server may be, literals left out. A search
// without ranges that finds 100,000 mails fits.
const maxLine = 1 << 20

var errTooLong = errors.New("server sent a line without end")

// lineLimit ends a connection whose server sends a line without end, which
// go-imap would keep in memory. What a server announces as a literal ({123}) is
// not counted: it is read as a stream.
type lineLimit struct {
	net.Conn
	line    int
	tail    []byte // the last bytes of the line
	literal int64  // bytes of it still to come
	err     error
}

func limited(c net.Conn) net.Conn { return &lineLimit{Conn: c} }

const maxTail = 24 // "{18446744073709551615+}\r"

func (l *lineLimit) Read(b []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.Conn.Read(b)
	for rest := b[:n]; len(rest) > 0; {
		rest = l.take(rest)
	}
	if l.line > maxLine {
		l.err = errTooLong
		return 0, l.err
	}
	return n, err
}

// take accounts for the beginning of b and returns what is left.
func (l *lineLimit) take(b []byte) []byte {
	if l.literal > 0 {
		n := min(l.literal, int64(len(b)))
		l.literal -= n
		return b[n:]
	}
	end := bytes.IndexByte(b, '\n')
	part := b
	if end >= 0 {
		part = b[:end]
	}
	l.line += len(part)
	l.tail = append(l.tail, part[max(0, len(part)-maxTail):]...)
	l.tail = append(l.tail[:0], l.tail[max(0, len(l.tail)-maxTail):]...)
	if end < 0 {
		return nil
	}
	l.literal = announced(l.tail)
	l.line, l.tail = 0, l.tail[:0]
	return b[end+1:]
}

// announced returns the size of the literal that a line ends with.
func announced(line []byte) int64 {
	line = bytes.TrimSuffix(line, []byte("\r"))
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || !bytes.HasSuffix(line, []byte("}")) {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(line[open+1:len(line)-1], []byte("+"))), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
