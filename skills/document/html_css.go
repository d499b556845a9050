package document

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// declarations are the properties of an element that [style.of] looks at, with
// values in lower case.
type declarations map[string]string

// watched are the properties that can hide text or separate mails. The rest of
// a sheet is not kept.
var watched = map[string]bool{
	"display": true, "visibility": true, "content-visibility": true, "opacity": true, "font-size": true, "font": true,
	"color": true, "background": true, "background-color": true, "background-image": true,
	"overflow": true, "height": true, "max-height": true, "width": true, "max-width": true,
	"clip": true, "clip-path": true, "transform": true, "text-indent": true, "white-space": true,
	"position": true, "left": true, "top": true, "right": true, "bottom": true, "mso-hide": true,
	"margin": true, "margin-left": true, "margin-top": true, "margin-bottom": true, "border": true, "border-top": true,
}

const (
	maxSheet = 512 << 10 // bytes of all <style> elements
	maxRules = 4000
	maxSteps = 5_000_000 // comparisons of selectors with elements
)

// A sheet is the rules of a page's <style> elements, found by what their last
// selector names, so that an element meets few of them. Selectors may be tags,
// classes, ids and their descendants; what else CSS has (pseudo-classes,
// attributes, siblings) never matches, and so hides nothing.
type sheet struct {
	rules map[string][]rule
	count int
	size  int
	steps int
}

type rule struct {
	path   []simple // outermost first
	decls  []declaration
	weight int // specificity, then order
}

// A simple selector is a tag with classes and an id.
type simple struct {
	tag, id string
	classes []string
	child   bool // of the one before, not only inside it
}

type declaration struct {
	prop, value string
	important   bool
}

// add parses a style sheet. Rules under a condition are not taken: what they
// hide on a telephone is shown at a desk.
func (s *sheet) add(css string) {
	if s.rules == nil {
		s.rules = make(map[string][]rule)
	}
	css = css[:min(len(css), maxSheet-s.size)]
	s.size += len(css)
	css = strings.NewReplacer("<!--", "", "-->", "").Replace(uncomment(css))
	for css != "" && s.count < maxRules {
		open := strings.IndexAny(css, "{;}")
		if open < 0 {
			return
		}
		if css[open] != '{' { // an @import, or a brace too many
			css = css[open+1:]
			continue
		}
		head := strings.ToLower(strings.TrimSpace(css[:open]))
		if strings.HasPrefix(head, "@") {
			if anyScreen(head) {
				css = css[open+1:]
			} else {
				css = css[open+block(css[open:]):]
			}
			continue
		}
		end := strings.IndexByte(css[open:], '}')
		if end < 0 {
			end = len(css) - open
		}
		s.rule(head, css[open+1:open+end])
		css = css[min(open+end+1, len(css)):]
	}
}

func uncomment(css string) string {
	if !strings.Contains(css, "/*") {
		return css
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(css, "/*")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, css, _ = strings.Cut(after, "*/")
	}
}

func anyScreen(head string) bool {
	kind, ok := strings.CutPrefix(head, "@media")
	kind = strings.TrimSpace(kind)
	return ok && (kind == "screen" || kind == "all" || kind == "only screen" || kind == "")
}

