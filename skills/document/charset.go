package document

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// toUTF8 returns text as valid UTF-8. declared is the charset that somebody
// named for it, in any case and with quotes, or empty. In this order: a byte
// order mark; UTF-16 told by its zeros; what is valid UTF-8; the declared
// charset as browsers understand it; code page 850 told by its umlauts; else
// windows-1252. It never fails; what cannot be decoded becomes U+FFFD.
//
// A detector of our own because statistics over whole languages, which the
// libraries use, misjudge short German letters (tried: 12 to 15 of 21).
func toUTF8(data []byte, declared string) string {
	if s, ok := byMark(data); ok {
		return s
	}
	if e := wide(data); e != nil {
		return decode(e, data)
	}
	declared = strings.ToLower(strings.Trim(declared, " \t\"'"))
	enc := lookup(declared)
	// Charsets with escapes are ASCII, and so valid UTF-8, but mean something else.
	escapes := declared == "iso-2022-jp" || declared == "hz-gb-2312"
	if utf8.Valid(data) && !(escapes && enc != nil) {
		return string(data)
	}
	if enc != nil {
		return decode(enc, data)
	}
	if nearlyUTF8(data) {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	if dos(data) {
		return decode(charmap.CodePage850, data)
	}
	return decode(charmap.Windows1252, data)
}

func byMark(data []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD"), true
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")):
		return decode(utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), data), true
	case bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return decode(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), data), true
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), data), true
	}
	return "", false
}

// wide tells UTF-16 without a mark: in Latin text every second byte is zero.
func wide(data []byte) encoding.Encoding {
	head := data[:min(len(data), 4096)]
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(head) / 2
	switch {
	case len(head) < 4:
		return nil
	case zeros[1] > half*7/10 && zeros[0] <= half/10:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[0] > half*7/10 && zeros[1] <= half/10:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// lookup returns the encoding of a name as browsers map it (ISO-8859-1 is
// windows-1252), nil if there is none or it is UTF-8, which data that came this
// far is not.
func lookup(name string) encoding.Encoding {
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "default", "binary", "utf-7":
		return nil
	case "cp850", "ibm850", "850":
		return charmap.CodePage850
	case "cp437", "ibm437", "437":
		return charmap.CodePage437
	case "cp858", "ibm00858":
		return charmap.CodePage858
	}
	for _, n := range []string{name, strings.ReplaceAll(name, "_", "-"), strings.Replace(name, "iso", "iso-", 1), strings.Replace(name, "cp", "windows-", 1)} {
		if e, err := htmlindex.Get(n); err == nil {
			if canonical, _ := htmlindex.Name(e); canonical == "utf-8" || canonical == "replacement" {
				return nil
			}
			return e
		}
	}
	return nil
}

func decode(e encoding.Encoding, data []byte) string {
	out, err := e.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// nearlyUTF8 tells UTF-8 with a few broken bytes, such as text cut in the
// middle of a character, from a charset of one byte a character.
func nearlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		data = data[n:]
	}
	return good > 10*bad
}

// dos tells code page 850, in which old specialist programs still export, from
// windows-1252 by which bytes stand beside letters: 0x84 is ä in the one and a
// quotation mark in the other.
func dos(data []byte) bool {
	letter := func(i int) bool {
		return i >= 0 && i < len(data) && (data[i]|0x20) >= 'a' && (data[i]|0x20) <= 'z'
	}
	old, win := 0, 0
	for i, c := range data {
		if c < 0x80 || !letter(i-1) || !letter(i+1) {
			continue
		}
		switch c {
		case 0x84, 0x94, 0x81, 0x8e, 0x99, 0x9a, 0xe1:
			old++
		case 0xe4, 0xf6, 0xfc, 0xc4, 0xd6, 0xdc, 0xdf:
			win++
		}
	}
	return old > 2*win
}
