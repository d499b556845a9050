// Package render turns the CommonMark that skills write into what a network
// shows: safe HTML ([HTML]), readable plain text ([Plain]), parts of a size
// ([Split]).
//
// What is rendered may have been written by a model that has read a hostile
// letter. So the text is parsed by goldmark without its HTML parsers, which
// leaves tags as the text that they are (a quoted "<b>" does not vanish, and
// does nothing), and what goldmark wrote is cut down by bluemonday to a short
// list of elements. Each would do alone; together a mistake in one is no hole.
// Images are never loaded: their alternative text stands instead.
//
// Two things differ from CommonMark, because chats and letters do: a line break
// in the source is one in the result, and there are tables (as in GitHub's
// dialect). Raw HTML, footnotes and bare addresses as links are not taken.
//
// A text of more than [MaxText] bytes, or one made to keep a parser busy
// (limits.go), is shown as it is, unformatted.
package render

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	htmlr "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxText is the length in bytes up to which a text is formatted.
const MaxText = 1 << 20

var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())...),
		parser.WithInlineParsers(without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.Table),
	goldmark.WithRendererOptions(
		htmlr.WithHardWraps(),
		renderer.WithNodeRenderers(util.Prioritized(images{}, 100)),
	),
)

// without returns parsers less the one that is of the same type as p.
func without(parsers []util.PrioritizedValue, p any) []util.PrioritizedValue {
	var kept []util.PrioritizedValue
	for _, v := range parsers {
		if v.Value != p {
			kept = append(kept, v)
		}
	}
	return kept
}

// images renders an image as its alternative text.
type images struct{}

func (images) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
		return ast.WalkContinue, nil
	})
}

var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em",
		"ul", "li", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "ol")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(false)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// HTML returns a text as an HTML fragment that is safe to put into a page, a
// mail or a Matrix event: no scripts, styles, classes, IDs, images or frames.
// Links lead to http, https and mailto only, in a new window that knows nothing
// of this one; of any other link only its text stays. Any input gives a result,
// and it is valid UTF-8.
func HTML(md string) string {
	md = clean(md)
	if !formattable(md) {
		return "<pre>" + html.EscapeString(md) + "</pre>"
	}
	var b bytes.Buffer
	if err := markdown.Convert([]byte(md), &b); err != nil {
		return "<pre>" + html.EscapeString(md) + "</pre>" // a bytes.Buffer does not fail
	}
	return strings.TrimSpace(policy.Sanitize(b.String()))
}

// parse returns the tree of a text and its source.
func parse(md string) (ast.Node, []byte) {
	source := []byte(md)
	return markdown.Parser().Parse(text.NewReader(source)), source
}

// clean makes a text valid UTF-8 with "\n" as its only line end.
func clean(md string) string {
	if !utf8.ValidString(md) {
		md = strings.ToValidUTF8(md, "\uFFFD")
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(md)
}
