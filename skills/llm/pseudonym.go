package llm

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"amtsbote/bots"
	"amtsbote/skills/facts"
	"amtsbote/skills/personal"
)

// A wall stands before the models that see the texts of a class only without
// personal data (Config.Pseudonymise). It replaces in all of a prompt, instructions
// included, what package personal finds, and what merely looks like it, by
// placeholders such as NAME_482, and puts the originals back into the answer, so
// that whoever asks sees neither.
//
// A prompt stands for itself: the conversation so far is in it, with the originals,
// and is replaced anew. So placeholders need to mean the same within one prompt
// only, and nothing is kept: no table that says who was meant, on no disk, and no
// number by which the provider could tell that two prompts speak of one person.
// What is kept, as long as a skill works on one message, is which names were found,
// because a name that is plain on one page is found on another by knowing it.
//
// It fails closed: what cannot be replaced, or is in a language in which names are
// not recognised, is sent to no such model. Names that nothing gives away are sent
// all the same; the test over personal/testdata says how many.
type wall struct {
	mu    sync.Mutex
	names map[string]bool
	seen  map[personal.Kind]map[string]bool // what was replaced, by Norm
	stray int                               // placeholders of answers that stand for nothing
}

func newWall() *wall {
	return &wall{names: map[string]bool{}, seen: map[personal.Kind]map[string]bool{}}
}

// Learn tells a model what belongs together with what it will be asked: persons by
// name, and texts of which prompts may show parts only. A model that replaces
// personal data finds more of it then; others do nothing. A mail address counts
// as the name that it is made of. Models that wrap another have an Unwrap.
func Learn(m Model, names []string, texts ...string) {
	switch m := m.(type) {
	case chain:
		m.learn(names, texts)
	case interface{ Unwrap() Model }: // package eval counts tokens around it
		Learn(m.Unwrap(), names, texts...)
	}
}

func (w *wall) learn(names, texts []string) {
	w.mu.Lock()
	for _, name := range names {
		if name = nameOf(name); personal.IsName(name) {
			w.names[name] = true
		}
	}
	w.mu.Unlock()
	if len(texts) > 0 {
		w.note(personal.Find(texts, personal.Options{Names: w.known()}))
	}
}

// nameOf returns the name in a mail or Matrix address or an account ("elif.kaya"),
// and other texts as they are.
func nameOf(s string) string {
	local, _, ok := strings.Cut(strings.TrimPrefix(s, "@"), "@")
	if !ok && strings.HasPrefix(s, "@") {
		local, _, ok = strings.Cut(local, ":")
	}
	if !ok && (strings.Contains(s, " ") || !strings.ContainsAny(s, "._")) {
		return s
	}
	words := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	if len(words) < 2 {
		return "" // what one word alone is nobody knows: poststelle@, kaya@
	}
	for i, word := range words {
		r := []rune(word)
		words[i] = string(unicode.ToUpper(r[0])) + string(r[1:])
	}
	return strings.Join(words, " ")
}

