package document

func readZIP(*parser, *Document, []byte) error { return unsupported("application/zip") }
