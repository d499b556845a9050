package document

import (
	"encoding/binary"
)

// lzfuStart is what the dictionary holds before the first byte (MS-OXRTFCP 2.1.2.1).
const lzfuStart = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

const maxLZFu = 16 << 20 // bytes that are unpacked

const errLZFu = plain("broken compressed RTF")

// unpackRTF unpacks the RTF of a message (MS-OXRTFCP). What was unpacked before
// an error is returned with it. Two bytes become 17 at most.
func unpackRTF(src []byte) ([]byte, error) {
	if len(src) < 16 {
		return nil, errLZFu
	}
	size := min(int(binary.LittleEndian.Uint32(src[4:])), maxLZFu)
	kind := string(src[8:12])
	src = src[16:]
	switch kind {
	case "MELA":
		return src[:min(size, len(src))], nil
	case "LZFu":
	default:
		return nil, errLZFu
	}
	var dict [4096]byte
	at := copy(dict[:], lzfuStart)
	out := make([]byte, 0, min(size, 9*len(src)))
	put := func(c byte) {
		out = append(out, c)
		dict[at&4095] = c
		at++
	}
	for len(src) > 0 && len(out) < size {
		flags := src[0]
		src = src[1:]
		for bit := 0; bit < 8 && len(out) < size; bit++ {
			if flags>>bit&1 == 0 {
				if len(src) < 1 {
					return out, errLZFu
				}
				put(src[0])
				src = src[1:]
				continue
			}
			if len(src) < 2 {
				return out, errLZFu
			}
			offset, n := int(src[0])<<4|int(src[1])>>4, int(src[1]&15)+2
			src = src[2:]
			if offset == at&4095 {
				return out, nil // the end
			}
			for i := range n {
				put(dict[(offset+i)&4095])
			}
		}
	}
	if len(out) < size {
		return out, errLZFu
	}
	return out, nil
}
