package document

func readPDF(*parser, *Document, []byte) error { return unsupported("application/pdf") }
