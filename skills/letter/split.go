package letter

import (
	"regexp"
	"strings"
	"time"

	"amtsbote/skills/document"
)

// A block is a stretch of a mail's text: what stands on top, or one forwarded or
// quoted mail.
type block struct {
	head   document.Mail
	headed bool // a mark says who wrote it
	mark   bool // a mark of any kind stands above it
	text   string
}

// maxQuote is the depth of ">" that is taken apart; deeper text stays together.
const maxQuote = 20

// maxText is how many bytes of a mail are taken apart: some hundred pages. What is
// beyond is left out, and a warning says so.
const maxText = 300_000

// split cuts the text of a mail at the marks of forwards and quotes. The first
// block is what stands on top, possibly empty; the others follow in their order.
// Text below a quote (answers under it or between its lines) belongs to the
// block that quotes.
func split(text string, zone *time.Location) []block {
	text = clip(text, maxText)
	return splitLines(strings.Split(normal(text), "\n"), zone, 0)
}

func splitLines(lines []string, zone *time.Location, depth int) []block {
	blocks := []block{{}}
	var own []string // lines of the block that is open
	open := 0        // its index
	closeBlock := func() { blocks[open].text, own = strings.Join(own, "\n"), nil }
	quote := func(head block, quoted []string) {
		var inner []block
		if depth < maxQuote {
			inner = splitLines(quoted, zone, depth+1)
		} else {
			inner = []block{{text: strings.Join(quoted, "\n")}}
		}
		switch {
		case !head.mark && len(blocks) > open+1: // a further piece of the same quoted mail
			blocks[len(blocks)-1].text += "\n" + inner[0].text
			inner = inner[1:]
		case strings.TrimSpace(inner[0].text) == "" && !head.headed && len(inner) > 1:
			inner = inner[1:]
		default:
			inner[0].head, inner[0].headed, inner[0].mark = head.head, head.headed, true
		}
		blocks = append(blocks, inner...)
	}
	for i := 0; i < len(lines); {
		b, used := boundary(lines[i:], zone)
		if used > 0 {
			if n := quotedRun(lines[i+used:]); n > 0 {
				quote(b, unquote(lines[i+used:i+used+n]))
				i += used + n
				continue
			}
			// Everything below belongs to the marked mail.
			closeBlock()
			blocks = append(blocks, b)
			open = len(blocks) - 1
			i += used
			continue
		}
		if strings.HasPrefix(lines[i], ">") {
			n := quotedRun(lines[i:])
			quote(block{}, unquote(lines[i:i+n]))
			i += n
			continue
		}
		own = append(own, lines[i])
		i++
	}
	closeBlock()
	return blocks
}

// quotedRun returns how many lines from the first on are quoted with ">",
// counting blank lines around and between them.
func quotedRun(lines []string) int {
	n := 0
	for i, l := range lines {
		if strings.HasPrefix(l, ">") {
			n = i + 1
		} else if strings.TrimSpace(l) != "" {
			break
		}
	}
	return n
}

func unquote(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		l = strings.TrimPrefix(l, ">")
		out[i] = strings.TrimPrefix(l, " ")
	}
	return out
}

var separators = regexp.MustCompile(`(?i)^[\s*>_=-]*(?:(?:ursprüngliche|original|weitergeleitete|forwarded|original)[ -]?(?:nachricht|message|mail|e-mail)|anfang der weitergeleiteten (?:nachricht|e-mail)|begin forwarded message|weitergeleitet von .{1,60}|forwarded by .{1,60}|message transféré|mensaje reenviado)[\s*:_=-]*$`)

// dashed tells the separators that cannot be a sentence of a letter.
var dashed = regexp.MustCompile(`^\s*-{3,}|-{3,}\s*$|(?i)^(?:begin|anfang)`)

var rule = regexp.MustCompile(`^\s*(?:[_=]{8,}|-{10,}|\*{8,})\s*$`)

// boundary says whether a forwarded or quoted mail begins at the first line, and
// how many lines its mark has; zero: none.
func boundary(lines []string, zone *time.Location) (block, int) {
	first := strings.TrimSpace(lines[0])
	if first == "" || first[0] == '>' {
		return block{}, 0
	}
	if rule.MatchString(first) || separators.MatchString(first) {
		skip := 1
		for skip < len(lines) && skip < 4 && strings.TrimSpace(lines[skip]) == "" {
			skip++
		}
		if skip < len(lines) {
			if head, n := headers(lines[skip:], zone, 1); n > 0 {
				return block{head: head, headed: true, mark: true}, skip + n
			}
		}
		if !rule.MatchString(first) && dashed.MatchString(first) {
			return block{mark: true}, 1
		}
		return block{}, 0
	}
	if head, n := headers(lines, zone, 2); n > 0 {
		return block{head: head, headed: true, mark: true}, n
	}
	if head, n := attribution(lines, zone); n > 0 {
		return block{head: head, headed: true, mark: true}, n
	}
	return block{}, 0
}

// normal brings a text to "\n" line ends and plain spaces, and takes out
// characters that are not seen.
func normal(text string) string {
	return normalizer.Replace(text)
}

var normalizer = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u202f", " ", "\u2007", " ",
	"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "",
	"\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "",
	"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")
