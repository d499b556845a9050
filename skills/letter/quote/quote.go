// Package quote takes the text of a mail apart: what stands on top, each mail that
// is forwarded or quoted below it with its head, and what of each was written by
// its author and what by programs.
//
//	bitte absagen                                  block 0            "bitte absagen"
//
//	Von: Jana Wieczorek <jana@example.org>         block 1, Headers   head from these lines
//	Gesendet: Freitag, 20. November 2026 18:42
//	An: Bürgerbüro
//	Betreff: Termin
//
//	Ich brauche einen Termin. Sie schrieben:                          "Ich brauche einen Termin. …"
//	> Bringen Sie Ihren Ausweis mit.               block 2, no mark   "Bringen Sie Ihren Ausweis mit."
//
// The method is to read line by line and to look for the marks that mail programs
// leave ([Mark]): header lines in the order and the language of Outlook (classic,
// new, on the web), Thunderbird, Apple Mail, Gmail, GMX, WEB.DE, T-Online, Yahoo,
// Samsung, Notes, GroupWise, Zimbra and Horde; attributions such as "Am … schrieb
// …:" over up to four lines; separators; ">" in front of lines. A ">" run is
// unwrapped and read alike, [MaxDepth] deep. Text is never lost and never doubled:
// Mark lines and texts of all blocks together are the text. It takes linear time.
//
// What a mark says is what somebody wrote into a text: whoever writes a letter can
// write a header block into it. So a block is only ever part of what stands above
// its mark. The text above the first mark is the sender's own ([Block.Above]). All
// below an unquoted mark belongs to it or to marks further down, even where a line
// says "end of the forwarded message": that line is a mark ([End]) and what follows
// is nobody's for certain. Only where a program has put ">" before each line of a
// mail is text without ">" the quoting author's again. Sentences of letters are
// no marks: "Am 5.11. schrieb mir Ihre Kollegin:", "Von: Köln / An: Bonn".
//
// Own rules and no library: the email_reply_parser family (for Go
// recapco/emailreplyparser of 2015 and web-ridge/email-reply-parser, whose fork
// ximura/email-reply-parser ends in January 2024) and talon (Python) keep the reply
// and throw away what is below the first mark, which here is the letter; talon has had
// an open wish for forwards since 2016. mail-parser-reply (Python) parts replies in
// German too, but no Go port of it was found. crisp's email-forward-parser (JavaScript;
// for Go darnfish's port) reads one forward of a mail, not one in another or several,
// and Notes and GroupWise are not among its programs.
package quote

import (
	"strings"
	"time"

	"amtsbote/skills/document"
)

// MaxText is how many bytes of a mail are taken apart: some hundred pages. What is
// beyond is left out.
const MaxText = 300_000

// MaxDepth is the depth of ">" that is taken apart; deeper text stays together.
const MaxDepth = 20

// A Mark is a kind of lines that begin a forwarded or quoted mail.
type Mark string

const (
	None      Mark = ""            // no mark: what stands on top, or lines with ">" only
	Headers   Mark = "headers"     // "Von: … Gesendet: … An: … Betreff: …", with or without a separator above
	Wrote     Mark = "attribution" // "Am … schrieb …:"
	Separator Mark = "separator"   // "-----Original Message-----" with no header lines below
	End       Mark = "end"         // "----- End forwarded message -----": what follows may be anybody's
)

// A Block is what one author wrote, as far as marks tell.
type Block struct {
	Mark  Mark
	Head  document.Mail // what the mark says; without From it names nobody
	Lines string        // the lines of the mark as they stood, without ">"
	// Outside says that a program has put ">" before each line of the block, but not
	// before its mark.
	Outside bool
	Depth   int // how many ">" stand before its lines
	// Text is without what the block quotes. Answers below a quote and between its
	// lines are part of it.
	Text string
	// Above is the part of Text before the first quote: all of it if there is none.
	Above string
	// Doubt says that text follows a quote which stands right below the header
	// lines: it is most likely by the author that they name, who answers below, but
	// may be by whoever forwarded the mail.
	Doubt bool
}

// Named reports whether a mark says who wrote the block.
func (b Block) Named() bool { return len(b.Head.From) > 0 }

// Split takes the text of a mail apart. The first block is what stands on top,
// possibly empty; the others follow in the order of their marks. Dates without a
// zone are in the given one. Split does not fail; of the text it reads MaxText bytes.
func Split(text string, zone *time.Location) []Block {
	lines := strings.Split(Normal(Clip(text, MaxText)), "\n")
	parts, _ := splitter{zone}.split(lines, 0)
	blocks := make([]Block, len(parts))
	for i, p := range parts {
		blocks[i] = p.Block
		blocks[i].Text = strings.Join(p.lines, "\n")
		blocks[i].Above = blocks[i].Text
		if p.cut {
			blocks[i].Above = strings.Join(p.lines[:p.above], "\n")
		}
	}
	return blocks
}

