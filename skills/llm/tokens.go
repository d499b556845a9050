package llm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Weights of a character in sixths of a token. They bound what the usual
// vocabularies need for office German from above, by about a third: three letters
// a token, figures one by one (Mistral, Llama and Qwen cut numbers into single
// figures), one token for a letter of another script.
const (
	perToken     = 6
	weightLetter = 2
	weightMark   = 4
	weightFigure = 6
	weightLatin  = 4  // ä, ß, é
	weightRare   = 12 // ı, ğ, ő, zero-width characters: hardly in a vocabulary
	weightOther  = 6  // another script, „“, €
	weightWide   = 18 // emoji, rare scripts: several bytes, each a token of its own
)

func weight(r rune) int {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == ' ', r == '\n', r == '\t', r == '\r':
		return weightLetter
	case r >= '0' && r <= '9':
		return weightFigure
	case r < 0x80:
		return weightMark
	case r < 0x100:
		return weightLatin
	case r < 0x250, r >= 0x200b && r <= 0x200f:
		return weightRare
	case r < 0x10000:
		return weightOther
	}
	return weightWide
}

// Tokens estimates how many tokens a text has, rather too many than too few. The
// estimate needs no vocabulary and holds for every model.
func Tokens(s string) int {
	n := 0
	for _, r := range s {
		n += weight(r)
	}
	return (n + perToken - 1) / perToken
}

// turnTokens is what a server adds to each message: role and separators.
const turnTokens = 4

// Need estimates the tokens of a prompt without its answer.
func (p Prompt) Need() int {
	n := Tokens(p.System) + turnTokens
	for _, t := range p.Turns {
		n += Tokens(t.Text) + turnTokens
	}
	return n
}

// Split cuts a text into parts of at most maxTokens each, as Tokens counts. It
// cuts between paragraphs if it can, else between lines, sentences, words, and at
// last anywhere. Each part is a piece of the text without the white space around
// it; together, in order, they hold everything but white space. There is no part
// for a text of white space. A maxTokens under 3 counts as 3.
func Split(text string, maxTokens int) []string {
	var parts []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		n := cut(text, max(maxTokens, 3))
		parts = append(parts, strings.TrimSpace(text[:n]))
		text = text[n:]
	}
	return parts
}

// cut returns how many bytes of text the next part takes.
func cut(text string, maxTokens int) int {
	end, sum := 0, 0
	for i, r := range text {
		if sum += weight(r); sum > maxTokens*perToken {
			break
		}
		// The width in the text, not of the rune: they differ in invalid UTF-8.
		_, size := utf8.DecodeRuneInString(text[i:])
		end = i + size
	}
	if end == len(text) {
		return end
	}
	window := text[:end]
	// A good place in the first half would make many small parts.
	if i := strings.LastIndex(window, "\n\n"); i > end/2 {
		return i
	}
	if i := strings.LastIndexByte(window, '\n'); i > end/2 {
		return i
	}
	if i := sentenceEnd(window); i > end/2 {
		return i
	}
	if r, _ := utf8.DecodeRuneInString(text[end:]); unicode.IsSpace(r) {
		return end
	}
	if i := strings.LastIndexFunc(window, unicode.IsSpace); i > 0 {
		return i
	}
	return end
}

// abbreviations are words after which a period ends no sentence, of those with
// three letters and more; shorter ones never end one.
var abbreviations = map[string]bool{"abs": true, "art": true, "bzw": true, "evtl": true, "gem": true, "gez": true, "ggf": true,
	"inkl": true, "lfd": true, "lit": true, "prof": true, "sog": true, "str": true, "tel": true, "usw": true, "vgl": true, "ziff": true, "zzgl": true}

// sentenceEnd returns where the last sentence that ends in s ends, or 0. It would
// rather miss an end than take an ordinal ("am 5. November") for one; a mistake
// makes a part begin in mid-sentence and loses nothing.
func sentenceEnd(s string) int {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != ' ' {
			continue
		}
		switch s[i-1] {
		case '!', '?':
			return i
		case '.':
			word := s[strings.LastIndexByte(s[:i-1], ' ')+1 : i-1]
			next, _ := utf8.DecodeRuneInString(s[i+1:])
			if len(word) > 2 && !strings.ContainsAny(word, ".0123456789") && unicode.IsUpper(next) && !abbreviations[strings.ToLower(word)] {
				return i
			}
		}
	}
	return 0
}
