package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// HTML is read by a walk of our own over the tree of golang.org/x/net/html,
// because the tree is what browsers make of broken markup too, and what hides
// text can only be told on it. The usual converters were refused: they keep
// hidden text.
//
// What a person would not see is cut and reported. Quotes keep their structure
// as plain text has it: a <blockquote> that is a quote and not an indentation
// becomes lines with "> "; a rule, or the line that Outlook draws above a mail
// that it quotes, becomes a line of underscores.
const (
	maxHTML  = 12 << 20 // bytes that are looked at
	maxTags  = 400_000
	htmlRule = "________________________________"
)

// readHTML reads a page of HTML that is a file of its own.
func readHTML(p *parser, d *Document, data []byte) error {
	h, err := htmlText(p.ctx, toUTF8(data, metaCharset(data)))
	for _, s := range h.hidden {
		p.hidden(d, s)
	}
	if err2 := p.page(d, h.text); err2 != nil {
		return err2
	}
	if h.cut {
		err = unreadable(TooBig, errors.New("too much HTML"))
	}
	return err
}

// A htmlResult is what a person sees of a page.
type htmlResult struct {
	text   string
	hidden []string // texts that are there but not seen, some
	cut    bool     // the page was too big
}

// htmlText returns the text of a page that is valid UTF-8. If it cannot be
// parsed as a tree (nested deeper than 512) the text is taken without one and
// comes with an error.
func htmlText(ctx context.Context, src string) (htmlResult, error) {
	var h htmlResult
	src, h.cut = capHTML(src)
	root, err := html.ParseWithOptions(&patient{ctx, strings.NewReader(src)}, html.ParseOptionEnableScripting(false))
	if err != nil {
		if ctx.Err() != nil {
			return h, unreadable(TooLong, nil)
		}
		h.text = flatHTML(src)
		return h, unreadable(TooDeep, nil)
	}
	w := &htmlWalk{flow: flow{max: 2*len(src) + 1<<20}, ctx: ctx}
	w.sheets(root)
	w.children(root, plainStyle)
	w.endHidden()
	h.text, h.hidden = w.String(), w.hidden
	h.cut = h.cut || w.cut
	return h, ctx.Err()
}

// capHTML bounds the tree before it is built: a node costs forty times its
// shortest markup.
func capHTML(src string) (string, bool) {
	short := src[:min(len(src), maxHTML)]
	tags, end := 0, 0
	for tags <= maxTags {
		i := strings.IndexByte(short[end:], '<')
		if i < 0 {
			return short, len(short) < len(src)
		}
		end += i + 1
		tags++
	}
	return short[:end-1], true
}

// patient is a reader that ends when time is up.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (r *patient) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// flatHTML is the text between tags, for markup that makes no tree.
func flatHTML(src string) string {
	f := flow{max: 2*len(src) + 1<<20}
	z := html.NewTokenizer(strings.NewReader(src))
	z.SetMaxBuf(maxHTML)
	skip := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return f.String()
		case html.TextToken:
			if skip == "" {
				f.text(string(z.Text()))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if s := string(name); unshown[s] {
				skip = s
			} else if n, ok := blocks[s]; ok {
				f.block(n)
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == skip {
				skip = ""
			}
		}
	}
}

// blocks are the elements that begin and end lines, with the line ends that
// stand around them.
var blocks = map[string]int{
	"p": 2, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "blockquote": 2, "pre": 2, "table": 2, "dl": 2, "fieldset": 2, "figure": 2, "article": 2,
	"ul": 1, "ol": 1, "div": 1, "li": 1, "tr": 1, "td": 1, "th": 1, "section": 1, "header": 1, "footer": 1, "main": 1, "nav": 1, "aside": 1, "center": 1, "address": 1,
	"dt": 1, "dd": 1, "form": 1, "legend": 1, "figcaption": 1, "caption": 1, "details": 1, "summary": 1, "option": 1, "body": 1, "html": 1, "hr": 1, "thead": 1, "tbody": 1, "tfoot": 1, "dir": 1, "menu": 1,
}

// unshown are the elements whose text no browser shows as such.
var unshown = map[string]bool{
	"head": true, "title": true, "script": true, "style": true, "template": true, "iframe": true, "object": true, "embed": true, "audio": true, "video": true,
	"canvas": true, "svg": true, "noembed": true, "noframes": true, "datalist": true, "xml": true, "o:officedocumentsettings": true,
}

