package document

func readPicture(*parser, *Document, []byte) error { return unreadable(NoOCR, nil) }
