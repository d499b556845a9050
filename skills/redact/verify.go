package redact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"

	"amtsbote/skills/personal"
)

// A leftError says that something is left in a file that should not be, or that
// this could not be found out.
type leftError struct{ what string }

func (e *leftError) Error() string { return "redact: not released: " + e.what }

// verify reads a finished file back in a child and searches it, by letters and
// digits alone, for everything that was accepted; of packages also each member.
// It fails rather than let pass what it could not look at.
func (s *Skill) verify(ctx context.Context, j *job, n int, name string, data []byte, pages []cleanPage) error {
	doc, err := s.read(ctx, name, bytes.NewReader(data))
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("redact: read back: %w", err)
		}
		return &leftError{"cannot be read back"}
	}
	if doc.Partial || len(doc.Parts) > 0 || len(doc.Warnings) > 0 {
		return &leftError{"is not read back in full"}
	}
	texts := []string{doc.Text()}
	members, err := membersOf(data, extension(name))
	if err != nil {
		return &leftError{"cannot be opened"}
	}
	texts = append(texts, members...)
	if err := j.searched(n, texts, pages); err != nil {
		return err
	}
	return j.foundAgain(doc.Text(), pages)
}

// searched looks for the texts of all accepted findings.
func (j *job) searched(n int, texts []string, pages []cleanPage) error {
	var own []*haystack
	var ownPages []cleanPage
	for _, p := range pages {
		if j.pages[p.page].file == n {
			own, ownPages = append(own, newHaystack(p.text)), append(ownPages, p)
		}
	}
	var stacks []*haystack
	for _, text := range texts {
		stacks = append(stacks, newHaystack(text))
	}
	for _, f := range j.forms() {
		stays := false
		for i, h := range own {
			for _, span := range h.findNorm(f.norm) {
				if stays = true; !j.mayStay(ownPages[i], span, f) {
					return &leftError{"something accepted is in the text"}
				}
			}
		}
		for _, h := range stacks {
			if !stays && len(h.findNorm(f.norm)) > 0 {
				return &leftError{"something accepted is in the file"}
			}
		}
	}
	return nil
}

// mayStay reports whether a form may stand at a place of the released text: in an
// item that the person rejected, or as a word that is a name elsewhere, where
// foundAgain has the last word.
func (j *job) mayStay(p cleanPage, span [2]int, f form) bool {
	for _, k := range p.kept {
		if k[0] <= span[0] && span[1] <= k[1] {
			return true
		}
	}
	return j.st.Items[f.item].Kind == personal.Person && !strings.ContainsAny(f.text, " \n")
}

// foundAgain runs the recognisers over the finished text: nothing that they call
// the same as something accepted may be in it.
func (j *job) foundAgain(text string, pages []cleanPage) error {
	accepted := map[string]bool{}
	var names []string
	var stay []string // what may be found, as norm has it: replacements, and what the person rejected
	for _, it := range j.st.Items {
		stay = append(stay, norm(it.Word))
		if !it.Rejected {
			accepted[string(it.Kind)+"\x00"+it.Norm] = true
			if it.Kind == personal.Person {
				names = append(names, it.Text)
			}
		}
	}
	for _, p := range pages {
		for _, k := range p.kept {
			stay = append(stay, norm(p.text[k[0]:k[1]]))
		}
	}
	// The original's texts stand beside, so that names are told apart as there.
	all := personal.Find(append([]string{text}, j.texts()...), personal.Options{Names: append(names, j.st.Names...)})
	for _, f := range all[0] {
		if !accepted[string(f.Kind)+"\x00"+f.Norm] {
			continue
		}
		found := norm(f.Text)
		if !slices.ContainsFunc(stay, func(s string) bool { return strings.Contains(s, found) }) {
			return &leftError{"something accepted is found again"}
		}
	}
	return nil
}

var tags = regexp.MustCompile(`<[^>]*>`)

// membersOf returns the texts of the members of a package: without tags and as
// they are. The package is our own, not a foreign file.
func membersOf(data []byte, ext string) (texts []string, err error) {
	if ext != "docx" && ext != "odt" {
		return nil, nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(io.LimitReader(r, 256<<20))
		if err2 := r.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return nil, errors.New("member")
		}
		raw := string(content)
		texts = append(texts, f.Name, f.Comment, html.UnescapeString(tags.ReplaceAllString(raw, " ")), html.UnescapeString(tags.ReplaceAllString(raw, "")), attributes(raw))
	}
	return texts, nil
}

var attribute = regexp.MustCompile(`(?:descr|title|alt|author|creator|initials|name|tooltip)="([^"]*)"`)

// attributes returns the values of attributes that may carry texts of people.
func attributes(raw string) string {
	var b strings.Builder
	for _, m := range attribute.FindAllStringSubmatch(raw, -1) {
		b.WriteString(html.UnescapeString(m[1]) + "\n\n\n\n\n\n")
	}
	return b.String()
}
