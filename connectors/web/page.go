package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"

	"golang.org/x/text/language"
)

//go:embed page
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page/*.html"))

// pageData is what the templates get.
type pageData struct {
	Lang, Other, Nonce string
	Name, Authority    string
	T                  map[string]string
	UploadMB           int
	Reload             bool
}

// page shows the chat, or says how to get in. With the token in its address it
// begins a session and leads to the address without.
func (c *Connector) page(w http.ResponseWriter, r *http.Request) {
	if lang := r.URL.Query().Get("lang"); lang == "de" || lang == "en" {
		http.SetCookie(w, &http.Cookie{Name: "amtsbote-lang", Value: lang, Path: c.Path(), MaxAge: 400 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, c.Path(), http.StatusSeeOther)
		return
	}
	v, err := c.visit(r)
	token := r.URL.Query().Get("token")
	switch {
	case err != nil:
		w.Header().Set("Retry-After", "2")
		c.render(w, r, http.StatusServiceUnavailable, "door.html", true)
	case token != "" && r.Method == http.MethodGet && c.door.take(token):
		if v.room == "" { // who has a session goes on with it
			if err := c.open(r.Context(), v.store, w); err != nil {
				c.render(w, r, http.StatusServiceUnavailable, "door.html", true)
				return
			}
		}
		http.Redirect(w, r, c.Path(), http.StatusSeeOther)
	case v.room == "":
		c.render(w, r, http.StatusUnauthorized, "door.html", false)
	case token != "":
		http.Redirect(w, r, c.Path(), http.StatusSeeOther)
	default:
		c.render(w, r, http.StatusOK, "page.html", false)
	}
}

func (c *Connector) render(w http.ResponseWriter, r *http.Request, status int, name string, reload bool) {
	lang := languageOf(r)
	d := pageData{Lang: lang, Other: "en", Nonce: rand.Text(), Name: c.cfg.Profile.Name, Authority: c.cfg.Profile.Authority,
		T: texts(lang), UploadMB: c.cfg.UploadMB, Reload: reload}
	if lang == "en" {
		d.Other = "de"
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, d); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+d.Nonce+"'; style-src 'nonce-"+d.Nonce+"'; img-src 'self'; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types amtsbote")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the browser may be gone
}

// asset serves an embedded file. It is the same for everybody, but fetched anew
// each time, so that page and script are of one release.
func asset(name, kind string) http.HandlerFunc {
	data, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(data) // the browser may be gone
	}
}

// harden sets what holds for every response.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), clipboard-write=(self)")
	h.Set("Cache-Control", "no-store")
}

var matcher = language.NewMatcher([]language.Tag{language.German, language.English})

// languageOf returns "de" or "en": as switched on the page, else as the browser says.
func languageOf(r *http.Request) string {
	var chosen string
	if cookie, err := r.Cookie("amtsbote-lang"); err == nil {
		chosen = cookie.Value
	}
	tag, _ := language.MatchStrings(matcher, chosen, r.Header.Get("Accept-Language"))
	base, _ := tag.Base()
	return base.String()
}
