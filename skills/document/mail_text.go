package document

import "strings"

// alternative is the same text in several forms, the best last. Plain text is
// taken, as its author's program wrote it, unless it is missing, only says that
// there is HTML, or says what the HTML does not: then a person reads something
// else than a model would, and what the person reads counts.
func (m *mailReader) alternative(e *entity) []mailText {
	var plain, rich []mailText
	for _, k := range e.kids {
		m.body = false // each form may have a name of its own
		texts := m.entity(k)
		isHTML := false
		for _, t := range texts {
			isHTML = isHTML || t.html
		}
		switch {
		case len(texts) == 0:
		case isHTML:
			rich = texts
		case plain == nil:
			plain = texts
		}
	}
	m.body = true
	return m.choose(plain, rich)
}

// choose returns the form of a text that is read.
func (m *mailReader) choose(plain, rich []mailText) []mailText {
	a, b := joined(plain), joined(rich)
	switch {
	case rich == nil:
		return plain
	case plain == nil || len(b) > 0 && (len(a) == 0 || len(b) > 4*len(a)+200):
		return rich
	}
	if odd := onlyIn(a, b); odd != "" {
		m.p.warn(m.d, "alternatives-differ", Text{
			DE: "der Text der Mail sagt anderes als ihre angezeigte Fassung; verwendet wurde die angezeigte",
			EN: "the plain text of the mail says other things than the version that is shown; the one shown was used",
		}, odd)
		return rich
	}
	return plain
}

func joined(texts []mailText) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(t.text)
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String())
}

// onlyIn returns the first paragraph of some length of a plain text of whose
// words most are not in the shown text, "" if there is none. A shown text of a
// few words (a picture, say) proves nothing.
func onlyIn(plain, shown string) string {
	have := make(map[uint32]bool, len(shown)/16)
	words(shown, func(w uint32) { have[w] = true })
	if len(have) < 10 {
		return ""
	}
	for para := range strings.SplitSeq(strings.ReplaceAll(plain, "\r", ""), "\n\n") {
		all, missing := 0, 0
		words(para, func(w uint32) {
			all++
			if !have[w] {
				missing++
			}
		})
		if all >= 8 && missing*10 > all*6 {
			return para
		}
	}
	return ""
}

// words calls each with a hash of every word of four bytes or more. The rest of
// an address of a page is none: HTML keeps it out of sight.
func words(s string, each func(uint32)) {
	const seed, prime = 2166136261, 16777619 // FNV-1a
	h, start := uint32(seed), 0
	end := func(i int) {
		if i-start >= 4 {
			each(h)
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			h = (h ^ uint32(c|0x20)) * prime
			continue
		case c >= 0x80 && c != 0xc2 && c != 0xe2: // not hard spaces, quotation marks, dashes
			h = (h ^ uint32(c)) * prime
			continue
		case c == ':' && strings.HasPrefix(s[i:], "://"), c == '.' && i-start == 3 && strings.EqualFold(s[start:i], "www"):
			for i < len(s) && s[i] > ' ' {
				i++
			}
		case c == 0xc2:
			end(i)
			i++
		case c == 0xe2:
			end(i)
			i += 2
		default:
			end(i)
		}
		h, start = seed, i+1
	}
	end(len(s))
}

const (
	pgpMessage   = "-----BEGIN PGP MESSAGE-----"
	pgpSigned    = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpSignature = "-----BEGIN PGP SIGNATURE-----"
)

// armour takes the armour of PGP off a text: what is encrypted is closed, what
// is signed is read without its signature.
func (m *mailReader) armour(text string) string {
	if before, rest, ok := strings.Cut(text, pgpMessage); ok {
		m.mail.Encrypted = "pgp"
		_, after, _ := strings.Cut(rest, "-----END PGP MESSAGE-----")
		return before + after
	}
	before, rest, ok := strings.Cut(text, pgpSigned)
	if !ok {
		return text
	}
	m.mail.Signed = "pgp"
	rest = strings.ReplaceAll(rest, "\r\n", "\n")
	_, body, _ := strings.Cut(rest, "\n\n") // after the name of the hash
	body, signature, _ := strings.Cut(body, pgpSignature)
	_, after, _ := strings.Cut(signature, "-----END PGP SIGNATURE-----")
	return before + strings.ReplaceAll("\n"+body, "\n- ", "\n") + after
}

// unflow joins the lines of format=flowed (RFC 3676) that were one line when
// they were written; quotes keep "> " for each depth.
func unflow(text string, delSp bool) string {
	var b strings.Builder
	depth, open := 0, false // of the paragraph being joined
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		rest := strings.TrimLeft(line, ">")
		quote := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ") // stuffed
		signature := rest == "-- "
		if open && (quote != depth || signature) {
			b.WriteByte('\n')
			open = false
		}
		if !open {
			b.WriteString(strings.Repeat("> ", min(quote, maxQuote)))
		}
		depth, open = quote, strings.HasSuffix(rest, " ") && !signature
		if open && delSp {
			rest = rest[:len(rest)-1]
		}
		b.WriteString(rest)
		if !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
