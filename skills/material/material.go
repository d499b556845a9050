// Package material gathers what a message asks something about: its files, the
// text in it, or the files sent before, read in a child process, and written down
// for a model with marks by which an answer can name its places.
//
// Texts of files are kept in memory for some minutes (kept.go), so that a second
// question does not have the same scan recognised again. They are not stored: the
// original stays where it is, and so does the decision how long.
package material

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// A Reader gathers material. The skills of a bot share one.
type Reader struct {
	read document.ReadFunc
	kept *kept
}

// New returns a Reader that reads files with read.
func New(read document.ReadFunc) *Reader { return &Reader{read, newKept()} }

// Want says what a skill wants to work on.
type Want struct {
	// Files is how many are read at most; files inside files do not count.
	// Default 20.
	Files int
	// All takes the files of the whole conversation, newest first, and leaves out
	// the oldest that are too many. Without it the material is the files of the
	// message, or its text, or the files sent last, in this order; too many are a
	// *bots.Refusal.
	All bool
	// Text is from how many bytes the message's own text is material; 0: never.
	Text int
}

// A Set is what was gathered.
type Set struct {
	// Files have names that no other has, and as Origin the message that they came
	// with. The text of the message is a File without a name.
	Files []document.File
	Left  int // older files that were not read
	now   string
}

// Gather reads the material of a message. A file that cannot be read is among the
// files, with the reason, and so is one of an earlier message that is gone; one of
// this message that is gone is a *bots.Refusal. A Set without files is no error.
func (r *Reader) Gather(ctx context.Context, t bots.Task, want Want) (Set, error) {
	if want.Files == 0 {
		want.Files = 20
	}
	s := Set{now: t.Message.ID}
	if !want.All && len(t.Message.Files) == 0 && want.Text > 0 && len(t.Text) >= want.Text {
		doc := document.Document{Pages: []document.Page{{N: 1, Text: t.Text}}}
		s.Files = []document.File{{Doc: doc, Origin: t.Message.ID}}
		return s, nil
	}
	list := sentFiles(t, want.All)
	if s.Left = max(len(list)-want.Files, 0); s.Left > 0 && !want.All {
		return s, &bots.Refusal{Text: bots.Text{
			DE: fmt.Sprintf("Das sind %d Dateien. Ich bearbeite höchstens %d auf einmal; bitte schicken Sie sie in mehreren Nachrichten.", len(list), want.Files),
			EN: fmt.Sprintf("These are %d files. I work on at most %d at a time; please send them in several messages.", len(list), want.Files)}}
	}
	list = list[:len(list)-s.Left]
	for i, f := range list {
		if t.Tell != nil && len(list) > 1 {
			t.Tell(bots.Progress{Done: i, Total: len(list), Text: bots.Text{DE: "Datei wird gelesen", EN: "Reading file"}})
		}
		read, err := r.open(ctx, t, f)
		if err != nil {
			return s, err
		}
		s.Files = append(s.Files, document.Files(read)...)
	}
	document.Rename(s.Files)
	return s, nil
}

// A sent file came with a message.
type sent struct {
	bots.File
	message string
}

// sentFiles lists the files of the conversation, newest message first; unless all
// are wanted, only those of the newest message that has some.
func sentFiles(t bots.Task, all bool) (list []sent) {
	add := func(files []bots.File, id string) {
		if all || len(list) == 0 {
			for _, f := range files {
				list = append(list, sent{f, id})
			}
		}
	}
	add(t.Message.Files, t.Message.ID)
	for i := len(t.History) - 1; i >= 0; i-- {
		if h := t.History[i]; !h.Bot && (all || len(list) == 0) {
			add(h.Files, h.ID)
		}
	}
	return list
}

