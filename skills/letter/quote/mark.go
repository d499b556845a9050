package quote

import (
	"strings"

	"amtsbote/skills/document"
	"amtsbote/skills/lazy"
)

// found is a mark that was found.
type found struct {
	Mark   Mark
	Head   document.Mail
	quotes bool // the ">" run right below is the mail that it speaks of
}

// separator matches the lines that programs put above a forwarded mail, without
// the dashes around them.
var separator = lazy.New(`(?i)^(?:` +
	`(?:ursprüngliche|original|weitergeleitete|forwarded|orig\.)[ -]?(?:nachricht|message|mail|e-mail|meldung)(?: (?:von|from) .{1,90}?)?` +
	`|(?:ursprünglicher termin|original appointment)` +
	`|(?:anfang|beginn) der weitergeleiteten (?:nachricht|e-mail)|begin(?:ning of)? forwarded message|begin forwarded message` +
	`|(?:weitergeleitet (?:von|durch)|forwarded by) .{1,90}?|nachricht von .{1,90}?` +
	`|message (?:transféré|d['’]origine|original)|début du (?:message|courriel) (?:réexpédié|transféré)` +
	`|mensaje (?:reenviado|original)|inicio del mensaje reenviado` +
	`|(?:oorspronkelijk|doorgestuurd) bericht|begin doorgestuurd bericht` +
	`|(?:oryginalna|przekazana|przesłana dalej) wiadomość|wiadomość (?:oryginalna|przekazana)|początek przekazywanej wiadomości` +
	`|messaggio (?:originale|inoltrato)|inizio messaggio inoltrato` +
	`|(?:orijinal|iletilen|yönlendirilmiş) (?:mesaj|ileti)|(?:исходное|пересылаемое|пересланное) (?:сообщение|письмо)|(?:переслане|оригінальне) повідомлення` +
	`)$`)

// ending matches what some programs put below a forwarded mail.
var ending = lazy.New(`(?i)^(?:ende (?:der |des )?(?:weitergeleiteten |ursprünglichen |originalen )?(?:text(?:es)? der )?(?:original-?|weitergeleiteten )?(?:nachricht|mail|e-mail|meldung)(?:entextes|stextes)?(?: von .{1,90}?)?|end (?:of )?(?:the )?(?:forwarded|original) (?:message|e-?mail)(?: text)?|end message from .{1,90}?)$`)

// announces matches a line that says that a mail follows, in whatever words a program
// has for it. It counts only right above header lines.
var announces = lazy.New(`(?i)^(?:[\pL'’ -]+ )?(?:weitergeleitet|weiterleitung|weiter geleitet|forward|fwd|original|ursprünglich|zitiert|quoted)\pL*(?:[ -][\pL'’.@<>" -]{1,70})?$`)

// scissors is the line that The Bat! puts between header lines and text.
var scissors = lazy.New(`^[-=]{3,}8<[-=]{3,}[^-=]{3,60}[-=]{3,}$`)

// opening matches the separators that need no dashes around them, only a colon.
var opening = lazy.New(`(?i)^(?:anfang|beginn?|début|inicio|początek|inizio)\b`)

// rule is a line of dashes only.
var rule = lazy.New(`^(?:[_=]{8,}|[-–—]{8,}|\*{8,})$`)

// dashedLine is an attribution between dashes.
var dashedLine = lazy.New(`(?i)^-{3,} ?(?:am|on) (.{6,60}?\d:\d\d(?::\d\d)?(?: [+-]\d{4})?) (\S.{1,120}?) (?:schrieb|wrote) ?-{3,}$`)

const dashes = "-–—_=*> \t"

// mark says whether a forwarded or quoted mail begins at the first line, and how
// many lines its mark has; zero: none.
func (s splitter) mark(lines []string) (found, int) {
	first := strings.TrimSpace(lines[0])
	if len(first) < 4 || len(first) > maxMark {
		return found{}, 0
	}
	if first[0] == '>' {
		return groupWise(lines, s.zone)
	}
	bare := strings.TrimRight(strings.Trim(strings.TrimPrefix(strings.Trim(first, dashes), "8<"), dashes), ": ")
	if bare == "" || separates(first, bare) {
		return s.separated(lines, first, bare)
	}
	if head, n := headers(lines, s.zone, false); n > 0 {
		return found{Mark: Headers, Head: head}, cutOut(lines, n)
	}
	if len(bare) < 130 && announces.MatchString(bare) {
		below := skipBlank(lines, 1, 3)
		if below < len(lines) {
			if head, n := headers(lines[below:], s.zone, false); n > 0 {
				return found{Mark: Headers, Head: head}, cutOut(lines, below+n)
			}
		}
	}
	if m := dashedLine.FindStringSubmatch(first); m != nil { // Zoho
		return found{Mark: Headers, Head: document.Mail{From: Addresses(m[2]), Date: ParseDate(m[1], s.zone)}}, 1
	}
	return attribution(lines, s.zone)
}

// maxMark is how many bytes the first line of a mark has at most.
const maxMark = 1000

// separates says whether a line has the words of a separator.
func separates(line, bare string) bool {
	if len(bare) > 130 {
		return false
	}
	return (strings.ContainsAny(line[:1]+line[len(line)-1:], "-_=*:") || line[0] > 0x7f) && (separator.MatchString(bare) || ending.MatchString(bare))
}

// separated reads the header lines below a separator or a rule. A rule alone is a
// line in a letter; so are the words of a separator without dashes around them.
func (s splitter) separated(lines []string, first, bare string) (found, int) {
	if bare == "" && !rule.MatchString(first) {
		return found{}, 0
	}
	framed := strings.HasPrefix(first, "--") || strings.HasSuffix(first, "--") || strings.HasPrefix(first, "__") || strings.HasPrefix(first, "==")
	if ending.MatchString(bare) {
		if framed {
			return found{Mark: End}, 1
		}
		return found{}, 0
	}
	below := skipBlank(lines, 1, 4)
	if below < len(lines) {
		head, n := headers(lines[below:], s.zone, true)
		if n == 0 && bare != "" {
			head, n = notes(lines[below:], s.zone)
		}
		if n > 0 {
			return found{Mark: Headers, Head: head}, cutOut(lines, below+n)
		}
		if bare != "" { // Proton
			if m, n := attribution(lines[below:], s.zone); n > 0 {
				return m, below + n
			}
		}
	}
	if bare == "" || !framed && !opening.MatchString(bare) {
		return found{}, 0
	}
	return found{Mark: Separator, quotes: s.marked(lines[1:])}, 1
}

// skipBlank returns the first line from i on that is not blank, before the one given.
func skipBlank(lines []string, i, before int) int {
	for i < len(lines) && i < before && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	return i
}

// cutOut adds the scissors below header lines to the n lines of a mark.
func cutOut(lines []string, n int) int {
	i := skipBlank(lines, n, n+3)
	if i < len(lines) && len(lines[i]) < 200 && scissors.MatchString(strings.TrimSpace(lines[i])) {
		return i + 1
	}
	return n
}

// marked says whether lines begin with a quoted mark: then a program has put ">"
// before the whole mail.
func (s splitter) marked(lines []string) bool {
	for i, l := range lines {
		if i >= 6 || l != "" && l[0] != '>' && strings.TrimSpace(l) != "" {
			return false
		}
		if l = strings.TrimSpace(strings.TrimPrefix(l, ">")); l != "" {
			_, n := headers(unquote(lines[i:min(len(lines), i+40)]), s.zone, true)
			return n > 0
		}
	}
	return false
}
