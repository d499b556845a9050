package document

import (
	"encoding/xml"
	"strings"
)

// readPPTX reads the slides of a PowerPoint file in their order, each with its
// text boxes, tables, diagrams and notes.
func readPPTX(p *parser, d *Document, data []byte) error {
	k, err := openPack(p, data)
	if err != nil {
		return err
	}
	targets, _ := k.rels("ppt/presentation.xml")
	var slides []string
	err = k.walk("ppt/presentation.xml", func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "sldId" && len(slides) < 20_000 {
			slides = append(slides, targets[relID(e)])
		}
		return nil
	})
	if len(slides) == 0 { // the list is missing; the slides may be there
		slides = k.sorted("ppt/slides/slide", ".xml")
	}
	for _, name := range slides {
		if err2 := readSlide(p, d, k, name); err2 != nil {
			if err == nil {
				err = err2
			}
			if p.err() != nil {
				return err
			}
		}
	}
	if err2 := k.files(d, "ppt/embeddings/", "ppt/media/"); err == nil {
		err = err2
	}
	return k.finish(err)
}

func readSlide(p *parser, d *Document, k *pack, name string) error {
	s := &slideWalk{docText: newDocText(p, d)}
	err := k.walk(name, s.visit)
	if s.hidden {
		hiddenPart(p, d, cut(s.title, 100))
		return err
	}
	_, related := k.rels(name)
	for _, kind := range []string{"diagramData", "chart"} {
		for _, member := range related[kind] {
			_ = k.walk(member, s.visit)
		}
	}
	for _, member := range related["comments"] {
		_ = k.walk(member, s.comment)
	}
	for _, member := range related["notesSlide"] {
		notes := &slideWalk{docText: newDocText(p, d), notes: true}
		_ = k.walk(member, notes.visit)
		if text := strings.TrimSpace(notes.frames[0].String()); text != "" {
			s.block("Notizen: "+text, paragraph)
		}
	}
	s.endHidden()
	for _, r := range s.remarks {
		s.block(r, paragraph)
	}
	s.endPage("") // also an empty one: it has a number
	if err == nil {
		err = s.err
	}
	return err
}

// A slideWalk turns the tokens of PresentationML into text.
type slideWalk struct {
	*docText
	notes  bool // only the body of a notes page counts, not its number or picture
	hidden bool
	title  string
	shape  string // kind of the placeholder being read
	inText bool
	depth  int
	skip   int
}

func (s *slideWalk) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		s.depth++
		if s.skip == 0 {
			s.start(t)
		}
	case xml.CharData:
		if s.inText && s.skip == 0 && !(s.notes && s.shape != "body" && s.shape != "") && s.shape != "sldNum" {
			s.text(string(t), false)
			if s.title == "" {
				s.title = strings.TrimSpace(string(t))
			}
		}
	case xml.EndElement:
		if s.skip == s.depth {
			s.skip = 0
		} else if s.skip == 0 {
			s.end(t.Name.Local)
		}
		s.depth--
	}
	return s.err
}

func (s *slideWalk) start(e xml.StartElement) {
	switch e.Name.Local {
	case "sld":
		s.hidden = xmlAttr(e, "show") == "0"
	case "sp":
		s.shape = ""
	case "ph":
		if s.shape = xmlAttr(e, "type"); s.shape == "" {
			s.shape = "body"
		}
	case "Fallback":
		s.skip = s.depth
	case "cNvPr":
		if xmlTrue(xmlAttr(e, "hidden")) {
			s.shape = "sldNum" // a hidden shape, as little shown as a number
		}
	case "p":
		s.startPara()
	case "pPr":
		if n := xmlInt(e, "lvl"); n > 0 {
			s.prefix(strings.Repeat("  ", min(n, maxIndent)-1) + "- ")
		}
	case "br":
		s.text("\n", false)
	case "t", "v":
		s.inText = true
	case "tr":
		s.startRow()
	case "tc":
		s.startCell()
	}
}

func (s *slideWalk) end(name string) {
	switch name {
	case "t", "v":
		s.inText = false
	case "p", "pt": // pt is a point of a chart
		s.endPara()
	case "tc":
		s.endCell(1)
	case "tr":
		s.endRow()
	case "sp":
		s.shape = ""
	}
}

// comment reads the comments of a slide.
func (s *slideWalk) comment(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		s.inText = t.Name.Local == "text" || t.Name.Local == "t"
	case xml.CharData:
		if s.inText {
			s.remark("", string(t))
		}
	case xml.EndElement:
		s.inText = false
	}
	return nil
}
