package document

// pdfEngines holds what reading PDF needs, made at the first PDF.
type pdfEngines struct{}

func readPDF(*parser, *Document, []byte) error { return unsupported("application/pdf") }
