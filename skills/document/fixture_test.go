package document

import (
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"crypto/rc4"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// A pdfWriter makes small PDF files for tests, so that none lies in the tree.
type pdfWriter struct {
	objects  []string // bodies, from object 1
	pages    []int
	password string // of the user; empty: not encrypted
	extra    string // more of the catalog
}

func newPDF() *pdfWriter {
	w := &pdfWriter{}
	w.add("") // 1: catalog
	w.add("") // 2: pages
	w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	return w
}

func (w *pdfWriter) add(body string) int {
	w.objects = append(w.objects, body)
	return len(w.objects)
}

func (w *pdfWriter) stream(dict string, data []byte) int {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return w.add(fmt.Sprintf("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", dict, b.Len(), b.String()))
}

// page adds a page with content, an A4 page if size is empty. more is added to
// its dictionary, resources beside the font /F1 to its resources.
func (w *pdfWriter) page(content, resources, more string) {
	c := w.stream("", []byte(content))
	w.pages = append(w.pages, w.add(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> %s >> %s >>", c, resources, more)))
}

// text adds a page with lines, one under the other; an empty one is a gap.
func (w *pdfWriter) text(lines ...string) {
	var b strings.Builder
	b.WriteString("BT /F1 9 Tf 14 TL 70 780 Td\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "(%s) Tj T*\n", pdfString(l))
	}
	b.WriteString("ET")
	w.page(b.String(), "", "")
}

func pdfString(s string) string {
	s, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(s)
}

// picture adds a page that is nothing but a picture: a scan.
func (w *pdfWriter) picture(img *image.Gray) {
	b := img.Bounds()
	x := w.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8", b.Dx(), b.Dy()), img.Pix)
	w.page("q 595 0 0 842 0 0 cm /Im1 Do Q", fmt.Sprintf("/XObject << /Im1 %d 0 R >>", x), "")
}

// attach adds an embedded file.
func (w *pdfWriter) attach(name string, data []byte) {
	f := w.stream(fmt.Sprintf("/Type /EmbeddedFile /Params << /Size %d >>", len(data)), data)
	s := w.add(fmt.Sprintf("<< /Type /Filespec /F (%s) /UF (%s) /EF << /F %d 0 R >> >>", name, name, f))
	w.extra += fmt.Sprintf(" /Names << /EmbeddedFiles << /Names [(%s) %d 0 R] >> >>", name, s)
}

func (w *pdfWriter) bytes() []byte {
	kids := ""
	for _, p := range w.pages {
		kids += fmt.Sprintf("%d 0 R ", p)
	}
	w.objects[0] = "<< /Type /Catalog /Pages 2 0 R" + w.extra + " >>"
	w.objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(w.pages), kids)
	trailer, key := "", []byte(nil)
	if w.password != "" {
		trailer, key = w.encryption()
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, len(w.objects))
	for i, o := range w.objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, encryptStream(o, key, i+1))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, xref)
	return b.Bytes()
}

const pdfPad = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// encryption is revision 2 of the standard handler: 40 bits of RC4, enough to
// be refused without the password.
func (w *pdfWriter) encryption() (trailer string, key []byte) {
	pad := []byte((w.password + pdfPad)[:32])
	rc := func(key, data []byte) []byte {
		c, _ := rc4.NewCipher(key)
		out := make([]byte, len(data))
		c.XORKeyStream(out, data)
		return out
	}
	sum := md5.Sum(pad)
	owner := rc(sum[:5], pad)
	id, perm := "0123456789abcdef", int32(-4)
	h := md5.New()
	h.Write(pad)
	h.Write(owner)
	binary.Write(h, binary.LittleEndian, perm)
	h.Write([]byte(id))
	key = h.Sum(nil)[:5]
	user := rc(key, []byte(pdfPad))
	return fmt.Sprintf("/ID [<%x> <%x>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%x> /U <%x> /P %d >>", id, id, owner, user, perm), key
}

func encryptStream(object string, key []byte, n int) string {
	head, rest, ok := strings.Cut(object, "\nstream\n")
	if key == nil || !ok {
		return object
	}
	data := []byte(strings.TrimSuffix(rest, "\nendstream"))
	sum := md5.Sum(append(append([]byte{}, key...), byte(n), byte(n>>8), byte(n>>16), 0, 0))
	c, _ := rc4.NewCipher(sum[:10])
	c.XORKeyStream(data, data)
	return head + "\nstream\n" + string(data) + "\nendstream"
}

// notice is a line of a letter, for documents that only have to be long.
const notice = "Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden (§ 70 VwGO)."

// longPDF has n full pages.
func longPDF(n int) []byte {
	w := newPDF()
	for p := range n {
		lines := []string{fmt.Sprintf("Seite %d", p+1), ""}
		for l := range 46 {
			lines = append(lines, fmt.Sprintf("%d.%d %s", p+1, l, notice))
		}
		w.text(lines...)
	}
	return w.bytes()
}

// base64Lines encodes a file as a mail has it.
func base64Lines(data []byte) string {
	var b strings.Builder
	for enc := base64.StdEncoding.EncodeToString(data); enc != ""; {
		n := min(76, len(enc))
		b.WriteString(enc[:n] + "\n")
		enc = enc[n:]
	}
	return b.String()
}
