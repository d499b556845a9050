package document

// A greyPicture is what text recognition sees: 8 bits of grey a pixel.
type greyPicture struct {
	Width, Height int
	Pix           []byte
}

func readPicture(*parser, *Document, []byte) error { return unreadable(NoOCR, nil) }
