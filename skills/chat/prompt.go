package chat

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/llm"
)

const (
	maxAnswer  = 2048 // tokens
	maxHistory = 40   // turns
	margin     = 60   // tokens for marks and names

	asks = "Frage der Person: " // so that words of files and of the person are told apart
)

// used says what of a file went into a prompt.
type used struct {
	document.File
	pages []int // in order; of a file that was not read none
	parts bool  // of some of these pages only parts
}

// compose returns the prompt for a question within a budget: the question, what
// the files say, the conversation. The question has to fit; else the error is a
// *bots.Refusal.
func (s *Skill) compose(ctx context.Context, t bots.Task, files []document.File, budget int) (llm.Prompt, []used, error) {
	p := llm.Prompt{System: s.system(t), MaxTokens: min(budget/4, maxAnswer)}
	question := strings.TrimSpace(t.Text)
	room := budget - p.MaxTokens - llm.Tokens(p.System) - llm.Tokens(question) - margin
	if room < 0 {
		return p, nil, &bots.Refusal{Text: textTooLong}
	}
	// A quarter of the room is the conversation's, if there is one.
	fileRoom := room
	if len(t.History) > 0 {
		fileRoom = room - room/4
	}
	material, looked, err := materialOf(ctx, question, files, fileRoom)
	if err != nil {
		return p, nil, err
	}
	room -= llm.Tokens(material)
	if material != "" { // else all of the turn is the person's
		question = material + "\n\n" + asks + question
	}
	p.Turns = append(history(t.History, room), llm.Turn{Text: question})
	return p, looked, nil
}

func (s *Skill) system(t bots.Task) string {
	authority := ""
	if t.Bot.Authority != "" {
		authority = " (" + t.Bot.Authority + ")"
	}
	name := t.Bot.Name
	if name == "" {
		name = "Amtsbote"
	}
	days := [...]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}
	today := days[t.Now.Weekday()] + t.Now.Format(" 02.01.2006")
	return s.instructions.Text("chat.txt", "name", name, "authority", authority, "today", today, "language", llm.LanguageName(t.Language))
}

// history returns the newest turns that fit, oldest first.
func history(turns []bots.Turn, room int) []llm.Turn {
	var all []llm.Turn
	for i := len(turns) - 1; i >= 0 && len(all) < maxHistory; i-- {
		text := said(turns[i])
		if text == "" {
			continue
		}
		if room -= llm.Tokens(text) + 4; room < 0 {
			break
		}
		all = append(all, llm.Turn{Assistant: turns[i].Bot, Text: text})
	}
	slices.Reverse(all)
	// Chat templates want a person to begin.
	for len(all) > 0 && all[0].Assistant {
		all = all[1:]
	}
	return all
}

// said is what a turn said, drafts included. A brief is left out: it is made of a
// letter's sentences, which stand in no fence here, and of letters too that no model
// may see. The letters themselves are among the files.
func said(t bots.Turn) string {
	text := strings.TrimSpace(t.Text)
	if t.Bot && t.Skill == "draft" {
		text = ""
	}
	for _, d := range t.Drafts {
		text += "\n\nEntwurf „" + d.Subject + "“:\n" + d.Text
	}
	for _, f := range t.Files {
		text += "\n(Datei: " + bots.CleanName(f.Name) + ")"
	}
	return strings.TrimSpace(text)
}

// A section is a page of a file, or a part of a long one.
type section struct {
	file, page, part int // indices; part counts within the page
	text             string
	tokens           int
}

func newSection(file, page, part int, text string) section {
	return section{file, page, part, text, llm.Tokens(text) + 6} // with its mark
}

