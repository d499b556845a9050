package document

import (
	"image/color"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
	"golang.org/x/net/html"
)

// A style is what of an element's style decides whether a person sees its text.
type style struct {
	gone    bool // the element and all in it
	unseen  bool // visibility, which a child may undo
	font    float64
	fg, bg  color.RGBA
	fgKnown bool
	bgKnown bool // false over a picture, where no colour can be compared
	pre     bool // white space counts
	tight   bool // a paragraph without a margin, as Outlook writes each line
	ruled   bool // a line above, with which Outlook begins a quoted mail
}

// plainStyle is that of a page which says nothing: black on white.
var plainStyle = style{font: 16, fg: color.RGBA{0, 0, 0, 255}, bg: color.RGBA{255, 255, 255, 255}, fgKnown: true, bgKnown: true}

// shown reports whether text in the style can be seen.
func (s *style) shown() bool {
	if s.unseen || s.font < 3 || s.fgKnown && s.fg.A < 16 {
		return false
	}
	return !s.fgKnown || !s.bgKnown || !alike(s.fg, s.bg)
}

// alike reports whether text in one colour on the other cannot be read. The
// bound lies below the palest grey (#eee on white) that designers really use.
func alike(a, b color.RGBA) bool {
	near := func(x, y uint8) bool { return max(x, y)-min(x, y) <= 16 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B)
}

// of returns the style of an element in one of style s.
func (s style) of(n *html.Node, sheet *sheet) style {
	s.tight, s.ruled = false, false
	if n.Data == "pre" || n.Data == "textarea" {
		s.pre = true
	}
	d := sheet.declared(n)
	if len(d) == 0 {
		return s
	}
	s.setColors(d)
	s.setFont(d["font-size"])
	switch d["visibility"] {
	case "hidden", "collapse":
		s.unseen = true
	case "visible":
		s.unseen = false
	}
	if ws := d["white-space"]; ws != "" {
		s.pre = strings.HasPrefix(ws, "pre")
	}
	s.gone = s.gone || removed(d)
	top, ok1 := length(d["margin-top"], s.font)
	bottom, ok2 := length(d["margin-bottom"], s.font)
	s.tight = ok1 && ok2 && top < 2 && bottom < 2
	s.ruled = strings.Contains(d["border-top"], "solid") && (d["border"] == "none" || d["border"] == "")
	return s
}

func (s *style) setColors(d declarations) {
	if v := d["color"]; v != "" && v != "inherit" {
		if c, ok := parseColor(v); ok {
			s.fg, s.fgKnown = c, true
		} else if v != "currentcolor" {
			s.fgKnown = false
		}
	}
	if v := d["background-image"]; v != "" && v != "none" {
		s.bgKnown = false
	}
	if v := d["background"]; v != "" {
		if strings.Contains(v, "url(") || strings.Contains(v, "gradient") {
			s.bgKnown = false
		}
		for _, w := range colorWords(v) {
			s.setBackground(w)
		}
	}
	s.setBackground(d["background-color"])
}

func (s *style) setBackground(v string) {
	if c, ok := parseColor(v); ok && c.A >= 128 {
		s.bg, s.bgKnown = c, true
	}
}

// colorWords splits a shorthand into words, keeping rgb(1, 2, 3) together.
func colorWords(v string) []string {
	depth := 0
	return strings.FieldsFunc(v, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ' ' && depth <= 0
	})
}

func (s *style) setFont(v string) {
	if v == "" {
		return
	}
	if px, ok := length(v, s.font); ok {
		s.font = px
	} else if v != "inherit" && v != "smaller" && v != "larger" {
		s.font = 16 // "small" and its like
	}
}

// removed reports whether a style takes an element off the page: not displayed,
// transparent, cut to nothing, or moved out of sight.
func removed(d declarations) bool {
	if d["display"] == "none" || d["mso-hide"] == "all" || d["content-visibility"] == "hidden" {
		return true
	}
	if v, ok := number(d["opacity"]); ok && v < 0.06 {
		return true
	}
	if strings.HasPrefix(d["overflow"], "hidden") || strings.HasPrefix(d["overflow"], "clip") {
		for _, p := range []string{"height", "max-height", "width", "max-width"} {
			if v, ok := length(d[p], 16); ok && v < 2 && !strings.HasSuffix(d[p], "%") {
				return true
			}
		}
	}
	if clip := d["clip"]; strings.HasPrefix(clip, "rect(") && !strings.ContainsAny(clip, "23456789") {
		return true
	}
	if c := d["clip-path"]; strings.HasPrefix(c, "inset(50%") || strings.HasPrefix(c, "inset(100%") || strings.HasPrefix(c, "circle(0") {
		return true
	}
	if strings.Contains(d["transform"], "scale(0)") || strings.Contains(d["transform"], "scale(0,") {
		return true
	}
	far := func(p string, low float64) bool {
		v, ok := length(d[p], 16)
		return ok && v <= low
	}
	if far("text-indent", -200) || far("margin-left", -900) || far("margin-top", -900) {
		return true
	}
	placed := d["position"] == "absolute" || d["position"] == "fixed" || d["position"] == "relative"
	return placed && (far("left", -200) || far("top", -200) || far("right", -900) || far("bottom", -900))
}

// length returns a CSS length in pixels; em and % are relative to font.
func length(v string, font float64) (float64, bool) {
	for _, u := range []struct {
		unit string
		px   float64
	}{{"px", 1}, {"pt", 4.0 / 3}, {"rem", 16}, {"em", font}, {"%", font / 100}, {"cm", 37.8}, {"mm", 3.78}, {"in", 96}, {"vw", 10}, {"vh", 8}, {"ex", font / 2}, {"pc", 16}, {"", 1}} {
		if num, ok := strings.CutSuffix(v, u.unit); ok {
			f, ok := number(num)
			return f * u.px, ok
		}
	}
	return 0, false
}

func number(v string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	return f, err == nil
}

// parseColor reads a colour in hexadecimal, as rgb() or rgba(), or by name.
func parseColor(v string) (color.RGBA, bool) {
	if v == "transparent" {
		return color.RGBA{}, true
	}
	if hex, ok := strings.CutPrefix(v, "#"); ok {
		return hexColor(hex)
	}
	if args, ok := strings.CutPrefix(v, "rgb"); ok {
		return rgbColor(strings.Trim(strings.TrimPrefix(args, "a"), "()"))
	}
	if c, ok := colornames.Map[v]; ok {
		return c, true
	}
	return color.RGBA{}, false
}

func hexColor(hex string) (color.RGBA, bool) {
	if len(hex) == 3 || len(hex) == 4 {
		var b strings.Builder
		for i := range len(hex) {
			b.WriteByte(hex[i])
			b.WriteByte(hex[i])
		}
		hex = b.String()
	}
	if len(hex) == 6 {
		hex += "ff"
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 8 {
		return color.RGBA{}, false
	}
	return color.RGBA{uint8(n >> 24), uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func rgbColor(args string) (color.RGBA, bool) {
	c := color.RGBA{A: 255}
	parts := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(parts) != 3 && len(parts) != 4 {
		return c, false
	}
	for i, p := range parts {
		num, percent := strings.CutSuffix(p, "%")
		f, ok := number(num)
		if !ok {
			return c, false
		}
		switch {
		case percent:
			f *= 2.55
		case i == 3:
			f *= 255
		}
		*[]*uint8{&c.R, &c.G, &c.B, &c.A}[i] = uint8(min(max(f, 0), 255))
	}
	return c, true
}
