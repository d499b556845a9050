package document

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

// A cfb is a compound file (MS-CFB), the container of Outlook's messages and of
// old Office formats, opened for reading.
//
// richardlehane/mscfb was tried and left: it copies the path of every storage
// into each level below, so that a directory of 12,000 storages in one another
// (1.5 MB) takes 17 s and allocates 1.1 GB, it recurses over siblings, and gives up a whole file for
// one bad chain. The tests have it read what they write.
type cfb struct {
	data    []byte
	sector  int // bytes
	fat     []uint32
	mini    []uint32
	small   []byte // where streams under 4 KB lie
	entries []cfbEntry
	kids    map[int][]int // of each storage, by number in entries
}

type cfbEntry struct {
	name  string
	kind  byte // 1 a storage, 2 a stream, 5 the root
	start uint32
	size  int64

	left, right, child uint32
}

const (
	cfbStream     = 2
	cfbEnd        = 0xfffffffa // and above: no sector
	cfbNone       = 0xffffffff
	cfbSmall      = 4096
	maxCFBEntries = 200_000
)

const errCFB = plain("broken compound file")

// openCFB reads the tables and the directory. It fails only if there is no
// directory; a chain that breaks off ends there. Nothing is followed twice.
func openCFB(data []byte) (*cfb, error) {
	if len(data) < 512 || string(data[:8]) != "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" {
		return nil, errCFB
	}
	c := &cfb{data: data, kids: make(map[int][]int)}
	switch binary.LittleEndian.Uint16(data[30:]) {
	case 9:
		c.sector = 512
	case 12:
		c.sector = 4096
	default:
		return nil, errCFB
	}
	c.readFAT()
	dir := c.chain(binary.LittleEndian.Uint32(data[48:]), maxCFBEntries*128)
	c.readEntries(dir)
	if len(c.entries) == 0 {
		return nil, errCFB
	}
	c.mini = words32(c.chain(binary.LittleEndian.Uint32(data[60:]), len(data)))
	root := c.entries[0]
	c.small = c.chain(root.start, int(min(root.size, int64(len(data)))))
	c.readTree()
	return c, nil
}

// at returns a sector, cut off at the end of the file; nil if there is none.
func (c *cfb) at(n uint32) []byte {
	start := (int64(n) + 1) * int64(c.sector)
	if n >= cfbEnd || start >= int64(len(c.data)) {
		return nil
	}
	return c.data[start:min(start+int64(c.sector), int64(len(c.data)))]
}

// readFAT gathers the table of what sector follows which. Where its own sectors
// lie stands in the header and in a chain of further sectors.
func (c *cfb) readFAT() {
	most := len(c.data)/c.sector + 1 // sectors that there can be
	add := func(locations []uint32) {
		for _, n := range locations {
			if s := c.at(n); s != nil && len(c.fat) < most {
				c.fat = append(c.fat, words32(s)...)
			}
		}
	}
	add(words32(c.data[76:512]))
	next := binary.LittleEndian.Uint32(c.data[68:])
	for range most {
		s := words32(c.at(next))
		if len(s) < c.sector/4 || len(c.fat) >= most {
			return
		}
		add(s[:len(s)-1])
		next = s[len(s)-1]
	}
}

func words32(b []byte) []uint32 {
	w := make([]uint32, 0, len(b)/4)
	for ; len(b) >= 4; b = b[4:] {
		w = append(w, binary.LittleEndian.Uint32(b))
	}
	return w
}

// chain returns up to max bytes of a chain of sectors. Sectors that lie one
// after the other, as nearly all do, are not copied.
func (c *cfb) chain(start uint32, max int) []byte {
	var out []byte
	first, n := start, 0 // a run of sectors
	run := func() []byte {
		from := min((int64(first)+1)*int64(c.sector), int64(len(c.data)))
		to := min(from+int64(n)*int64(c.sector), int64(len(c.data)))
		return c.data[from:to:to]
	}
	for at, steps := start, 0; at < cfbEnd && steps*c.sector < max && steps <= len(c.fat); steps++ {
		if at != first+uint32(n) {
			out = append(out, run()...)
			first, n = at, 0
		}
		n++
		if int(at) >= len(c.fat) {
			break
		}
		at = c.fat[at]
	}
	if n > 0 {
		if last := run(); out == nil {
			out = last
		} else {
			out = append(out, last...)
		}
	}
	return out[:min(len(out), max)]
}

// smallChain is chain for streams in the small sectors of 64 bytes.
func (c *cfb) smallChain(start uint32, max int) []byte {
	out := make([]byte, 0, max)
	for at := start; int(at) < len(c.mini) && len(out) < max; at = c.mini[at] {
		from := int(at) * 64
		if from >= len(c.small) {
			break
		}
		out = append(out, c.small[from:min(from+64, len(c.small))]...)
	}
	return out[:min(len(out), max)]
}

func (c *cfb) readEntries(dir []byte) {
	for ; len(dir) >= 128; dir = dir[128:] {
		e := cfbEntry{
			kind: dir[66], start: binary.LittleEndian.Uint32(dir[116:]), size: int64(binary.LittleEndian.Uint32(dir[120:])),
			left: binary.LittleEndian.Uint32(dir[68:]), right: binary.LittleEndian.Uint32(dir[72:]), child: binary.LittleEndian.Uint32(dir[76:]),
		}
		if n := int(binary.LittleEndian.Uint16(dir[64:])); n >= 2 && n <= 64 {
			var name []uint16
			for i := 0; i < n-2; i += 2 {
				name = append(name, binary.LittleEndian.Uint16(dir[i:]))
			}
			e.name = string(utf16.Decode(name))
		}
		c.entries = append(c.entries, e)
	}
}

// readTree finds out what lies in which storage. An entry lies in one only.
func (c *cfb) readTree() {
	type place struct {
		entry  uint32
		parent int
	}
	seen := make([]bool, len(c.entries))
	seen[0] = true
	todo := []place{{c.entries[0].child, 0}}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int64(p.entry) >= int64(len(c.entries)) || seen[p.entry] {
			continue
		}
		seen[p.entry] = true
		e := &c.entries[p.entry]
		c.kids[p.parent] = append(c.kids[p.parent], int(p.entry))
		todo = append(todo, place{e.left, p.parent}, place{e.right, p.parent})
		if e.kind != cfbStream {
			todo = append(todo, place{e.child, int(p.entry)})
		}
	}
	for _, k := range c.kids {
		slices.Sort(k) // as they were written
	}
}

// find returns the entry of a name in a storage, -1 if there is none.
func (c *cfb) find(storage int, name string) int {
	for _, k := range c.kids[storage] {
		if c.entries[k].name == name {
			return k
		}
	}
	return -1
}

// stream returns the bytes of a stream, as many as there are. They must not be
// changed.
func (c *cfb) stream(entry int) []byte {
	e := c.entries[entry]
	if e.kind != cfbStream {
		return nil
	}
	size := int(min(e.size, int64(len(c.data))))
	if e.size < cfbSmall {
		return c.smallChain(e.start, size)
	}
	return c.chain(e.start, size)
}