// materialOf returns what the files say, fenced, within room: all of it if it
// fits, else the sections that speak of the question, else the first ones.
func materialOf(ctx context.Context, question string, files []document.File, room int) (string, []used, error) {
	var sections []section
	need := 0
	for i, f := range files {
		room -= llm.Tokens(f.Name) + 40 // fence
		for n, p := range f.Doc.Pages {
			if p.Text != "" {
				s := newSection(i, n, 0, p.Text)
				sections = append(sections, s)
				need += s.tokens
			}
		}
	}
	all := sections
	if need > room {
		all = divide(sections, max(room/4, 100))
		var err error
		if sections, err = choose(ctx, question, files, all, room); err != nil {
			return "", nil, err
		}
	}
	var b strings.Builder
	looked := make([]used, len(files))
	for i, f := range files {
		looked[i].File = f
		text := looked[i].write(i, sections)
		looked[i].parts = count(sections, i, looked[i].pages, f) < count(all, i, looked[i].pages, f)
		switch {
		case f.Err != nil:
			text = "(nicht gelesen: " + f.Err.Text.DE + ")"
		case text == "":
			text = "(zu dieser Frage nichts herangezogen)"
		}
		b.WriteString(llm.Fence("Datei: "+f.Name, text) + "\n\n")
	}
	return strings.TrimSpace(b.String()), looked, nil
}

// write returns the sections of file i, pages marked, and notes the pages.
func (u *used) write(i int, sections []section) string {
	var b strings.Builder
	last := section{page: -1}
	for _, s := range sections {
		if s.file != i {
			continue
		}
		n := u.Doc.Pages[s.page].N
		if s.page != last.page {
			u.pages = append(u.pages, n)
			if len(u.Doc.Pages) > 1 {
				fmt.Fprintf(&b, "[S. %d]\n", n)
			}
		} else if s.part != last.part+1 {
			b.WriteString("[…]\n")
		}
		b.WriteString(s.text + "\n\n")
		last = s
	}
	return strings.TrimSpace(b.String())
}

// count returns how many sections of file i are on some of its pages.
func count(sections []section, i int, pages []int, f document.File) (n int) {
	for _, s := range sections {
		if s.file == i && slices.Contains(pages, f.Doc.Pages[s.page].N) {
			n++
		}
	}
	return n
}

// divide cuts the sections that are longer than maxTokens. Text files have no
// pages, and their one page may be a book.
func divide(sections []section, maxTokens int) []section {
	var all []section
	for _, s := range sections {
		if s.tokens <= maxTokens {
			all = append(all, s)
			continue
		}
		for k, text := range llm.Split(s.text, maxTokens-6) {
			all = append(all, newSection(s.file, s.page, k, text))
		}
	}
	return all
}

// choose returns the sections that speak most of a question, as many as fit, in
// the order of the files.
func choose(ctx context.Context, question string, files []document.File, sections []section, room int) ([]section, error) {
	docs := make([]document.Document, len(files))
	for i, f := range files {
		docs[i] = f.Doc
	}
	found, err := extract.Question(ctx, docs, question, 40)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	taken := map[int]bool{}
	take := func(i int) {
		if !taken[i] && sections[i].tokens <= room {
			taken[i] = true
			room -= sections[i].tokens
		}
	}
	flat := make([]string, len(sections))
	for i, s := range sections {
		flat[i] = strings.Join(strings.Fields(s.text), " ")
	}
	for _, p := range found {
		for i, s := range sections {
			n := files[s.file].Doc.Pages[s.page].N
			if s.file == p.Doc && (n == p.Page || p.Page == 0) && strings.Contains(flat[i], begin(p.Text)) {
				take(i)
			}
		}
	}
	// What stands around a passage explains it.
	for _, i := range slices.Sorted(maps.Keys(taken)) {
		for _, k := range []int{i + 1, i - 1} {
			if k >= 0 && k < len(sections) && sections[k].file == sections[i].file {
				take(k)
			}
		}
	}
	if len(taken) == 0 {
		for i := range sections {
			take(i)
		}
	}
	var chosen []section
	for i, s := range sections {
		if taken[i] {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// begin returns the first words of a passage: further on it may have been put
// together differently, and it may go on in the next section.
func begin(text string) string {
	if len(text) <= 30 {
		return text
	}
	if i := strings.LastIndexByte(text[:30], ' '); i > 0 {
		return text[:i]
	}
	return text
}
