package llm

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"amtsbote/bots"
)

// Links are the links of an answer's sources, the only ones that it may have. Their
// methods may be used concurrently.
type Links struct{ known map[string]bool }

// LinksOf returns the links in sources: addresses with a scheme, bare domains, mail
// addresses, mentions, whatever a program might make a link of.
func LinksOf(sources ...string) Links {
	l := Links{map[string]bool{}}
	for _, s := range sources {
		for _, h := range find(s) {
			for _, link := range h.links {
				link = normal(link)
				l.known[link] = true
				if host := hostOf(link); strings.Contains(host, ".") {
					l.known[host] = true // the beginning of what the source has leads nowhere new
				}
			}
		}
	}
	return l
}

// KeepLinks is LinksOf(sources...).Keep(answer).
func KeepLinks(answer string, sources ...string) (string, bool) {
	return LinksOf(sources...).Keep(answer)
}

// Keep removes from a model's answer every link and mention that is none of l, and
// images altogether: content must not make an answer carry data away, lead people
// elsewhere, or call them. Characters that hide something go too ([bots.Visible]).
// It reports whether a link, a mention or an image was removed.
//
// What is a link is decided twice: by patterns, which leave the rest of the answer
// as it is, and then by the parser that also renders answers (judge.go). Where that
// one still sees a foreign link, the answer loses its formatting.
func (l Links) Keep(answer string) (string, bool) {
	answer, removed := l.cut(bots.Visible(answer))
	if l.clean(answer) {
		return answer, removed
	}
	flat, bare := l.flat(answer)
	return flat, removed || bare || parsable(answer)
}

// KeepPlain is Keep for a text that is shown as it is, without formatting: there is
// nothing to parse, and what stays is not changed.
func (l Links) KeepPlain(text string) (string, bool) { return l.cut(bots.Visible(text)) }