// part is a block in the making.
type part struct {
	Block
	lines []string
	cut   bool  // a quote stands below the first "above" lines
	above int   // how many
	bare  *part // the block without a mark that its first quote began
}

func (p *part) interrupt() {
	if !p.cut {
		p.cut, p.above = true, len(p.lines)
	}
}

func (p *part) blank() bool { return blank(p.lines) }

type splitter struct{ zone *time.Location }

// split returns the blocks of lines and the one that is open at their end, to which
// a further piece of the same quote belongs.
func (s splitter) split(lines []string, depth int) (out []*part, open *part) {
	open = &part{Block: Block{Depth: depth}}
	out = []*part{open}
	var last *part // where a further piece of the latest quote goes
	for i := 0; i < len(lines); {
		m, n := s.mark(lines[i:])
		run := 0
		if n == 0 || m.quotes {
			run = quotedRun(lines[i+n:], n > 0)
		}
		switch {
		case run == 1 && n == 0 && strings.HasPrefix(lines[i], ">From "): // as mbox files have it
			open.lines = append(open.lines, lines[i][1:])
			i++
		case run > 0:
			first := !open.cut
			open.interrupt()
			inner, at := s.quoted(lines[i+n:i+n+run], depth+1)
			if n == 0 && last != nil {
				last.lines = append(last.lines, inner[0].lines...)
				inner = inner[1:]
			} else {
				inner, at = m.head(inner, at, lines[i:i+n])
				if first && n == 0 && open.blank() {
					open.bare = inner[0]
				}
				last = at
			}
			out = append(out, inner...)
			i += n + run
		case n > 0:
			open = &part{Block: Block{Mark: m.Mark, Head: m.Head, Depth: depth, Lines: strings.Join(lines[i:i+n], "\n")}}
			out, last = append(out, open), nil
			i += n
		default:
			open.lines = append(open.lines, lines[i])
			i++
		}
	}
	return settle(out), open
}

// quoted reads a run of lines with ">".
func (s splitter) quoted(lines []string, depth int) ([]*part, *part) {
	lines = unquote(lines)
	if depth > MaxDepth {
		p := &part{Block: Block{Depth: depth}, lines: lines}
		return []*part{p}, p
	}
	return s.split(lines, depth)
}

// head gives the mark above a quote to the quote's first block. A mark that names
// nobody gives way to one that stands at the quote's beginning.
func (m found) head(inner []*part, open *part, lines []string) ([]*part, *part) {
	first := inner[0]
	if first.blank() && len(inner) > 1 && len(m.Head.From) == 0 {
		inner = inner[1:]
		if open == first {
			open = inner[0]
		}
		first = inner[0]
	}
	if len(lines) == 0 {
		return inner, open
	}
	text := strings.Join(lines, "\n")
	first.Outside = true
	if first.Mark == None {
		first.Mark, first.Head, first.Lines, first.bare = m.Mark, m.Head, text, nil
	} else {
		first.Lines = text + "\n" + first.Lines
	}
	return inner, open
}

// settle decides what a quote right below header lines is. If nothing follows it,
// it is the text of that mail; else the mail's author has answered below it.
func settle(parts []*part) []*part {
	out := parts[:0]
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		out = append(out, p)
		if p.Mark == None || p.bare == nil || i+1 >= len(parts) || parts[i+1] != p.bare || p.bare.Mark != None {
			continue
		}
		if !p.blank() {
			p.Doubt = blank(p.lines[:p.above])
			continue
		}
		q := p.bare
		p.lines, p.cut, p.above, p.bare = q.lines, q.cut, q.above, q.bare
		i++
	}
	return out
}

// quotedRun returns how many lines from the first on are quoted with ">",
// counting blank lines between them and, below a mark, above them. A line that a
// program has wrapped without repeating the ">" counts too.
func quotedRun(lines []string, below bool) int {
	n := 0
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, ">"):
			n = i + 1
		case strings.TrimSpace(l) == "" && (n > 0 || below):
		case n == i && n > 0 && i+1 < len(lines) && wrapped(lines[i-1], l, lines[i+1]):
			n = i + 1
		default:
			return n
		}
	}
	return n
}

// wrapped says whether a line without ">" is the rest of the quoted one above it.
func wrapped(above, line, below string) bool {
	return len(above) >= 66 && len(line) < 40 && strings.HasPrefix(below, ">") && line[0] >= 'a' && line[0] <= 'z' &&
		strings.HasPrefix(above, ">") && !strings.ContainsAny(above[len(above)-1:], ".!?:")
}

func unquote(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimPrefix(strings.TrimPrefix(l, ">"), " ")
	}
	return out
}

func blank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}

// Normal brings a text to "\n" line ends and plain spaces, and takes out
// characters that are not seen.
func Normal(text string) string { return normalizer.Replace(text) }

var normalizer = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u202f", " ", "\u2007", " ",
	"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "",
	"\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "",
	"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// Clip cuts a text at a length in bytes, not inside a character.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
