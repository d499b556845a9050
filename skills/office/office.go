// Package office writes documents as DOCX, ODT and PDF: answers, drafts and
// conversations that a person wants to keep, edit or put on file.
//
// There is one small model of a document ([Document]: headings, paragraphs, lists,
// tables, quotes) and a writer for each format. [FromMarkdown] makes the model from
// the CommonMark that skills write, [FromPlain] from a letter. The model has no
// pictures, no active links (a link is its text and its address), no fields, macros
// or references to anything outside: whatever a text says, the file can do nothing.
//
// Every file says what made it (the AI Act, Article 50, wants it for people and for
// machines): [Mark.Line] stands as the last line, and in properties that programs
// read (see [Mark]). Equal input gives equal bytes: no clock, no random IDs.
//
// # Libraries
//
// DOCX and ODT are written here over archive/zip. For ODT no Go library was found;
// of those for DOCX unioffice wants a licence key, fumiama/go-docx is AGPL, and
// gomutex/godocx v0.1.5 (MIT) has neither lists that begin anew nor custom
// properties. What both formats need is some 500 lines.
//
// PDF is laid out here and written by codeberg.org/go-pdf/fpdf v0.12.0 (MIT), which
// embeds of a font only what is used and takes XMP metadata. signintech/gopdf v0.33.0
// sets no language and no XMP. Neither writes tagged PDF (PDF/UA): who needs an
// accessible file takes DOCX or ODT, whose headings, lists and head rows are real.
//
// The font is DejaVu Sans Condensed 2.37 (free, font/LICENSE; 1.0 MB of the program,
// compressed). It has every letter that German authorities must be able to write of
// names (DIN 91379), Greek and Cyrillic. The Go fonts would cost a third but lack half
// of these ("Nguyễn", "ẞ"). Scripts that want shaping or run from right to left are
// refused by PDF ([UnwritableError]) rather than printed wrong; DOCX and ODT leave
// them to the program that opens them.
package office

import "time"

// Media types of what is written.
const (
	TypeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	TypeODT  = "application/vnd.oasis.opendocument.text"
	TypePDF  = "application/pdf"
)

// A Document is what the writers write. Texts may be anything: what XML cannot
// hold, or what would turn the direction of a line around unseen, is left out.
type Document struct {
	Title     string
	Authority string    // whose document it is; may be empty
	Language  string    // as in BCP 47, "de" or "en-GB"; default "de"
	Created   time.Time // shown by programs as when it was made, in its own zone
	Mark      Mark
	Blocks    []Block
}

// A Mark says what made a text. Programs find it as the properties AIGenerated
// ("true" or "false"), AIModel, AIPlace, AISkill and AINotice: custom properties in
// DOCX and ODT, XMP in PDF. What a model wrote also has the DigitalSourceType of the
// IPTC, which programs that look for AI content know.
type Mark struct {
	Model string // empty: no language model
	Place string // where the model runs
	Skill string // with its version, such as "summary 2"
	Mixed bool   // people wrote parts of it
	Line  string // the same for people; the last line of the document
}

// A Kind is what a block is.
type Kind int

const (
	Paragraph Kind = iota
	Heading
	Item  // of a list; Paragraphs of the same Depth after it go on with it
	Code  // lines as they are
	Table // Rows
	Rule
	PageBreak
)

// A Block is a paragraph or a table.
type Block struct {
	Kind   Kind
	Level  int // of a heading, 1 to 6
	Depth  int // in how many lists it stands
	Quote  int // in how many quotes it stands
	List   int // of an item: which list, so that one that follows another begins anew
	Number int // of an item: 0 is a bullet
	Spans  []Span
	Rows   [][]Cell // of a table; the first row is its head
	Small  bool     // set small, as a note
}

// A Cell is one of a table.
type Cell struct {
	Spans []Span
	Right bool // aligned to the right, as amounts are
}

// A Span is text of one style. "\n" is a line break.
type Span struct {
	Text         string
	Bold, Italic bool
}

// Text returns spans of a text without style.
func Text(s string) []Span { return []Span{{Text: s}} }