// open reads one file. One of an earlier message that is gone is no reason to
// refuse a question that may not be about it.
func (r *Reader) open(ctx context.Context, t bots.Task, f sent) (document.File, error) {
	file := document.File{Name: f.Name, Origin: f.message}
	key := strings.Join([]string{t.Message.Connector, t.Message.Room, f.message, f.Name, f.Ref, fmt.Sprint(f.Size)}, "\x00")
	if doc, ok := r.kept.get(key); ok {
		file.Name, file.Doc = doc.Name, doc
		return file, nil
	}
	content, err := t.Open(ctx, f.File)
	if _, ok := errors.AsType[*bots.Refusal](err); ok && f.message != t.Message.ID {
		file.Err = &document.Unreadable{Reason: document.Reason{Text: document.Text{DE: "nicht mehr vorhanden", EN: "no longer there"}}}
		return file, nil
	}
	if err != nil {
		return file, fmt.Errorf("material: open file: %w", err)
	}
	defer func() { _ = content.Close() }() // only read
	doc, err := r.read(ctx, f.Name, content)
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		file.Err = u
		return file, nil
	}
	if err != nil {
		return file, fmt.Errorf("material: read file: %w", err)
	}
	r.kept.put(key, doc)
	file.Name, file.Doc = doc.Name, doc
	return file, nil
}

// Readable reports whether any text was read.
func (s Set) Readable() bool {
	for _, f := range s.Files {
		if strings.TrimSpace(f.Doc.Text()) != "" {
			return true
		}
	}
	return false
}

// Read says of the files whether they were read: of all that were gathered, or
// only of those that came with the message.
func (s Set) Read(earlier bool) (all []bots.ReadFile) {
	for _, f := range s.Files {
		if f.Name == "" || !earlier && f.Origin != s.now {
			continue
		}
		r := f.Reading()
		all = append(all, bots.ReadFile{Name: f.Name, Type: f.Doc.Type, Read: r.Read, Pages: len(r.Pages), OCR: r.OCR, Reason: bots.Text(r.Reason)})
	}
	return all
}

// Warnings returns what the files gave rise to (hidden text, pages left out,
// sentences written for a language model): of all that were gathered, or only of
// those that came with the message.
func (s Set) Warnings(earlier bool) (all []bots.Text) {
	var files []document.File
	for _, f := range s.Files {
		if earlier || f.Origin == s.now {
			files = append(files, f)
		}
	}
	for _, n := range document.Notes(files) {
		all = append(all, bots.Text(n))
	}
	for _, f := range files {
		if w := textOrders(f); f.Name != "" && !w.IsZero() {
			all = append(all, w)
		}
	}
	return all
}

// textOrders says that a file has sentences for a language model, with the first.
// They are material like the rest, and stay in it: a person should know of them.
func textOrders(f document.File) bots.Text {
	for _, p := range f.Doc.Pages {
		if at, ok := facts.Orders(p.Text); ok {
			name, quote := bots.Literal(f.Name), bots.Quoted(facts.OrderQuote(p.Text, at))
			return bots.Text{DE: name + " enthält einen Satz, der wie eine Anweisung an ein Sprachmodell klingt: " + quote.DE + " Er gilt hier nur als Inhalt; bitte prüfen Sie die Antwort genau.",
				EN: name + " has a sentence that reads like an instruction to a language model: " + quote.EN + " It counts as content only; please check the answer closely."}
		}
	}
	return bots.Text{}
}

// Coverage says what an answer is made from that used all of the files, and what
// is missing in it: "Ausgewertet: Bescheid.pdf alle 3 Seiten."
func (s Set) Coverage() bots.Text {
	var de, en []string
	for _, f := range s.Files {
		if f.Name == "" {
			de, en = append(de, "Ihr Text ganz"), append(en, "all of your text")
			continue
		}
		name, c := bots.Literal(f.Name), f.Covered(f.Reading().Pages, false)
		de, en = append(de, name+" "+c.DE), append(en, name+" "+c.EN)
	}
	return bots.Text{DE: "Ausgewertet: " + strings.Join(de, "; ") + ".", EN: "Covered: " + strings.Join(en, "; ") + "."}
}

// Nothing says that no file could be read, and why: the refusal of a skill that
// cannot go on without.
func (s Set) Nothing() bots.Text {
	t := bots.Text{DE: "Davon konnte ich nichts lesen:", EN: "I could not read any of this:"}
	for _, f := range s.Read(true) {
		reason, name := f.Reason, bots.Quoted(f.Name)
		if reason.IsZero() {
			reason = bots.Text{DE: "kein Text darin", EN: "no text in it"}
		}
		t.DE += fmt.Sprintf("\n- %s: %s", name.DE, reason.DE)
		t.EN += fmt.Sprintf("\n- %s: %s", name.EN, reason.EN)
	}
	return t
}