// block returns the length of the {…} with which css begins.
func block(css string) int {
	depth := 0
	for i := range len(css) {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(css)
}

func (s *sheet) rule(selectors, body string) {
	decls := parseDeclarations(body)
	if len(decls) == 0 {
		return
	}
	for sel := range strings.SplitSeq(selectors, ",") {
		path, spec, ok := parseSelector(sel)
		if !ok || s.count >= maxRules {
			continue
		}
		s.count++
		last := path[len(path)-1]
		key := last.tag
		if len(last.classes) > 0 {
			key = "." + last.classes[0]
		}
		if last.id != "" {
			key = "#" + last.id
		}
		s.rules[key] = append(s.rules[key], rule{path, decls, spec*maxRules + s.count})
	}
}

func parseDeclarations(body string) []declaration {
	var out []declaration
	for part := range strings.SplitSeq(body, ";") {
		prop, value, ok := strings.Cut(part, ":")
		prop = strings.ToLower(strings.TrimSpace(prop))
		if !ok || !watched[prop] || len(value) > 500 {
			continue
		}
		value, mark, _ := strings.Cut(strings.Join(strings.Fields(strings.ToLower(value)), " "), "!")
		out = append(out, expand(declaration{prop, strings.TrimSpace(value), strings.TrimSpace(mark) == "important"})...)
		if len(out) > 60 {
			break
		}
	}
	return out
}

// expand turns shorthands into the properties that are looked at.
func expand(d declaration) []declaration {
	words := strings.Fields(d.value)
	one := func(prop, value string) declaration { return declaration{prop, value, d.important} }
	switch {
	case d.prop == "margin" && len(words) > 0:
		return []declaration{one("margin-top", words[0]), one("margin-bottom", words[min(2, len(words)-1)&^1]),
			one("margin-left", words[[]int{0, 0, 1, 1, 3}[min(len(words), 4)]])}
	case d.prop == "font":
		for _, w := range words {
			size, _, _ := strings.Cut(w, "/")
			if _, plain := number(size); plain && size != "0" {
				continue // a weight such as 700
			}
			if _, ok := length(size, 16); ok {
				return []declaration{one("font-size", size)}
			}
		}
		return nil
	}
	return []declaration{d}
}

func parseSelector(sel string) (path []simple, weight int, ok bool) {
	child := false
	for _, word := range strings.Fields(strings.ReplaceAll(sel, ">", " > ")) {
		if word == ">" {
			child = true
			continue
		}
		if strings.ContainsAny(word, ":[+~()\\") {
			return nil, 0, false
		}
		s := simple{child: child}
		child = false
		for word != "" {
			end := strings.IndexAny(word[1:], ".#") + 1
			if end == 0 {
				end = len(word)
			}
			switch name := word[:end]; {
			case name[0] == '.':
				s.classes = append(s.classes, name[1:])
				weight += 100
			case name[0] == '#':
				s.id = name[1:]
				weight += 10000
			case name != "*":
				s.tag = name
				weight++
			}
			word = word[end:]
		}
		path = append(path, s)
	}
	return path, min(weight, 500000), len(path) > 0 && len(path) < 10
}

// declared returns what the sheet, the element's attributes and its own style
// say, the stronger over the weaker; nil if nothing.
func (s *sheet) declared(n *html.Node) declarations {
	var all []rule
	take := func(key string) {
		for _, r := range s.rules[key] {
			if s.matches(r.path, n) {
				all = append(all, r)
			}
		}
	}
	if len(s.rules) > 0 {
		take("")
		take(n.Data)
		if id := attr(n, "id"); id != "" {
			take("#" + strings.ToLower(id))
		}
		for _, c := range classes(n) {
			take("." + c)
		}
		slices.SortFunc(all, func(a, b rule) int { return a.weight - b.weight })
		s.steps += 8 * len(all) // for the sorting
	}
	d := presentation(n)
	if own := attr(n, "style"); own != "" {
		all = append(all, rule{decls: parseDeclarations(own[:min(len(own), 10000)])})
	}
	if d == nil && len(all) > 0 {
		d = make(declarations)
	}
	for _, important := range []bool{false, true} {
		for _, r := range all {
			for _, x := range r.decls {
				if x.important == important {
					d[x.prop] = x.value
				}
			}
		}
	}
	return d
}

// presentation returns what attributes of old HTML say about style.
func presentation(n *html.Node) (d declarations) {
	set := func(prop, value string) {
		if d == nil {
			d = make(declarations)
		}
		d[prop] = strings.ToLower(strings.TrimSpace(value))
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "hidden" && a.Val != "until-found":
			set("display", "none")
		case a.Key == "bgcolor":
			set("background-color", a.Val)
		case a.Key == "background":
			set("background-image", "url()")
		case a.Key == "color" && n.Data == "font", a.Key == "text" && n.Data == "body":
			set("color", a.Val)
		}
	}
	return d
}

func (s *sheet) matches(path []simple, n *html.Node) bool {
	last := len(path) - 1
	s.steps++
	if !path[last].is(n) {
		return false
	}
	for i := last; i > 0; i-- {
		up := n.Parent
		for up != nil && up.Type == html.ElementNode && !path[i-1].is(up) {
			if path[i].child {
				return false
			}
			s.steps++
			up = up.Parent
		}
		if up == nil || up.Type != html.ElementNode {
			return false
		}
		n = up
	}
	return true
}

func (s simple) is(n *html.Node) bool {
	if s.tag != "" && s.tag != n.Data || s.id != "" && s.id != strings.ToLower(attr(n, "id")) {
		return false
	}
	if len(s.classes) == 0 {
		return true
	}
	have := classes(n)
	for _, c := range s.classes {
		if !slices.Contains(have, c) {
			return false
		}
	}
	return true
}

// classes returns an element's classes in lower case, as mail programs without
// a doctype compare them; no page has more than a few, so 20 are enough.
func classes(n *html.Node) []string {
	c := attr(n, "class")
	if c == "" {
		return nil
	}
	all := strings.Fields(strings.ToLower(c[:min(len(c), 1000)]))
	return all[:min(len(all), 20)]
}

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}