var (
	images  = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)|!\[[^\]]*\]\[[^\]]*\]|(?i)<img[^>]*>`)
	named   = regexp.MustCompile(`\[([^\]]*)\]\(\s*(?:<([^>\n]*)>|([^)\s]*))(?:\s+["'(][^)]*)?\s*\)`)
	angled  = regexp.MustCompile(`<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*|[^<>\s@]+@[^<>\s]+)>`)
	defined = regexp.MustCompile(`(?m)^([ >]{0,12})(\[[^\]\n]+\]:[ \t]*<?([^\s>]+)>?[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\))?[ \t]*)$`)
)

// cut removes foreign links as they are written.
func (l Links) cut(s string) (string, bool) {
	removed := false
	s = images.ReplaceAllStringFunc(s, func(string) string { removed = true; return "" })
	for range 3 { // what stood in one another
		s = named.ReplaceAllStringFunc(s, func(link string) string {
			m := named.FindStringSubmatch(link)
			if l.has(m[2] + m[3]) {
				return link
			}
			removed = true
			return m[1]
		})
	}
	s = defined.ReplaceAllStringFunc(s, func(line string) string {
		m := defined.FindStringSubmatch(line)
		if l.has(m[3]) {
			return line
		}
		return m[1] + `\` + m[2] // shown as it stands; what is a link in it goes below
	})
	s = angled.ReplaceAllStringFunc(s, func(link string) string {
		if l.has(link[1 : len(link)-1]) {
			return link
		}
		removed = true
		return "[…]"
	})
	s, bare := l.bare(s)
	return s, removed || bare
}

// bare removes what programs make links of where no markup says so.
func (l Links) bare(s string) (string, bool) {
	hits := find(s)
	var b strings.Builder
	end, removed := 0, false
	for _, h := range hits {
		if l.hasAll(h.links) {
			continue
		}
		b.WriteString(s[end:h.start])
		if h.glued > 0 {
			b.WriteString(s[h.start:h.glued] + " " + s[h.glued:h.end])
		} else {
			b.WriteString("[…]")
			removed = true
		}
		end = h.end
	}
	if end == 0 {
		return s, false
	}
	b.WriteString(s[end:])
	return b.String(), removed
}

// foreign reports whether bare would change a text.
func (l Links) foreign(s string) bool {
	for _, h := range find(s) {
		if !l.hasAll(h.links) {
			return true
		}
	}
	return false
}

func (l Links) has(link string) bool { return l.known[normal(link)] }

func (l Links) hasAll(links []string) bool {
	for _, link := range links {
		if !l.has(link) {
			return false
		}
	}
	return true
}

// A hit is a stretch of a text that has links.
type hit struct {
	start, end int
	links      []string
	glued      int // where a sentence begins behind a full stop without a space, if it looks like that: "erledigt.Am"
}

// address finds what may be a link in a text without white space.
var address = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://(?:` + rest + `|\[[0-9a-f:.]+\])` + rest + `*|www\.` + rest + `+` +
	`|\b(?:mailto|tel|sms|callto|sips?|xmpp|skype|javascript|vbscript|matrix|facetime|webcal|intent|magnet):` + rest + `+|\bdata:[a-z]+/` + rest + `+` +
	`|[@#!][\pL\d._=/+-]+:[\pL\d-]+(?:\.[\pL\d-]+)+(?::\d+)?|@[\pL\d._=/+-]+:[\pL\d-]+|@(?:room|here|channel|everyone|all)\b` +
	`|\\\\[\pL\d][\pL\d.-]*\\` + rest + `*` +
	`|(?:[\pL\d._%+-]+@)?(?:[\pL\d](?:[\pL\d_-]*[\pL\d])?\.)+\pL[\pL\d-]*(?:[:/?#\\]` + rest + `*)?`)

const rest = "[^\\s<>\"'`\\[\\])]"

// find returns what may be a link in a text, in order.
func find(s string) (all []hit) {
	for start := 0; start < len(s); {
		end := start + strings.IndexFunc(s[start:], unicode.IsSpace)
		if end < start {
			end = len(s)
		}
		if end > start && worth(s[start:end]) {
			all = append(all, inWord(s[start:end], start)...)
		}
		_, n := utf8.DecodeRuneInString(s[end:])
		start = end + n
	}
	return all
}

// worth says cheaply whether a word may have a link in it. Few have.
func worth(word string) bool {
	for i := range len(word) {
		switch c := word[i]; {
		case c == ':' || c == '@' || c == '\\', c == '.' && i+1 < len(word) && (word[i+1] >= 0x80 || letter(word[i+1]) || word[i+1] >= '0' && word[i+1] <= '9'):
			return true
		case c == 0xe3 || c == 0xef || c == 0xe2 && strings.HasPrefix(word[i:], "\u2024"):
			return true // what fold changes
		}
	}
	return false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func inWord(word string, at int) (all []hit) {
	folded := strings.Map(fold, word)
	for pos := 0; ; {
		loc := address.FindStringIndex(folded[pos:])
		if loc == nil {
			break
		}
		start, link := pos+loc[0], folded[pos+loc[0]:pos+loc[1]]
		glued, ok := leads(link)
		if !ok { // behind "a.b:" one may begin
			pos = start + len(hostOf(strings.Replace(link, ":", "/", 1)))
			continue
		}
		h := hit{start: at + start, end: at + start + len(trim(link)), links: []string{link}}
		if glued > 0 {
			h.glued = h.start + glued
		}
		all = append(all, h)
		pos += loc[1]
	}
	if folded != word && len(all) > 0 { // the places are of the folded word
		h := hit{start: at, end: at + len(word)}
		for _, a := range all {
			h.links = append(h.links, a.links...)
		}
		return []hit{h}
	}
	return all
}

// fold turns what browsers take for ASCII into it.
func fold(r rune) rune {
	switch {
	case r == '\u3002' || r == '\uff61' || r == '\u2024':
		return '.'
	case r >= '\uff01' && r <= '\uff5e':
		return r - 0xfee0
	}
	return r
}

var domain = regexp.MustCompile(`^([^@:/?#\\]*@)?([^@:/?#\\]+\.([^@:/?#\\.]+))([:/?#\\].*)?$`)

// leads reports whether an address is one that programs would take for a link, and
// where a sentence may begin in what looks like a domain.
func leads(link string) (glued int, ok bool) {
	m := domain.FindStringSubmatchIndex(trim(link))
	if m == nil || strings.Contains(link, "://") || strings.HasPrefix(strings.ToLower(link), "www.") {
		return 0, true // it has a scheme or a mark of its own
	}
	tld := link[m[6]:m[7]]
	if m[2] >= 0 {
		return 0, true
	}
	if !top(tld) {
		return 0, false
	}
	if m[8] < 0 && unicode.IsUpper(rune(tld[0])) && strings.ToLower(tld[1:]) == tld[1:] {
		return m[6], true
	}
	return 0, true
}

// top reports whether there is such a top-level domain.
func top(name string) bool {
	name, err := idna.Punycode.ToASCII(strings.ToLower(name))
	if err != nil {
		return true
	}
	_, icann := publicsuffix.PublicSuffix("x." + name)
	return icann || name == "onion" || name == "example" || strings.HasPrefix(name, "xn--")
}

// trim cuts off what ends a sentence rather than an address.
func trim(link string) string { return strings.TrimRight(link, ".,;:!?*_…–|") }

// normal returns an address in the one form in which addresses are compared.
func normal(link string) string {
	link = trim(strings.Map(fold, strings.TrimSpace(link)))
	lower := strings.ToLower(link)
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(lower, scheme) {
			link = link[len(scheme):]
			break
		}
	}
	host := hostOf(link)
	return strings.TrimSuffix(strings.ToLower(host)+link[len(host):], "/")
}

// hostOf returns the beginning of an address without scheme, up to its path.
func hostOf(link string) string {
	if i := strings.IndexAny(link, `/?#\`); i >= 0 {
		return link[:i]
	}
	return link
}
