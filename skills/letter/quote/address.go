package quote

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
)

var (
	emailPart = lazy.New(`[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)
	bracket   = lazy.New(`\s*[<\[(].*$`)
	onBehalf  = lazy.New(`(?i)^.*\b(?:im auftrag von|on behalf of)\s+(.+)$`)
	notesName = lazy.New(`^(?:CN=)?([\pL][\pL .'-]{1,60}?)(?:/[\pL\d =.-]{1,40}){1,5}(?:@[\pL\d-]+)?$`)
)

// maxAddresses is how many addresses of a line are read.
const maxAddresses = 100

// Addresses reads addresses as header lines of forwards have them, which is not
// RFC 5322: "Wieczorek, Jana <j@x.example>; Amt", "Jana [mailto:j@x.example]",
// "Jana Wieczorek/Amt/Stadt". An address in a name gives way to the one in
// brackets. Names without an address have an empty Email.
func Addresses(s string) []document.Address {
	var out []document.Address
	for _, part := range splitAddresses(s) {
		if m := onBehalf.FindStringSubmatch(part); m != nil {
			part = m[1]
		}
		a := document.Address{Email: email(part)}
		name := strings.Trim(bracket.ReplaceAllString(part, ""), ` "'*,;`)
		if m := notesName.FindStringSubmatch(name); m != nil {
			name = m[1]
		}
		if !strings.Contains(name, "@") {
			a.Name = name
		}
		if a.Name != "" || a.Email != "" {
			out = append(out, a)
		}
		if len(out) == maxAddresses {
			break
		}
	}
	return out
}

// email returns the address of a part: that in brackets, since a name may look
// like another's address.
func email(part string) string {
	all := emailPart.FindAllString(part, 4)
	if len(all) == 0 {
		return ""
	}
	if at := strings.LastIndexAny(part, "<["); at > 0 {
		if e := emailPart.FindString(part[at:]); e != "" {
			return strings.Trim(e, "'")
		}
	}
	return strings.Trim(all[0], "'")
}

// splitAddresses cuts at semicolons; else at commas, but not at the one of
// "Wieczorek, Jana".
func splitAddresses(s string) []string {
	if strings.Contains(s, ";") {
		return strings.Split(s, ";")
	}
	if strings.Count(s, "@") <= 1 || strings.Count(s, "mailto:") == 1 {
		return []string{s}
	}
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if len(out) > 0 && !strings.Contains(out[len(out)-1], "@") {
			out[len(out)-1] += "," + part
		} else {
			out = append(out, part)
		}
	}
	return out
}