// A htmlWalk goes over a tree, hands what is seen to its flow and keeps some of
// what is not.
type htmlWalk struct {
	flow
	ctx    context.Context
	css    sheet
	seen   int // nodes
	hidden []string
	unseen strings.Builder // of one run of hidden text
	lists  []int           // per open list, the number of its next item; -1 for bullets
}

// sheets gathers the <style> elements, which mail puts anywhere.
func (w *htmlWalk) sheets(root *html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "style" && n.FirstChild != nil && attr(n, "media") != "print" {
			w.css.add(n.FirstChild.Data)
		}
	}
}

func (w *htmlWalk) children(n *html.Node, s style) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if w.seen++; w.seen%1024 == 0 && w.ctx.Err() != nil {
			return
		}
		if w.css.steps > maxSteps { // without its style nobody knows what is seen
			w.cut = true
			return
		}
		switch c.Type {
		case html.TextNode:
			w.words(c.Data, &s)
		case html.ElementNode:
			w.element(c, s)
		}
	}
}

func (w *htmlWalk) words(text string, s *style) {
	switch {
	case !s.shown():
		w.hide(text)
	case s.pre:
		w.endHidden()
		w.pre(text)
	default:
		w.endHidden()
		w.text(text)
	}
}

// element walks an element; parent is the style around it.
func (w *htmlWalk) element(n *html.Node, parent style) {
	if unshown[n.Data] {
		return
	}
	s := parent.of(n, &w.css)
	if s.gone || n.Data == "dialog" && !has(n, "open") {
		w.hideAll(n)
		return
	}
	if s.ruled && w.quotesMail(n) {
		w.rule()
	}
	gap, isBlock := blocks[n.Data]
	if gap == 2 && s.tight {
		gap = 1
	}
	if isBlock {
		w.block(gap)
	}
	switch n.Data {
	case "br":
		w.br()
	case "hr":
		w.rule()
	case "a":
		w.link(n, s)
	case "blockquote":
		w.blockquote(n, s)
	case "ul", "ol", "dir", "menu":
		w.list(n, s)
	case "li":
		w.item(n, s)
	case "tr":
		w.row(n, s)
	default:
		w.children(n, s)
	}
	if isBlock {
		w.block(gap)
	}
}

func (w *htmlWalk) rule() {
	w.block(1)
	w.word(htmlRule)
	w.block(1)
}

// quotesMail reports whether a box with a line above begins as Outlook begins
// the mail that it quotes: with its sender in bold.
func (w *htmlWalk) quotesMail(n *html.Node) bool {
	text := strings.TrimSpace(innerText(n, 40))
	for _, from := range []string{"Von:", "From:", "Gesendet:", "Sent:", "De :", "Da:", "Van:", "Od:", "Kimden:"} {
		if strings.HasPrefix(text, from) {
			return true
		}
	}
	return false
}

// blockquote walks a quote. Outlook and Gmail also indent with the element, and
// then say that it has no border.
func (w *htmlWalk) blockquote(n *html.Node, s style) {
	css := strings.ReplaceAll(attr(n, "style"), " ", "")
	if attr(n, "type") != "cite" && attr(n, "class") == "" && strings.Contains(css, "border:none") {
		w.children(n, s)
		return
	}
	lists, indent := w.lists, w.indent
	w.lists, w.indent = nil, 0
	w.quote++
	w.children(n, s)
	w.block(2)
	w.quote--
	w.lists, w.indent = lists, indent
}

func (w *htmlWalk) list(n *html.Node, s style) {
	first := -1
	if n.Data == "ol" {
		first = 1
		if v, err := strconv.Atoi(attr(n, "start")); err == nil && v > 0 && v < 1_000_000 {
			first = v
		}
	}
	w.lists = append(w.lists, first)
	w.indent++
	w.children(n, s)
	w.indent--
	w.lists = w.lists[:len(w.lists)-1]
}

func (w *htmlWalk) item(n *html.Node, s style) {
	w.bullet = "- "
	if last := len(w.lists) - 1; last >= 0 && w.lists[last] >= 0 {
		w.bullet = strconv.Itoa(w.lists[last]) + ". "
		w.lists[last]++
	}
	w.children(n, s)
	w.bullet = ""
}