func (w *wall) known() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := make([]string, 0, len(w.names))
	for n := range w.names {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// note keeps the names that were found. First names alone say nothing of others.
func (w *wall) note(all [][]personal.Finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, found := range all {
		for _, f := range found {
			if f.Kind == personal.Person && !strings.HasSuffix(f.Norm, " ") && f.Sure {
				w.names[clean(f.Text)] = true
			}
		}
	}
}

//go:embed pseudonym.txt
var placeholderRule string

// complete has ask answer a prompt without personal data.
func (w *wall) complete(ctx context.Context, p Prompt, ask func(context.Context, Prompt) (Completion, error)) (Completion, error) {
	safe, m, err := w.replace(p)
	if err != nil {
		return Completion{}, err
	}
	if p.OnText != nil {
		safe.OnText = func(soFar string) {
			text, _ := m.back(held(soFar), p.JSON)
			p.OnText(text)
		}
	}
	done, err := ask(ctx, safe)
	if err != nil {
		return done, err
	}
	var stray int
	done.Text, stray = m.back(done.Text, p.JSON)
	done.Replaced = w.report(m, stray)
	return done, nil
}

// replace returns a prompt without personal data, and what puts it back. It leaves p
// as it is. The error is a *failure.
func (w *wall) replace(p Prompt) (Prompt, *mask, error) {
	texts := make([]string, 0, len(p.Turns)+1)
	for _, t := range p.Turns {
		if !readable(t.Text) {
			return p, nil, &failure{kind: unsafe, code: "a language in which names are not recognised"}
		}
		texts = append(texts, t.Text)
	}
	m := newMask(append(texts, p.System))
	found, err := m.replace(w.known())
	if err != nil {
		return p, nil, err
	}
	w.note(found)
	p.Turns = slices.Clone(p.Turns)
	for i := range p.Turns {
		p.Turns[i].Text = m.texts[i]
	}
	p.System = m.texts[len(p.Turns)]
	if len(m.values) > 0 {
		p.System = strings.TrimSpace(p.System + "\n\n" + strings.TrimSpace(placeholderRule))
	}
	return p, m, nil
}

// readable reports whether names would be recognised in a text: those of other
// languages and scripts are not. It looks at stretches of lines, so that a letter is
// seen among what a skill says about it.
func readable(text string) bool {
	const (
		enough  = 120 // letters by which a language is told, in words written small: names tell none
		least   = 60  // at the end of a piece of material
		foreign = 12  // letters of another script
		most    = 600 // bytes of a line that are looked at at once
	)
	other, letters, from := 0, 0, 0
	known := func(to, least int) bool {
		part, n := text[from:to], letters
		from, letters = to, 0
		if n < least {
			return true
		}
		l := facts.Language(part)
		return l == "" || l == "de" || l == "en"
	}
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:min(at+most, len(text))], "\n")
		if strings.HasPrefix(line, "<<<") && !known(at, least) {
			return false
		}
		small, before := false, ' '
		for _, r := range line {
			if unicode.IsLetter(r) {
				if !unicode.IsLetter(before) {
					small = !unicode.IsUpper(r)
				}
				if small {
					letters++
				}
				if !unicode.In(r, unicode.Latin, unicode.Common) {
					other++
				}
			}
			before = r
		}
		if at += len(line); at < len(text) && text[at] == '\n' {
			at++
		}
		if letters >= enough && !known(at, enough) {
			return false
		}
	}
	return other < foreign && known(len(text), least)
}

// report says what was replaced since the wall was made, by kinds, never what.
func (w *wall) report(m *mask, stray int) bots.Text {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stray += stray
	for _, v := range m.values {
		if w.seen[v.kind] == nil {
			w.seen[v.kind] = map[string]bool{}
		}
		w.seen[v.kind][v.norm] = true
	}
	var t bots.Text
	add := func(n int, deOne, deMany, enOne, enMany string) {
		if n == 0 {
			return
		}
		if t.DE != "" {
			t.DE, t.EN = t.DE+", ", t.EN+", "
		}
		if n == 1 {
			t.DE, t.EN = t.DE+"1 "+deOne, t.EN+"1 "+enOne
			return
		}
		t.DE, t.EN = fmt.Sprintf("%s%d %s", t.DE, n, deMany), fmt.Sprintf("%s%d %s", t.EN, n, enMany)
	}
	numbers := 0
	for kind, seen := range w.seen {
		if groupOf(kind) == aNumber {
			numbers += len(seen)
		}
	}
	add(len(w.seen[personal.Person]), "Name", "Namen", "name", "names")
	add(len(w.seen[personal.Address]), "Anschrift", "Anschriften", "address", "addresses")
	add(len(w.seen[personal.Birth]), "Geburtsdatum", "Geburtsdaten", "date of birth", "dates of birth")
	add(len(w.seen[personal.Phone]), "Telefonnummer", "Telefonnummern", "phone number", "phone numbers")
	add(len(w.seen[personal.Email]), "Mailadresse", "Mailadressen", "mail address", "mail addresses")
	add(numbers, "Nummer", "Nummern", "number", "numbers")
	if t.DE == "" {
		t = bots.Text{DE: "nichts, es wurde nichts erkannt", EN: "nothing, as nothing was recognised"}
	}
	switch {
	case w.stray == 1:
		t.DE += "; 1 Platzhalter des Modells, für den es kein Original gibt, steht noch im Text"
		t.EN += "; 1 placeholder of the model that stands for nothing is still in the text"
	case w.stray > 1:
		t.DE += fmt.Sprintf("; %d Platzhalter des Modells, für die es kein Original gibt, stehen noch im Text", w.stray)
		t.EN += fmt.Sprintf("; %d placeholders of the model that stand for nothing are still in the text", w.stray)
	}
	return t
}
