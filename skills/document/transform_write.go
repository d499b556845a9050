package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// trees are the members of a package that were read as trees, by name.
type trees struct {
	k     *pack
	left  int
	names []string
	roots map[string]*element
	fresh map[string]*element // members that are added
}

// load reads a member as a tree, once. A member that is not there is nil.
func (t *trees) load(name string) (*element, error) {
	if t.roots == nil {
		t.roots, t.fresh, t.left = map[string]*element{}, map[string]*element{}, maxElements
	}
	key := strings.ToLower(name)
	if e := t.roots[key]; e != nil || !t.k.has(name) {
		return e, nil
	}
	e, err := t.k.tree(name, &t.left)
	if err != nil {
		return nil, err
	}
	t.roots[key], t.names = e, append(t.names, name)
	return e, nil
}

// write returns the package with the trees in the place of their members.
func (t *trees) write(data []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, unreadable(Damaged, nil)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	seen := map[string]bool{}
	for _, f := range in.File {
		key, name := strings.ToLower(f.Name), strings.TrimSuffix(f.Name, "/")
		if seen[key] || path.Clean(name) != name || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "..") || strings.Contains(name, `\`) {
			continue // the second of a name, and names that lead out of the package
		}
		seen[key] = true
		if e := t.roots[key]; e != nil {
			err = t.member(z, f.Name, e)
		} else {
			err = z.Copy(f)
		}
		if err == nil && out.Len() > maxRewritten {
			return nil, unreadable(TooBig, errors.New("written file too big"))
		}
		if err != nil {
			return nil, fmt.Errorf("write: %w", err)
		}
	}
	for name, e := range t.fresh {
		if !seen[strings.ToLower(name)] {
			if err := t.member(z, name, e); err != nil {
				return nil, err
			}
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if out.Len() > maxRewritten {
		return nil, unreadable(TooBig, errors.New("written file too big"))
	}
	return out.Bytes(), nil
}

func (t *trees) member(z *zip.Writer, name string, e *element) error {
	if err := t.k.p.err(); err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n")
	e.write(&b)
	_, err = io.Copy(w, &b)
	return err
}

var (
	textEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attrEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#xA;", "\t", "&#x9;", "\r", "&#xD;")
)

// write writes an element as XML. Characters that XML cannot have are left out.
func (e *element) write(b *bytes.Buffer) {
	if e.name.Local == "" {
		b.WriteString(textEscapes.Replace(allowed(e.text)))
		return
	}
	name := e.name.Local
	if e.name.Space != "" {
		name = e.name.Space + ":" + name
	}
	b.WriteString("<" + name)
	for _, a := range e.attr {
		b.WriteByte(' ')
		if a.Name.Space != "" {
			b.WriteString(a.Name.Space + ":")
		}
		b.WriteString(a.Name.Local + `="` + attrEscapes.Replace(allowed(a.Value)) + `"`)
	}
	if len(e.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, k := range e.kids {
		k.write(b)
	}
	b.WriteString("</" + name + ">")
}

func allowed(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return -1
	}, s)
}
