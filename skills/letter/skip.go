package letter

import (
	"strings"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
	"amtsbote/skills/letter/quote"
)

var autoSubject = lazy.New(`(?i)^\s*(?:automatische antwort|automatic reply|auto(?:matic)?[- ]?reply|abwesenheitsnotiz|abwesenheitsnachricht|out of office|undeliverable|unzustellbar|delivery status notification|mail delivery (?:failed|subsystem)|returned mail|gelesen|read|nicht gelesen|not read|auto(?:matische)?[- ]?(?:antwort|rückantwort)|réponse automatique|lesebestätigung|read receipt|return receipt(?: \(displayed\))?|übermittlungsstatus|mail delivery failure)\s*:|^\s*(?:undelivered mail returned|undeliverable mail|failure notice|delivery (?:failure|has failed))|^\s*(?:automatische antwort|automatic reply|abwesenheitsnotiz|abwesenheitsnachricht|abwesenheitsassistent|out of (?:the )?office(?: auto-?reply)?|lesebestätigung|autoreply|auto-reply)\s*(?:$|[-–]|\b(?:re|aw|antw)\s?:)`)

// skip says why a mail must not be answered (RFC 3834, RFC 2369, RFC 2919), in
// English and without content; "" if it may. Mails of configured forms and
// scanners are written by programs on a person's behalf: of them only reports
// are skipped.
func skip(m document.Mail, opt Options) string {
	get := func(key string) string {
		if v := m.Header[key]; len(v) > 0 {
			return strings.ToLower(strings.TrimSpace(v[0]))
		}
		return ""
	}
	if strings.HasPrefix(get("Content-Type"), "multipart/report") {
		return "delivery or read report"
	}
	if v, ok := m.Header["Return-Path"]; ok && len(v) > 0 && strings.Trim(v[0], "<> ") == "" {
		return "empty return path"
	}
	for _, v := range m.Header["X-Loop"] {
		v = strings.ToLower(v)
		if strings.Contains(v, "amtsbote") || opt.own(strings.Trim(v, "<> ")) {
			return "own X-Loop"
		}
	}
	if len(m.From) > 0 {
		from := strings.ToLower(m.From[0].Email)
		local, _, _ := strings.Cut(from, "@")
		if local == "mailer-daemon" || local == "postmaster" {
			return "from a mail server"
		}
		if opt.Watched && from != "" && from == strings.ToLower(opt.Sender) {
			return "from the mailbox itself"
		}
		if opt.machine(from) {
			return ""
		}
	}
	if v := get("Auto-Submitted"); v != "" && v != "no" && !strings.HasPrefix(v, "no;") {
		return "automatic mail (Auto-Submitted)"
	}
	for _, key := range []string{"List-Id", "List-Unsubscribe", "List-Post", "X-Autoreply", "X-Autorespond", "X-Auto-Reply"} {
		if get(key) != "" {
			return "mailing list or automatic mail (" + key + ")"
		}
	}
	switch get("Precedence") {
	case "bulk", "list", "junk", "auto_reply":
		return "bulk or automatic mail (Precedence)"
	}
	if autoSubject.MatchString(m.Subject) {
		return "automatic mail (subject)"
	}
	return ""
}

// machine says whether an address is a configured form or scanner.
func (o Options) machine(email string) bool {
	for _, f := range o.Forms {
		if strings.EqualFold(f.From, email) {
			return true
		}
	}
	return o.scans(email)
}

// scans says whether an address is a copier's: configured, or the authority's and
// by its name.
func (o Options) scans(email string) bool {
	for _, s := range o.Scanners {
		if strings.EqualFold(s, email) {
			return true
		}
	}
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	return scannerName.MatchString(local) && o.own(email)
}

// received says when a mail reached the authority: by Options, else by the
// topmost Received header.
func received(m document.Mail, opt Options) time.Time {
	if !opt.Received.IsZero() {
		return opt.Received.In(opt.zone())
	}
	if v := m.Header["Received"]; len(v) > 0 {
		if i := strings.LastIndex(v[0], ";"); i >= 0 {
			if t := quote.ParseDate(v[0][i+1:], opt.zone()); !t.IsZero() {
				return t.In(opt.zone())
			}
		}
	}
	return time.Time{}
}
