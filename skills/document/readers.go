package document

// readerOf returns the reader of a media type as [detect] names it, nil if the
// type is not read. This is the whole list of formats.
func readerOf(mediaType string) reader {
	switch mediaType {
	case "text/plain":
		return readPlain
	case "application/zip":
		return readZIP
	case "application/pdf":
		return readPDF
	case "text/html":
		return readHTML
	case "message/rfc822":
		return readMail
	case typeMSG:
		return readMSG
	case typeTNEF:
		return readTNEF
	case typeDOCX:
		return readDOCX
	case typeXLSX:
		return readXLSX
	case typePPTX:
		return readPPTX
	case "text/calendar":
		return readCalendar
	case "text/csv":
		return readCSV
	case "text/rtf":
		return readRTF
	case typeODT, typeODS, typeODP:
		return readODF
	case "image/jpeg", "image/png", "image/tiff", "image/heic", "image/gif", "image/bmp", "image/webp":
		return readPicture
	case typeLocked:
		return readLocked
	case "application/pkcs7-mime", "application/pgp-encrypted":
		return readSealed
	}
	return nil
}

// readPlain reads text in any charset.
func readPlain(p *parser, d *Document, data []byte) error {
	return p.page(d, toUTF8(data, ""))
}

// readLocked is for what is encrypted with a password as a whole.
func readLocked(*parser, *Document, []byte) error { return unreadable(Password, nil) }

// readSealed is for what is encrypted with a key of somebody.
func readSealed(*parser, *Document, []byte) error { return unreadable(Encrypted, nil) }
