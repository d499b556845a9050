package document

import (
	"context"
	"encoding/binary"
	"math"
	"reflect"
	"unicode/utf16"

	"github.com/klippa-app/go-pdfium"
	"github.com/tetratelabs/wazero/api"
)

// A pdfEngine is an instance of PDFium with the functions that are called here,
// by the names of its C interface (fpdfview.h, fpdf_text.h, …).
//
// go-pdfium compiles and instantiates it, but its own methods look up each
// function anew and allocate each out parameter in the guest: ten calls for the
// box of one character, 4 µs instead of 0.13. So its module is called directly.
type pdfEngine struct {
	instance pdfium.Pdfium
	mod      api.Module
	fn       map[string]api.Function
	scratch  uint32 // a page of the guest's memory for out parameters
	// err is the first trap; the instance is of no use then, calls do nothing.
	err error
}

const scratchSize = 4096

func newEngine(in pdfium.Pdfium) (*pdfEngine, error) {
	getter, ok := in.(interface{ GetImplementation() any })
	if !ok {
		return nil, plain("pdfium: no implementation")
	}
	v := reflect.Indirect(reflect.ValueOf(getter.GetImplementation()))
	if v.Kind() != reflect.Struct || !v.FieldByName("Module").IsValid() {
		return nil, plain("pdfium: no module")
	}
	mod, ok := v.FieldByName("Module").Interface().(api.Module)
	if !ok {
		return nil, plain("pdfium: no module")
	}
	e := &pdfEngine{instance: in, mod: mod, fn: map[string]api.Function{}}
	e.scratch = e.alloc(scratchSize)
	return e, e.err
}

// call calls a function of PDFium and returns its result, 0 if it has none.
func (e *pdfEngine) call(name string, args ...uint64) uint64 {
	if e.err != nil {
		return 0
	}
	f := e.fn[name]
	if f == nil {
		if f = e.mod.ExportedFunction(name); f == nil {
			e.err = plain("pdfium: no function " + name)
			return 0
		}
		e.fn[name] = f
	}
	res, err := f.Call(context.Background(), args...)
	if err != nil {
		e.err = plain("pdfium: trap in " + name) // the error itself has a stack of the guest
		return 0
	}
	if len(res) == 0 {
		return 0
	}
	return res[0]
}

// number is call for functions that return a C int.
func (e *pdfEngine) number(name string, args ...uint64) int {
	return int(int32(e.call(name, args...)))
}

// alloc returns memory of the guest, 0 if it has none left.
func (e *pdfEngine) alloc(n int) uint32 { return uint32(e.call("malloc", uint64(n))) }

func (e *pdfEngine) release(p uint32) { e.call("free", uint64(p)) }

// bytes is a view of the guest's memory, good until the next call.
func (e *pdfEngine) bytes(p uint32, n int) []byte {
	if e.err != nil || n < 0 {
		return nil
	}
	b, ok := e.mod.Memory().Read(p, uint32(n))
	if !ok {
		e.err = plain("pdfium: memory out of range")
	}
	return b
}

// floats reads n out parameters of the C type float from the scratch page.
func (e *pdfEngine) floats(n int) (f [4]float64) {
	b := e.bytes(e.scratch, 4*n)
	for i := range len(b) / 4 {
		f[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return f
}

// ints reads n out parameters of the C type int.
func (e *pdfEngine) ints(n int) (v [4]int) {
	b := e.bytes(e.scratch, 4*n)
	for i := range len(b) / 4 {
		v[i] = int(int32(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return v
}

// out are the addresses of out parameters of 4 bytes each.
func (e *pdfEngine) out(i int) uint64 { return uint64(e.scratch) + uint64(4*i) }

// utf16 reads n units of UTF-16 from the guest.
func (e *pdfEngine) utf16(p uint32, n int) []uint16 {
	b := e.bytes(p, 2*n)
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return u
}

func utf16String(u []uint16) string { return string(utf16.Decode(u)) }
