package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
	"amtsbote/connectors/eml"
	"amtsbote/connectors/render"
)

// A view is an event as the page gets it. Fields named HTML are safe to insert;
// all others are text.
type view struct {
	Kind     string       `json:"kind"`
	ID       string       `json:"id"`
	Target   string       `json:"target,omitempty"`
	Time     time.Time    `json:"time"`
	Language string       `json:"language,omitempty"`
	Text     string       `json:"text,omitempty"`
	HTML     string       `json:"html,omitempty"`
	Drafts   []draftView  `json:"drafts,omitempty"`
	Read     []readView   `json:"read,omitempty"`
	Warnings []string     `json:"warnings,omitempty"` // HTML
	Sources  []sourceView `json:"sources,omitempty"`
	Files    []fileView   `json:"files,omitempty"`
	Notice   string       `json:"notice,omitempty"`
}

type draftView struct {
	To        string `json:"to,omitempty"`
	Cc        string `json:"cc,omitempty"`
	Subject   string `json:"subject"`
	Language  string `json:"language,omitempty"`
	Text      string `json:"text"`
	Quote     string `json:"quote,omitempty"`
	QuoteFrom string `json:"quoteFrom,omitempty"`
	Gaps      int    `json:"gaps,omitempty"`
	URL       string `json:"url"`
}

type readView struct {
	Name   string `json:"name"`
	Read   bool   `json:"read"`
	Pages  int    `json:"pages,omitempty"`
	OCR    bool   `json:"ocr,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type sourceView struct {
	N     int    `json:"n"`
	File  string `json:"file,omitempty"`
	Page  int    `json:"page,omitempty"`
	Quote string `json:"quote,omitempty"`
	Link  string `json:"link,omitempty"`
}

type fileView struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	URL  string `json:"url"`
}

// show returns an event as the page gets it.
func show(e event) view {
	v := view{Kind: e.Kind, ID: shortID(e.ID), Target: shortID(e.Target), Time: e.Time, Text: e.Text, Files: showFiles(e.Files)}
	if e.Reply == nil {
		return v
	}
	a, lang := e.Reply.Answer, e.Reply.Language
	v.Language = lang
	v.HTML = render.HTML(a.Text.In(lang))
	for i, d := range a.Drafts {
		v.Drafts = append(v.Drafts, draftView{To: strings.Join(d.To, ", "), Cc: strings.Join(d.Cc, ", "), Subject: d.Subject,
			Language: d.Language, Text: d.Text, Quote: d.Quote, QuoteFrom: d.QuoteFrom, Gaps: d.Gaps, URL: fmt.Sprintf("drafts/%d/%d", e.Seq, i)})
	}
	for _, f := range a.Read {
		v.Read = append(v.Read, readView{f.Name, f.Read, f.Pages, f.OCR, f.Reason.In(lang)})
	}
	for _, text := range a.Warnings {
		if !render.Says(a.Text.In(lang), text.In(lang)) { // a brief has most of them in its text
			v.Warnings = append(v.Warnings, render.HTML(text.In(lang)))
		}
	}
	for _, s := range a.Sources {
		shown := sourceView{s.N, s.File, s.Page, s.Quote, ""}
		if strings.HasPrefix(s.Link, "https://") || strings.HasPrefix(s.Link, "http://") {
			shown.Link = s.Link
		}
		v.Sources = append(v.Sources, shown)
	}
	v.Files = showFiles(a.Files)
	v.Notice = a.Notice.Line().In(lang)
	return v
}

func showFiles(files []bots.File) (shown []fileView) {
	for _, f := range files {
		_, id, _ := strings.Cut(f.Ref, "/")
		shown = append(shown, fileView{f.Name, f.Size, "files/" + id})
	}
	return shown
}

// shortID returns an ID without its room, which the page need not know.
func shortID(id string) string {
	if _, rest, ok := strings.Cut(id, "."); ok {
		return rest
	}
	return id
}

// draft gives a draft as a file that a mail program opens for editing.
func (c *Connector) draft(w http.ResponseWriter, r *http.Request, v visit) {
	e, ok, err := v.store.event(r.Context(), v.room, seqOf(r.PathValue("seq")))
	n, errN := strconv.Atoi(r.PathValue("n"))
	switch {
	case err != nil:
		busy(w, r)
		return
	case !ok || e.Reply == nil || errN != nil || n < 0 || n >= len(e.Reply.Answer.Drafts):
		fail(w, r, http.StatusNotFound, textFileGone)
		return
	}
	d := e.Reply.Answer.Drafts[n]
	data, err := eml.DraftFile(d, eml.Options{From: c.cfg.From, ID: eml.ID("amtsbote.invalid", e.ID, strconv.Itoa(n)), Date: e.Time})
	if err != nil {
		fail(w, r, http.StatusInternalServerError, textBusy)
		return
	}
	attachment(w.Header(), eml.FileName(d))
	_, _ = w.Write(data) // the browser may be gone
}
