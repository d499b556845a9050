package document

import (
	"archive/zip"
	"bytes"
	"strings"
)

// readZIP reads the files in an archive as parts, in its order. Nothing is
// written anywhere, so paths in it are harmless and only their last element is
// shown. Encrypted members are named as such, each by itself.
//
// Bombs: what is unpacked counts against Limits.Inflated for all files in a
// document together, members against Limits.Size each, and overlapping members
// (one piece of data behind a thousand names) are told by their places.
func readZIP(p *parser, d *Document, data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return unreadable(Damaged, err)
	}
	at := map[int64]bool{}
	for _, f := range z.File {
		if err := p.err(); err != nil {
			return err
		}
		if p.parts >= 2*p.lim.Parts {
			return unreadable(TooBig, plain("too many files in an archive"))
		}
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		name := f.Name
		if f.NonUTF8 {
			name = toUTF8([]byte(f.Name), "cp850") // what Windows writes in Germany
		}
		size := int64(min(f.UncompressedSize64, 1<<62))
		offset, err := f.DataOffset()
		switch {
		case err != nil:
			p.unreadPart(d, name, size, Damaged)
			continue
		case f.Flags&1 != 0:
			p.unreadPart(d, name, size, Password)
			continue
		case at[offset]:
			p.unreadPart(d, name, size, Damaged)
			continue
		}
		at[offset] = true
		p.member(d, name, size, f)
	}
	return nil
}

func (p *parser) member(d *Document, name string, size int64, f *zip.File) {
	r, err := f.Open()
	if err != nil {
		p.unreadPart(d, name, size, Unsupported) // a method of compression
		return
	}
	defer r.Close()
	data, err := p.readAll(r, int64(p.lim.Size))
	switch u, ok := err.(*Unreadable); {
	case ok:
		p.unreadPart(d, name, size, u.Code)
	case err != nil && len(data) == 0:
		p.unreadPart(d, name, size, Damaged)
	case err != nil:
		// The checksum is wrong or the end is missing: what is there may do.
		part := p.part(d, name, data)
		if part.Doc != nil {
			p.partly(part.Doc, "partial-damaged", Text{DE: "nicht vollständig gelesen: im Archiv beschädigt", EN: "not read completely: damaged in the archive"})
		}
	default:
		p.part(d, name, data)
	}
}
