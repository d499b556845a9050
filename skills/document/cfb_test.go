package document

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
)

// A cfbNode is a stream, or with kids a storage, for a compound file that a test
// writes. The writer follows MS-CFB and shares nothing with the reader.
type cfbNode struct {
	name    string
	data    []byte
	storage bool
	kids    []cfbNode
}

// writeCFB writes version 3 with sectors of 512 bytes: small streams first, then
// the large ones, the directory, the tables.
func writeCFB(root ...cfbNode) []byte {
	const end, free, fatSector = 0xfffffffe, 0xffffffff, 0xfffffffd
	type flat struct {
		node                      cfbNode
		left, right, child, start uint32
		size                      int
	}
	dir := []flat{{node: cfbNode{name: "Root Entry", storage: true}, left: free, right: free, child: free}}
	var place func(kids []cfbNode) uint32
	place = func(kids []cfbNode) uint32 {
		if len(kids) == 0 {
			return free
		}
		mid := len(kids) / 2 // callers give names in order
		i := len(dir)
		dir = append(dir, flat{node: kids[mid]})
		l, r := place(kids[:mid]), place(kids[mid+1:])
		c := place(kids[mid].kids)
		dir[i].left, dir[i].right, dir[i].child = l, r, c
		return uint32(i)
	}
	dir[0].child = place(root)
	var body, small []byte
	var fat, mini []uint32
	chain := func(table *[]uint32, n int) uint32 {
		if n == 0 {
			return end
		}
		start := uint32(len(*table))
		for i := range n {
			next := start + uint32(i) + 1
			if i == n-1 {
				next = end
			}
			*table = append(*table, next)
		}
		return start
	}
	pad := func(b []byte, to int) []byte { return append(b, make([]byte, (to-len(b)%to)%to)...) }
	put := func(b []byte) uint32 {
		start := chain(&fat, (len(b)+511)/512)
		body = append(body, pad(bytes.Clone(b), 512)...)
		return start
	}
	for i := range dir {
		e := &dir[i]
		e.size = len(e.node.data)
		switch {
		case e.node.storage:
			e.start = 0
		case e.size < 4096:
			e.start = chain(&mini, (e.size+63)/64)
			small = append(small, pad(bytes.Clone(e.node.data), 64)...)
		default:
			e.start = put(e.node.data)
		}
	}
	dir[0].start, dir[0].size = put(small), len(small)
	le := binary.LittleEndian
	var d []byte
	for i, e := range dir {
		b := make([]byte, 128)
		name := utf16.Encode([]rune(e.node.name))
		for j, c := range name {
			le.PutUint16(b[2*j:], c)
		}
		le.PutUint16(b[64:], uint16(2*len(name)+2))
		b[66], b[67] = 2, 1
		if e.node.storage {
			b[66] = 1
		}
		if i == 0 {
			b[66] = 5
		}
		le.PutUint32(b[68:], e.left)
		le.PutUint32(b[72:], e.right)
		le.PutUint32(b[76:], e.child)
		le.PutUint32(b[116:], e.start)
		le.PutUint32(b[120:], uint32(e.size))
		d = append(d, b...)
	}
	for len(d)%512 != 0 {
		b := make([]byte, 128)
		for _, at := range []int{68, 72, 76} {
			le.PutUint32(b[at:], free)
		}
		d = append(d, b...)
	}
	dirStart := put(d)
	var m []byte
	for _, n := range mini {
		m = le.AppendUint32(m, n)
	}
	for len(m)%512 != 0 {
		m = le.AppendUint32(m, free)
	}
	miniStart, miniSectors := put(m), len(m)/512
	fats := 1
	for fats*128 < len(fat)+fats {
		fats++
	}
	head := make([]byte, 512)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(head[24:], 0x3e)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xfffe)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], uint32(fats))
	le.PutUint32(head[48:], dirStart)
	le.PutUint32(head[56:], 4096)
	le.PutUint32(head[60:], miniStart)
	le.PutUint32(head[64:], uint32(miniSectors))
	le.PutUint32(head[68:], end)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], free)
	}
	for i := range fats {
		le.PutUint32(head[76+4*i:], uint32(len(fat)))
		fat = append(fat, fatSector)
	}
	for len(fat)%128 != 0 {
		fat = append(fat, free)
	}
	for _, n := range fat {
		body = le.AppendUint32(body, n)
	}
	return append(head, body...)
}

// TestCFB reads what the test's writer wrote, and has mscfb read it as well: so
// it is a compound file and not only what two halves of one mind agree on.
func TestCFB(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789"), 5000)
	file := writeCFB(
		cfbNode{name: "a", data: []byte("klein")},
		cfbNode{name: "b", storage: true, kids: []cfbNode{{name: "big", data: big}, {name: "leer"}}},
		cfbNode{name: "c", data: bytes.Repeat([]byte("x"), 4095)},
		cfbNode{name: "d", data: bytes.Repeat([]byte("y"), 4096)},
	)
	want := map[string]string{"a": "klein", "b/big": string(big), "b/leer": "", "c": strings.Repeat("x", 4095), "d": strings.Repeat("y", 4096)}
	c, err := openCFB(file)
	if err != nil {
		t.Fatal(err)
	}
	b := c.find(0, "b")
	got := map[string]string{}
	for _, k := range c.kids[0] {
		if k != b {
			got[c.entries[k].name] = string(c.stream(k))
		}
	}
	for _, k := range c.kids[b] {
		got["b/"+c.entries[k].name] = string(c.stream(k))
	}
	other, err := mscfb.New(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]string{}
	for e, err := other.Next(); err == nil; e, err = other.Next() {
		if !e.FileInfo().IsDir() {
			data, err := io.ReadAll(e)
			if err != nil {
				t.Error(err)
			}
			theirs[strings.Join(append(e.Path, e.Name), "/")] = string(data)
		}
	}
	for name, data := range want {
		if got[name] != data || theirs[name] != data {
			t.Errorf("%s: got %d bytes, mscfb %d, want %d", name, len(got[name]), len(theirs[name]), len(data))
		}
	}
	if len(got) != len(want) || len(theirs) != len(want) {
		t.Errorf("got %d streams, mscfb %d", len(got), len(theirs))
	}
}

// TestHostileCFB has chains and trees that never end, and storages in one another.
func TestHostileCFB(t *testing.T) {
	good := writeCFB(cfbNode{name: "a", data: bytes.Repeat([]byte("x"), 5000)}, cfbNode{name: "b", data: []byte("klein")})
	deep := cfbNode{name: "x", storage: true}
	for range 12_000 {
		deep = cfbNode{name: "x", storage: true, kids: []cfbNode{deep}}
	}
	for name, data := range map[string][]byte{
		"every chain ends in itself": bytes.ReplaceAll(good, []byte("\xfe\xff\xff\xff"), []byte("\x01\x00\x00\x00")),
		"every sibling is the root":  bytes.ReplaceAll(good, []byte("\xff\xff\xff\xff"), []byte("\x00\x00\x00\x00")),
		"12,000 storages deep":       writeCFB(deep),
		"cut off":                    good[:len(good)/2],
		"only a head":                good[:512],
	} {
		c, err := openCFB(data)
		if err != nil {
			continue
		}
		for i := range c.entries {
			if n := len(c.stream(i)); n > len(data) {
				t.Errorf("%s: a stream of %d bytes", name, n)
			}
		}
	}
}
