// Package letter says what a mail means: the colleague's note, the letters to
// answer, older quotes, whom to address and how, the files read or why not, what
// is asked, by when, and what kind of letter it is. It works without a language
// model and guesses nothing that it does not mark as a guess.
//
//	Document ──quote.Split──▶ note │ letter(s) │ older quotes
//	letter   ──quote.Trim───▶ body │ signature │ (disclaimer and mobile footer are dropped)
//	body     ──cues─────────▶ kind, requests, terms, missing files, person
//
// [Read] is a pure function of its arguments. Package quote cuts a mail into blocks
// at the marks that mail programs leave; here it is decided whose they are
// (thread.go). The letter to answer is the newest block by somebody outside the
// authority. A header block inside a letter may be its author's invention, so it
// never makes anybody a colleague or the one to whom the letter above is answered;
// the colleague's note is only what stands above the first mark, or below a quote
// whose every line a program has marked, or below the last end of a forward by a
// program that always writes one. Wherever another reading is possible
// (names without addresses, no mark, several letters, text below the end of a
// forward, the colleague's name at the end of the letter), [Letter.Unsure] is set and
// a warning says which block was taken and why that is not certain. Letters forwarded
// as files (message/rfc822) keep their headers and are preferred, unless a letter in
// the text encloses them.
//
// Why no model: whom a draft is addressed to and which term applies must be the same
// every time and explainable in one line.
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
	// FollowUp says that the colleague answers Amtsbote's own answer, which is
	// quoted below the note; Letters then come from that quote.
	FollowUp bool
}

// A Letter is one letter to answer.
type Letter struct {
	Head      document.Mail // of an inline forward: what its attribution lines say
	Received  time.Time     // when it reached the authority, if a header or Options say; else zero
	Inline    bool          // forwarded in the text: Message-ID and real headers are lost
	Unsure    bool          // it is not certain which text is the letter or whose it is; the first of Warnings says what was taken
	Form      bool          // came through a configured web form; Head.From is the person in its fields
	Scan      bool          // the letter is a file (scan-to-mail, a PDF with the note); its headers say nothing of the author
	Body      string        // what the author wrote, without quotes, signature and disclaimer
	Original  string        // the same as it stood, with closing and signature: what a reply quotes
	Signature string        // from the closing phrase on, without it
	Internal  string        // what is surely by colleagues between the note and the letter; never for the author's eyes
	Quoted    string        // the other mails of the thread: older ones below; above, those whose author is not certain
	Language  string        // "de", "en", …; "" not clear

	To       []document.Address // whom the reply addresses; empty where it is not clear
	Cc       []document.Address // who else had the letter, without own addresses
	Person   Person             // the author, as the salutation needs it
	Kind     Kind
	Requests []Request
	Terms    []Term
	Numbers  []facts.Fact // reference numbers, the most telling first; positions are those of where each was found
	Notice   Notice       // the decision that the letter is about, if it names one
	Facts    []facts.Fact // of Body
	Files    []File       // every file of the letter
	Logos    int          // pictures of the signature, not listed
	Missing  []Missing    // files that the letter mentions but lacks
	Warnings []document.Warning

	text   string // name of the file that is the letter, where the mail says nothing itself
	gender string // as a form's field says
	law    regime // that the objection follows
}

// A Kind is a kind of letter. Its value is the German word in lower case.
type Kind string

const (
	KindOther       Kind = ""
	KindApplication Kind = "antrag"
	KindInquiry     Kind = "anfrage"
	KindComplaint   Kind = "beschwerde"
	KindObjection   Kind = "widerspruch"
	KindDeadline    Kind = "fristsache"
	KindJob         Kind = "bewerbung"
	KindCourt       Kind = "gericht"
	KindCouncil     Kind = "personalrat"
	KindAid         Kind = "beihilfe"
	KindInvitation  Kind = "einladung" // of a calendar; answered there and never by a draft
)

// Kinds are all kinds that have a name.
var Kinds = []Kind{KindApplication, KindInquiry, KindComplaint, KindObjection, KindDeadline,
	KindJob, KindCourt, KindCouncil, KindAid, KindInvitation}

