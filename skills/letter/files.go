package letter

import (
	"path"
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
)

// maxLogo is the size in bytes up to which a picture shown in the text of a mail
// counts as part of its signature.
const maxLogo = 60 << 10

var archive = lazy.New(`zip|tar|7z|rar|compressed`)

// flat returns the files of a mail with archives opened; files inside carry the
// archive's name in front.
func flat(parts []document.Part) []document.Part {
	var out []document.Part
	for _, p := range parts {
		if p.Doc == nil || p.Doc.Mail != nil || len(p.Doc.Parts) == 0 || !archive.MatchString(p.Type) {
			out = append(out, p)
			continue
		}
		for _, in := range p.Doc.Parts {
			in.Name = p.Name + "/" + in.Name
			out = append(out, in)
		}
	}
	return out
}

// files lists the files of a letter and counts the pictures of its signature.
func files(parts []document.Part) (list []File, logos int) {
	for _, p := range flat(parts) {
		if logo(p) {
			logos++
			continue
		}
		list = append(list, file(p))
	}
	return list, logos
}

func file(p document.Part) File {
	f := File{Name: p.Name, Doc: p.Doc, Reason: p.Reason}
	if p.Doc == nil && p.Reason == nil {
		f.Reason = &document.Reason{Code: document.NoText, Text: document.Text{DE: "leer", EN: "empty"}}
	}
	if p.Doc != nil && strings.TrimSpace(p.Doc.Text()) == "" && len(p.Doc.Parts) == 0 {
		f.Doc = nil
		for _, pg := range p.Doc.Pages {
			if pg.Unread != nil && f.Reason == nil {
				f.Reason = pg.Unread
			}
		}
		if f.Reason == nil {
			f.Reason = &document.Reason{Code: document.NoText, Text: document.Text{DE: "kein Text gefunden", EN: "no text found"}}
		}
	}
	return f
}

func (l *Letter) addFiles(parts []document.Part) {
	list, logos := files(parts)
	l.Files, l.Logos = append(l.Files, list...), l.Logos+logos
}

var logoName = lazy.New(`(?i)^(?:image\d{3}|logo|outlook-|signatur|facebook|linkedin|instagram|twitter|youtube)`)

// logo says whether a file is a picture of a signature: small, shown in the
// text, and without text worth reading. A photo that a phone puts into the text
// is larger.
func logo(p document.Part) bool {
	if !strings.HasPrefix(p.Type, "image/") || p.Size > maxLogo {
		return false
	}
	if p.Doc != nil && len(p.Doc.Text()) > 200 {
		return false
	}
	return p.Inline || logoName.MatchString(p.Name)
}

// firstText returns the first file with text to read as a letter; -1: none.
func firstText(parts []document.Part) int {
	for i, p := range parts {
		if p.Doc != nil && p.Doc.Mail == nil && !logo(p) && len(p.Doc.Text()) > 40 {
			return i
		}
	}
	return -1
}

// called returns how a text speaks of a file: its name without the ending.
func called(name string) string {
	return strings.TrimSuffix(path.Base(name), path.Ext(name))
}
