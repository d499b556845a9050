package draft

import (
	"strings"

	"amtsbote/bots"
)

// noted says what became of the colleague's words.
func (b *brief) noted(s say) string {
	if b.note == "" {
		return ""
	}
	quote := func(text string) string {
		text = esc(shorten(text, 300))
		return s.of("„"+text+"“", "“"+text+"”")
	}
	done, rest := b.wish.done(s), b.wish.rest
	switch {
	case b.byModel || b.draft == nil || done == "" && rest == "":
		return s.of("Ihr Hinweis: ", "Your note: ") + quote(b.note)
	case done == "":
		return s.of("Ihr Hinweis "+quote(b.note)+" ist **nicht eingearbeitet**: Dafür braucht es ein Sprachmodell.",
			"Your note "+quote(b.note)+" is **not worked in**: that needs a language model.")
	case rest == "":
		return s.of("Ihr Hinweis "+quote(b.note)+" ist eingearbeitet: "+done+".", "Your note "+quote(b.note)+" is worked in: "+done+".")
	}
	return s.of("Von Ihrem Hinweis ist eingearbeitet: "+done+". **Nicht eingearbeitet** ist "+quote(rest)+": Dafür braucht es ein Sprachmodell.",
		"Of your note is worked in: "+done+". **Not worked in** is "+quote(rest)+": that needs a language model.")
}

// unprovenNote shows what stands above the letter and was not taken for an
// instruction.
func (b *brief) unprovenNote(s say) string {
	return "**" + s.of("Text über dem Brief", "Text above the letter") + "**" +
		s.of(" (nicht als Anweisung verwendet: Wer ihn geschrieben hat, ist nicht geprüft)", " (not used as an instruction: who wrote it is not verified)") + "\n" + quoted(b.unproven)
}

// inGerman shows letter and draft in German, where they are not and a model could.
func (b *brief) inGerman(s say) []string {
	var out []string
	for i, title := range []string{s.of("Der Brief auf Deutsch", "The letter in German"), s.of("Der Entwurf auf Deutsch", "The draft in German")} {
		if b.german[i] != "" {
			out = append(out, "**"+title+"**"+s.of(" (mit KI übersetzt, nur für Sie; maßgeblich ist das Original)", " (translated with AI, only for you; the original counts)")+"\n"+quotedUpTo(b.german[i], maxGerman))
		}
	}
	return out
}

func fileNames(files []bots.File) string {
	var names []string
	for _, f := range files {
		names = append(names, esc(f.Name))
	}
	return strings.Join(names, ", ")
}