// Text returns the kind as a heading.
func (k Kind) Text() document.Text {
	switch k {
	case KindApplication:
		return document.Text{DE: "Antrag", EN: "Application"}
	case KindInquiry:
		return document.Text{DE: "Anfrage", EN: "Inquiry"}
	case KindComplaint:
		return document.Text{DE: "Beschwerde", EN: "Complaint"}
	case KindObjection:
		return document.Text{DE: "Widerspruch", EN: "Objection"}
	case KindDeadline:
		return document.Text{DE: "Fristsache", EN: "Deadline"}
	case KindJob:
		return document.Text{DE: "Bewerbung", EN: "Job application"}
	case KindCourt:
		return document.Text{DE: "Gerichtspost", EN: "Court mail"}
	case KindCouncil:
		return document.Text{DE: "Personalratssache", EN: "Staff council matter"}
	case KindAid:
		return document.Text{DE: "Beihilfe", EN: "Medical aid for staff"}
	case KindInvitation:
		return document.Text{DE: "Einladung", EN: "Invitation"}
	}
	return document.Text{DE: "Schreiben", EN: "Letter"}
}

// KindText returns the kind of the letter as a heading: Kind.Text, but an
// objection against taxes and fines is an Einspruch.
func (l *Letter) KindText() document.Text {
	if l.Kind == KindObjection && (l.law == tax || l.law == fine) {
		return document.Text{DE: "Einspruch", EN: "Objection"}
	}
	return l.Kind.Text()
}

// A Person is the author of a letter.
type Person struct {
	Name               string        // first and last name as written
	First, Last, Title string        // Last with its particles ("von der Heide"); Title only what a salutation has ("Prof. Dr.")
	Gender             string        // "f", "m", or "" where nothing in the letter or its files says it; never guessed by first name
	Family             bool          // "Familie Krause"
	Company            bool          // an organisation, not a person
	Second             *Person       // a couple writes
	Why                document.Text // where Gender is from, for the brief: "laut Bescheid, S. 1"
}

// A Request is something that the author asks for.
type Request struct {
	Quote    string        // literally; "… " in front where a clause was left out
	Heading  string        // a German noun phrase by recognised cue ("Erstattung der Gebühr"), or ""
	Where    document.Text // "Mail, Absatz 2"
	Confirm  bool          // asks only that receipt is confirmed
	Reply    bool          // asks for nothing but an answer
	Question bool          // a question

	sentence string // as it stands, on one line
}

// A Term is a day by which something is due, always with its assumption and rule.
type Term struct {
	What       document.Text // "Wunsch der Absenderin: Eingangsbestätigung"
	Quote      string        // the sentence that names it, where What does not say for what
	Day        time.Time     // zero where no day can be computed; Assumption says why
	Proposal   bool          // computed by a rule from an assumption, not stated
	Assumption document.Text // whole sentences
	Rule       string        // "§ 70 Abs. 1 VwGO, §§ 187, 188 BGB"
	Claimed    time.Time     // the term by the receipt that the letter claims, if it claims one
	ClaimedOn  time.Time     // the day of that receipt
}

// A Notice is the decision (Bescheid) that a letter is about.
type Notice struct {
	Date         time.Time // of the notice; zero if not known
	File         string    // the file that holds it; "" if none was read
	Instructions int       // page of its Rechtsbehelfsbelehrung; 0 if none was found
}

// A File of a letter, as the brief lists it.
type File struct {
	Name   string
	Doc    *document.Document // what was read, or
	Reason *document.Reason   // why not
	// Loose says that it lay beside several letters: it may belong to another one, or
	// be the colleague's. What it says must not reach the author of this one.
	Loose bool
}

// Missing is a file that a letter mentions but lacks.
type Missing struct {
	Name  string        // „Kopie des Fahrzeugscheins“; "" where the letter only speaks of an enclosure
	Where document.Text // "Mail, Absatz 3"
}
