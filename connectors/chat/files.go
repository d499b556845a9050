package chat

import (
	"strconv"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
)

// Files returns the files that go with a reply: its drafts as letters (RFC 5322, with
// the date at), and its own.
func Files(r bots.Reply, at time.Time) []bots.File {
	var all []bots.File
	for i, d := range r.Answer.Drafts {
		data, err := eml.DraftFile(d, eml.Options{ID: eml.ID("amtsbote.invalid", r.ID, strconv.Itoa(i)), Date: at})
		if err == nil { // else the text stands in the message
			all = append(all, bots.File{Name: eml.FileName(d), Type: bots.TypeLetter, Data: data})
		}
	}
	return append(all, r.Answer.Files...)
}
