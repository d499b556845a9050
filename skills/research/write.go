package research

import (
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/index"
	"amtsbote/skills/knowledge"
)

const (
	maxVerbatim = 5   // passages that are shown without a model
	maxNear     = 3   // that come nearest, where nothing fits
	maxShown    = 700 // bytes of one of these
)

// write makes the answer of a text and its sources.
func (q *search) write(text bots.Text, used []source, given []passage) {
	used, against := contradictions(used, given)
	list := bots.Text{DE: "\n\n**Fundstellen**", EN: "\n\n**Passages**"}
	for _, s := range used {
		q.source(&list, s.passage, s.quote, s.quote)
	}
	q.answer.Text = join(q.asked(), text, notes(against), list, q.searched())
}

// notes names contradictions.
func notes(against []contradiction) (all bots.Text) {
	for _, c := range against {
		say := c.say()
		all.DE, all.EN = all.DE+"\n\n**"+say.DE+"**", all.EN+"\n\n**"+say.EN+"**"
	}
	return all
}

// shown says where a passage stands, with a link where there is one.
func shown(p passage, language string) string {
	name := bots.Literal(p.file)
	rest := bots.Literal(strings.TrimPrefix(where(p, language), p.file))
	if p.link != "" {
		name = "[" + name + "](" + p.link + ")"
	}
	return name + rest
}

// verbatim makes an answer of the passages alone.
func (q *search) verbatim() {
	intro := bots.Text{DE: "Diese Stellen passen zu Ihrer Frage (wörtlich):", EN: "These passages fit your question (verbatim):"}
	if !slices.ContainsFunc(q.found, func(p passage) bool { return p.share >= index.Weak }) {
		intro = bots.Text{DE: "Wörtlich steht das nirgends. Dem Sinn nach kommen diese Stellen am nächsten:", EN: "It stands nowhere in these words. By their meaning these passages come nearest:"}
	}
	var all []passage
	for _, p := range q.found {
		if p.fits() {
			all = append(all, p)
		}
	}
	text, used := q.list(all[:min(len(all), maxVerbatim)])
	_, against := contradictions(used, nil)
	q.answer.Text = join(q.asked(), intro, text, notes(against), q.searched())
}

// none says that there is nothing. near are passages that a model found no answer in.
func (q *search) none(near []passage) {
	text := textNone
	if len(near) > 0 {
		text = textNoneIn
	}
	list, _ := q.list(near[:min(len(near), maxNear)])
	q.answer.Text = join(q.asked(), text, list, q.searched())
	if len(near) == 0 {
		q.answer.Notice = bots.Notice{}
	}
}

// list writes passages down, verbatim, and notes them as sources.
func (q *search) list(all []passage) (list bots.Text, used []source) {
	for _, p := range all {
		said := quote(p.text, q.query)
		text := excerpt(p.text, said)
		used = append(used, source{p, said})
		q.source(&list, p, text, dots(text, flat(p.text)))
	}
	return list, used
}

// source notes a passage as the next source and adds it to a list; says is what the
// list shows of it.
func (q *search) source(list *bots.Text, p passage, quote, says string) {
	n := len(q.answer.Sources) + 1
	q.answer.Sources = append(q.answer.Sources, bots.Source{N: n, File: p.file, Page: p.page, Quote: quote, Link: p.link})
	words := bots.Quoted(says)
	list.DE += fmt.Sprintf("\n- [%d] %s: %s", n, shown(p, "de"), words.DE)
	list.EN += fmt.Sprintf("\n- [%d] %s: %s", n, shown(p, "en"), words.EN)
}

// dots shows where a text was taken out of another one.
func dots(text, all string) string {
	if !strings.HasSuffix(all, text) {
		text += " …"
	}
	if !strings.HasPrefix(all, strings.TrimSuffix(text, " …")) {
		text = "… " + text
	}
	return text
}

// excerpt returns as much of a passage as is shown, from its quote on.
func excerpt(text, quote string) string {
	all := flat(text)
	if len(all) <= maxShown {
		return all
	}
	at := min(max(0, strings.Index(all, quote)), len(all)-maxShown)
	if at > 0 {
		at += max(0, strings.IndexByte(all[at-1:], ' ')) // no word is cut
	}
	return clip(strings.ToValidUTF8(all[at:], ""), maxShown)
}

// asked says what was searched for, where that is not what the person wrote.
func (q *search) asked() bots.Text {
	if !q.complete {
		return bots.Text{}
	}
	words := bots.Quoted(q.query)
	return bots.Text{DE: "Gesucht: " + words.DE, EN: "Searched for: " + words.EN}
}

// searched says what was searched, of which date, and what of it could not be.
func (q *search) searched() bots.Text {
	var de, en []string
	for _, c := range q.cols {
		t := brief(c.State(), q.t)
		de, en = append(de, t.DE), append(en, t.EN)
	}
	for _, f := range q.files.Files {
		name := bots.Literal(f.Name)
		if f.Err != nil {
			de, en = append(de, name+" (nicht gelesen: "+f.Err.Text.DE+")"), append(en, name+" (not read: "+f.Err.Text.EN+")")
			continue
		}
		de, en = append(de, name), append(en, name)
	}
	line := bots.Text{DE: "*Durchsucht: " + strings.Join(de, "; ") + ".", EN: "*Searched: " + strings.Join(en, "; ") + "."}
	if len(q.direct) > 0 {
		line.DE += " Nur im Direktchat durchsuche ich: " + names(q.direct) + "."
		line.EN += " Only in a direct chat I search: " + names(q.direct) + "."
	}
	return bots.Text{DE: line.DE + "*", EN: line.EN + "*"}
}

// brief says in a few words how a collection is doing.
func brief(st knowledge.State, t bots.Task) bots.Text {
	name := bots.Literal(st.Name)
	if st.Opening {
		return bots.Text{DE: name + " (wird gerade geöffnet)", EN: name + " (is being opened)"}
	}
	out := bots.Text{DE: fmt.Sprintf("%s (%s", name, count(st.Documents, "Dokument", "Dokumente")), EN: fmt.Sprintf("%s (%s", name, count(st.Documents, "document", "documents"))}
	if !st.At.IsZero() {
		at := st.At.In(t.Now.Location()).Format("02.01.2006, 15:04")
		out.DE, out.EN = out.DE+", Stand "+at, out.EN+", as of "+at
	}
	if st.Left > 0 {
		out.DE, out.EN = out.DE+fmt.Sprintf("; %d noch nicht eingelesen", st.Left), out.EN+fmt.Sprintf("; %d not read in yet", st.Left)
	}
	if n := len(st.Unread); n > 0 {
		out.DE, out.EN = out.DE+fmt.Sprintf("; %d nicht oder nicht ganz lesbar", n), out.EN+fmt.Sprintf("; %d not or not fully readable", n)
	}
	if !st.Away.IsZero() {
		out.DE, out.EN = out.DE+"; der Ordner ist zurzeit nicht erreichbar", out.EN+"; the folder cannot be reached at the moment"
	}
	return bots.Text{DE: out.DE + ")", EN: out.EN + ")"}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func names(all []string) string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = bots.Literal(n)
	}
	return strings.Join(out, ", ")
}

// join joins paragraphs.
func join(parts ...bots.Text) bots.Text {
	var de, en []string
	for _, p := range parts {
		if !p.IsZero() {
			de, en = append(de, strings.TrimSpace(p.DE)), append(en, strings.TrimSpace(p.EN))
		}
	}
	return bots.Text{DE: strings.Join(de, "\n\n"), EN: strings.Join(en, "\n\n")}
}