// row walks a row of a table. Cells of one or two lines are put side by side;
// mail is also laid out with tables, and then cells are blocks of their own.
func (w *htmlWalk) row(n *html.Node, s style) {
	var cells []string
	layout := false
	for c := n.FirstChild; c != nil && !layout; c = c.NextSibling {
		layout = c.Type == html.ElementNode && holdsTable(c)
	}
	if layout {
		w.children(n, s)
		return
	}
	outer := w.flow
	texts := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		w.flow = flow{max: outer.max - len(outer.out)}
		w.element(c, s)
		text := strings.TrimSpace(clean(w.String()))
		outer.cut = outer.cut || w.cut
		if text != "" {
			texts++
		}
		layout = layout || strings.Count(text, "\n") > 2 || len(text) > 500
		cells = append(cells, text)
	}
	w.flow = outer
	switch {
	case texts == 0:
	case layout || texts == 1:
		for _, c := range cells {
			w.block(1)
			w.pre(c)
		}
	default:
		for i := range cells {
			cells[i] = strings.Join(strings.Fields(cells[i]), " ")
		}
		w.word(strings.TrimRight(strings.Join(cells, " | "), " |"))
	}
}

// holdsTable looks a few levels down, which is where layouts nest.
func holdsTable(n *html.Node) bool {
	looked := 0
	for d := range n.Descendants() {
		if looked++; d.Type == html.ElementNode && d.Data == "table" {
			return true
		}
		if looked > 200 {
			return true // too much for a cell of data
		}
	}
	return false
}

// link walks a link and says where it leads, if its text does not.
func (w *htmlWalk) link(n *html.Node, s style) {
	before := len(w.out)
	w.children(n, s)
	if before > len(w.out) {
		before = 0
	}
	text := strings.ToLower(string(w.out[before:]))
	if target := linkTarget(attr(n, "href")); target != "" && strings.TrimSpace(text) != "" && !strings.Contains(text, target) {
		w.space = true
		w.word("(" + target + ")")
	}
}

// linkTarget returns what a person should know of where a link leads: a host or
// a mail address. Links through Microsoft's checker lead to what they carry.
func linkTarget(href string) string {
	u, err := url.Parse(strings.TrimSpace(href[:min(len(href), 4000)]))
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "mailto":
		address, _ := url.QueryUnescape(u.Opaque)
		return strings.ToLower(cut(address, 100))
	case "http", "https", "ftp":
		host := strings.ToLower(u.Hostname())
		if strings.HasSuffix(host, ".safelinks.protection.outlook.com") {
			if inner, err := url.Parse(u.Query().Get("url")); err == nil && inner.Host != "" {
				host = strings.ToLower(inner.Hostname())
			}
		}
		return cut(strings.TrimPrefix(host, "www."), 100)
	}
	return ""
}

// hide takes note of text that is not seen.
func (w *htmlWalk) hide(text string) {
	if w.unseen.Len() < 2000 {
		w.unseen.WriteString(text[:min(len(text), 2000)])
		w.unseen.WriteByte(' ')
	}
}

func (w *htmlWalk) hideAll(n *html.Node) { w.hide(innerText(n, 2000)) }

// endHidden ends a run of hidden text. Some is not worth a warning: space that
// newsletters fill their preview with.
func (w *htmlWalk) endHidden() {
	if w.unseen.Len() == 0 {
		return
	}
	text := strings.TrimSpace(clean(strings.ToValidUTF8(w.unseen.String(), "")))
	w.unseen.Reset()
	if len(text) > 2 && len(w.hidden) < 10 {
		w.hidden = append(w.hidden, text)
	}
}

// innerText returns the text in an element, at most about max bytes of it.
func innerText(n *html.Node, max int) string {
	var b strings.Builder
	looked := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !unshown[d.Parent.Data] {
			b.WriteString(d.Data)
		} else if _, ok := blocks[d.Data]; ok {
			b.WriteByte(' ')
		}
		if looked++; b.Len() > max || looked > 5000 {
			break
		}
	}
	return b.String()
}

func has(n *html.Node, key string) bool {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return true
		}
	}
	return false
}

var metaTag = regexp.MustCompile(`(?i)<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})`)

// metaCharset returns the charset that a page declares for itself, or "".
func metaCharset(data []byte) string {
	if m := metaTag.FindSubmatch(bytes.TrimPrefix(data[:min(len(data), 4096)], []byte("\xef\xbb\xbf"))); m != nil {
		return string(m[1])
	}
	return ""
}
