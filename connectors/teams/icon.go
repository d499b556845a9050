package teams

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// appIcon draws an icon of the app, an envelope: on the accent colour for clients that
// show colours, else white on nothing, as Teams wants the small one:
// https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package
// Drawn and not a file: it is the same everywhere, and reviewed as code.
func appIcon(size int, colored bool) ([]byte, error) {
	const fine = 4 // samples in each direction of a pixel, for smooth edges
	scale, back := 1.0, color.NRGBA{}
	if colored {
		scale, back = 0.58, color.NRGBA{0x0b, 0x4a, 0x8f, 0xff} // the accent colour; the symbol stays in the middle
	}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			hits := 0
			for sy := range fine {
				for sx := range fine {
					x := (float64(px)+(float64(sx)+0.5)/fine)/float64(size)*2 - 1
					y := (float64(py)+(float64(sy)+0.5)/fine)/float64(size)*2 - 1
					if envelope(x/scale, y/scale) {
						hits++
					}
				}
			}
			img.SetNRGBA(px, py, whiten(back, float64(hits)/(fine*fine)))
		}
	}
	var buf bytes.Buffer
	err := png.Encode(&buf, img)
	return buf.Bytes(), err
}

// whiten returns a colour that is white by a share; on nothing it is white throughout,
// and the share is how much of it there is.
func whiten(back color.NRGBA, share float64) color.NRGBA {
	if back.A == 0 {
		if share == 0 {
			return color.NRGBA{}
		}
		return color.NRGBA{255, 255, 255, uint8(math.Round(share * 255))}
	}
	mix := func(c uint8) uint8 { return uint8(math.Round(float64(c) + (255-float64(c))*share)) }
	return color.NRGBA{mix(back.R), mix(back.G), mix(back.B), 255}
}

// envelope reports whether a point of the square from -1 to 1 is on the lines of an
// envelope: a rounded frame and a flap.
func envelope(x, y float64) bool {
	const wide, high, round, line = 0.96, 0.7, 0.16, 0.15
	x = math.Abs(x)
	box := func(in float64) bool { // the frame's outer edge, moved inwards
		dx, dy, r := x-(wide-round), math.Abs(y)-(high-round), round-in
		if dx <= 0 || dy <= 0 {
			return x <= wide-in && math.Abs(y) <= high-in
		}
		return r > 0 && math.Hypot(dx, dy) <= r
	}
	if !box(0) {
		return false
	}
	if !box(line) {
		return true
	}
	// The flap goes from the upper corners down to the middle.
	const deep = 0.16
	slope := (deep + high) / wide
	return math.Abs(y-(deep-slope*x))/math.Hypot(1, slope) <= line/2
}
