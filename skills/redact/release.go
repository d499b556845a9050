package redact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/office"
)

// release makes the files, checks them, and gives them out.
func (s *Skill) release(ctx context.Context, j *job) (bots.Answer, error) {
	a := bots.Answer{Read: j.set.Read(true), Warnings: append(j.set.Warnings(true), j.lost()...), Notice: j.notice()}
	pages := j.redacted()
	replaced := 0
	for i, it := range j.st.Items {
		if !it.Rejected {
			replaced += j.count[i]
		}
	}
	for n := range j.files {
		format := j.format(n)
		j.t.Tell(bots.Progress{Done: n, Total: len(j.files), Text: bots.Text{DE: "Datei wird geschrieben und geprüft", EN: "Writing and checking file"}})
		data, boxed, err := j.write(n, format, pages)
		if _, ok := errors.AsType[*office.UnwritableError](err); ok {
			return bots.Answer{}, &bots.Refusal{Text: textLetters}
		}
		if err != nil {
			return bots.Answer{}, &bots.Refusal{Text: textHeld, Err: fmt.Errorf("redact: write: %w", err)}
		}
		if len(boxed) > 0 {
			a.Warnings = append(a.Warnings, textBoxed)
		}
		if len(data) > bots.MaxFile {
			return bots.Answer{}, &bots.Refusal{Text: textTooBig}
		}
		name := fmt.Sprintf("geschwaerzt-%d.%s", n+1, format)
		if err := s.verify(ctx, j, n, name, data, pages); err != nil {
			if _, ok := errors.AsType[*leftError](err); ok {
				return bots.Answer{}, &bots.Refusal{Text: textHeld, Err: err}
			}
			return bots.Answer{}, err
		}
		a.Files = append(a.Files, bots.File{Name: name, Type: mediaTypes[format], Size: int64(len(data)), Data: data})
	}
	a.Text = bots.Text{
		DE: fmt.Sprintf("**Freigegeben:** %d Stellen ersetzt. Die neue Datei enthält nur den geprüften Text: keine Eigenschaften, Kommentare, Änderungen, verborgenen Texte, Bilder oder eingebetteten Dateien; Schriften und Überschriften des Originals fehlen. Ich habe sie zurückgelesen: Nichts von dem, was ersetzt werden sollte, steht noch darin.\n\n**%s**", replaced, textCheck.DE),
		EN: fmt.Sprintf("**Released:** %d places replaced. The new file has only the text: no properties, comments, changes, hidden texts, pictures or embedded files; fonts and headings of the original are missing. I have read it back: nothing of what was to be replaced is left in it.\n\n**%s**", replaced, textCheck.EN),
	}
	return a, nil
}

var mediaTypes = map[string]string{"docx": office.TypeDOCX, "odt": office.TypeODT, "pdf": office.TypePDF, "txt": "text/plain; charset=utf-8"}

// format returns the format of the new file for file n: that which the person
// wants, else the original's, else Word's.
func (j *job) format(n int) string {
	f := j.files[n]
	switch {
	case j.st.Format != "":
		return j.st.Format
	case f.Name == "":
		return "txt"
	}
	switch f.Doc.Type {
	case office.TypeDOCX:
		return "docx"
	case office.TypeODT:
		return "odt"
	case office.TypePDF:
		return "pdf"
	case "text/plain":
		return "txt"
	}
	return "docx"
}

// write makes the new file for file n. boxed are the symbols that it shows as □.
func (j *job) write(n int, format string, pages []cleanPage) (data []byte, boxed []rune, err error) {
	var buf bytes.Buffer
	if format == "txt" {
		for _, p := range pages {
			if j.pages[p.page].file == n {
				if buf.Len() > 0 {
					buf.WriteString("\n\n")
				}
				buf.WriteString(strings.TrimSpace(p.text))
			}
		}
		buf.WriteByte('\n')
		return buf.Bytes(), nil, nil
	}
	d := office.Document{Title: bots.Text{DE: "Geschwärzte Fassung", EN: "Redacted version"}.In(j.t.Language), Language: j.t.Language,
		Created: j.t.Now, Mark: office.Mark{Skill: "redact " + version}}
	for _, p := range pages {
		if j.pages[p.page].file != n {
			continue
		}
		if len(d.Blocks) > 0 {
			d.Blocks = append(d.Blocks, office.Block{Kind: office.PageBreak})
		}
		d.Blocks = append(d.Blocks, blocks(p.text)...)
	}
	switch format {
	case "docx":
		err = office.DOCX(&buf, d)
	case "odt":
		err = office.ODT(&buf, d)
	case "pdf":
		boxed, err = office.PDF(&buf, d)
	}
	return buf.Bytes(), boxed, err
}

// blocks makes paragraphs, items of lists and tables of text as package document
// writes them.
func blocks(text string) (all []office.Block) {
	for para := range strings.SplitSeq(text, "\n\n") {
		para = strings.Trim(para, "\n")
		if strings.TrimSpace(para) == "" {
			continue
		}
		lines := strings.Split(para, "\n")
		if table := rows(lines); table != nil {
			all = append(all, office.Block{Kind: office.Table, Rows: table})
			continue
		}
		start := 0
		flush := func(end int) {
			if start < end {
				all = append(all, office.Block{Spans: office.Text(strings.Join(lines[start:end], "\n"))})
			}
		}
		for i, l := range lines {
			if rest, ok := strings.CutPrefix(strings.TrimLeft(l, " "), "- "); ok {
				flush(i)
				start = i + 1
				all = append(all, office.Block{Kind: office.Item, Depth: 1, Spans: office.Text(rest)})
			}
		}
		flush(len(lines))
	}
	return all
}

// rows returns the cells of lines that are all rows of a table.
func rows(lines []string) [][]office.Cell {
	if len(lines) < 2 {
		return nil
	}
	var table [][]office.Cell
	for _, l := range lines {
		cells := strings.Split(l, " | ")
		if len(cells) < 2 || len(cells) > 40 {
			return nil
		}
		var row []office.Cell
		for _, c := range cells {
			row = append(row, office.Cell{Spans: office.Text(strings.TrimSpace(c))})
		}
		table = append(table, row)
	}
	return table
}

// extension returns the ending of a file's name.
func extension(name string) string { return strings.TrimPrefix(path.Ext(name), ".") }
