package teams

import (
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

const maxHTML = 512 << 10 // bytes of a message's HTML that are looked at

// blocks are the elements that stand on lines of their own.
var blocks = map[string]bool{"p": true, "div": true, "br": true, "hr": true, "ul": true, "ol": true, "li": true, "table": true, "tr": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "blockquote": true, "pre": true, "codeblock": true, "section": true}

// dropped are the elements whose content nobody reads.
var dropped = map[string]bool{"script": true, "style": true, "head": true, "title": true, "template": true, "noscript": true, "iframe": true,
	"object": true, "svg": true, "math": true, "select": true, "textarea": true}

// void are the elements that have no content and no end.
var void = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "wbr": true, "col": true, "meta": true, "link": true}

// textOf returns what people read of a message's HTML, and the ID of the message
// that it answers, if it quotes one as older clients do. What Teams does not show
// is left out. It goes through the tags once, without a tree: no nesting makes it
// slow.
func textOf(content string) (text, quoted string) {
	w := &textWriter{}
	z := html.NewTokenizer(strings.NewReader(cut(content, maxHTML)))
	z.SetMaxBuf(maxHTML)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				w.b.WriteString("…")
			}
			return w.String(), w.quoted
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		}
	}
}

// A textWriter collects text.
type textWriter struct {
	b      strings.Builder
	quoted string

	skip  string // element that is left out with all in it
	depth int    // of elements of its name
	pre   int    // depth of elements that keep their white space
	space bool   // white space is due before the next word
	line  bool   // a line end is due
	href  string // of the link that is open
	from  int    // where its text begins
}

func (w *textWriter) text(s string) {
	if w.skip != "" {
		return
	}
	if w.pre > 0 {
		w.breaks()
		w.b.WriteString(s)
		return
	}
	for i, word := range strings.FieldsFunc(s, blank) {
		if i > 0 || blank(rune(s[0])) {
			w.space = true
		}
		w.write(word)
	}
	if s != "" && blank(rune(s[len(s)-1])) {
		w.space = true
	}
}

// blank reports whether a character is white space in HTML; all are ASCII.
func blank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }

// breaks writes the white space that is due.
func (w *textWriter) breaks() {
	if w.b.Len() > 0 {
		if w.line {
			w.b.WriteByte('\n')
		} else if w.space {
			w.b.WriteByte(' ')
		}
	}
	w.line, w.space = false, false
}

func (w *textWriter) write(s string) {
	w.breaks()
	w.b.WriteString(s)
}

func (w *textWriter) start(t html.Token) {
	if w.skip != "" {
		if t.Data == w.skip && t.Type == html.StartTagToken {
			w.depth++
		}
		return
	}
	a := map[string]string{}
	for _, attr := range t.Attr {
		a[attr.Key] = attr.Val
	}
	if t.Data == "blockquote" && strings.HasSuffix(a["itemtype"], "schema.skype.com/Reply") {
		if messageRE.MatchString(a["itemid"]) {
			w.quoted = a["itemid"]
		}
		w.leave(t)
		return
	}
	if dropped[t.Data] || hidden(a) {
		w.leave(t)
		return
	}
	if blocks[t.Data] {
		w.line = true
	}
	switch t.Data {
	case "li":
		w.write("- ")
		w.space = false
	case "td", "th":
		if !w.line {
			w.write(" |")
			w.space = true
		}
	case "pre", "codeblock":
		w.pre++
	case "emoji":
		w.write(shown(a["alt"]))
	case "img":
		w.image(a)
	case "a":
		w.href, w.from = a["href"], w.b.Len()
	}
}

// leave leaves an element out with all in it.
func (w *textWriter) leave(t html.Token) {
	if t.Type == html.StartTagToken && !void[t.Data] {
		w.skip, w.depth = t.Data, 1
	}
}

// hidden reports whether an element is not shown.
func hidden(a map[string]string) bool {
	if _, ok := a["hidden"]; ok {
		return true
	}
	style := strings.ToLower(strings.Join(strings.Fields(a["style"]), ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// image stands for a picture: an emoji as itself.
func (w *textWriter) image(a map[string]string) {
	if alt := shown(a["alt"]); alt != "" && alt != "image" {
		w.write(alt)
	} else if strings.Contains(a["src"], "/hostedContents/") {
		w.write("[Bild]")
	}
}

func (w *textWriter) end(name string) {
	if w.skip != "" {
		if name == w.skip {
			if w.depth--; w.depth == 0 {
				w.skip = ""
			}
		}
		return
	}
	if blocks[name] {
		w.line = true
	}
	switch name {
	case "pre", "codeblock":
		w.pre = max(0, w.pre-1)
	case "a":
		w.link()
	}
}

// link writes the address of a link behind its text, unless that is the address.
func (w *textWriter) link() {
	href, text := w.href, strings.TrimSpace(w.b.String()[w.from:])
	w.href = ""
	u, err := url.Parse(href)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || len(href) > 1000 || strings.TrimSuffix(text, "/") == strings.TrimSuffix(href, "/") {
		return
	}
	w.space = text != ""
	w.write("(" + href + ")")
}

// String returns the text. Lines without anything in them are left out.
func (w *textWriter) String() string {
	var lines []string
	for line := range strings.SplitSeq(w.b.String(), "\n") {
		if line = strings.TrimRight(line, " \t\r\u00a0"); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
