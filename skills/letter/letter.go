// Package letter says what a mail means: the colleague's note, the letters to
// answer, older quotes, whom to address and how, the files read or why not, what
// is asked, by when, and what kind of letter it is. It works without a language
// model and guesses nothing that it does not mark as a guess.
package letter

import (
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// A Mail is a mail as it reached Amtsbote: forwarded by a colleague with a note
// above, or straight from its author to a watched mailbox.
type Mail struct {
	Note    string   // the colleague's own words; empty for a watched mailbox
	Letters []Letter // what is to be answered, in the order it stands
	Skip    string   // why no answer is owed (RFC 3834), in English; then there are no letters
}

// A Letter is one letter to answer.
type Letter struct {
	Head      document.Mail // of an inline forward: what its attribution lines say
	Inline    bool          // forwarded in the text: Message-ID and real headers are lost
	Unsure    bool          // it is not certain that the right block was taken
	Body      string        // what the author wrote, without quotes, signature and disclaimer
	Signature string
	Quoted    string // older mails below
	Language  string // "de", "en", …; "" not clear

	To       []document.Address // whom the reply addresses; empty where it is not clear
	Person   Person             // the author, as the salutation needs it
	Kind     Kind
	Requests []Request
	Terms    []Term
	Facts    []facts.Fact // of Body
	Files    []File       // every file of the letter
	Logos    int          // pictures of the signature, not listed
	Missing  []Missing    // files that the letter mentions but lacks
	Warnings []document.Warning
}

// A Kind is a kind of letter.
type Kind string

const (
	KindOther       Kind = ""
	KindApplication Kind = "antrag"
	KindInquiry     Kind = "anfrage"
	KindComplaint   Kind = "beschwerde"
	KindObjection   Kind = "widerspruch"
	KindDeadline    Kind = "fristsache"
)

// A Person is the author of a letter.
type Person struct {
	Name               string // first and last name as written
	First, Last, Title string
	Gender             string  // "f", "m", or "" where nothing in the letter or its files says it; never guessed by first name
	Second             *Person // a couple writes
	Why                string  // where Gender is from, for the brief
}

// A Request is something that the author asks for.
type Request struct {
	Quote   string        // literally
	Heading string        // a noun phrase by recognised cue ("Erstattung der Gebühr"), or ""
	Where   document.Text // "Mail, Absatz 2"
	Confirm bool          // asks only that receipt is confirmed
}

// A Term is a day by which something is due, always with its assumption and rule.
type Term struct {
	What       document.Text // "Wunsch der Absenderin: Eingangsbestätigung"
	Day        time.Time
	Proposal   bool // computed by a rule from an assumption, not stated
	Assumption document.Text
	Rule       string // "§ 70 Abs. 1 VwGO, §§ 187, 188 BGB"
}

// A File of a letter, as the brief lists it.
type File struct {
	Name   string
	Doc    *document.Document // what was read, or
	Reason *document.Reason   // why not
}

// Missing is a file that a letter mentions but lacks.
type Missing struct {
	Name  string // „Kopie des Fahrzeugscheins“
	Where document.Text
}
