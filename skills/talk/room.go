package talk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
)

// RoomOf returns the ID of the room that is asked about: the one in which it is
// asked; in a direct chat the one that is named, or the only one.
func RoomOf(ctx context.Context, t bots.Task, skill string) (string, error) {
	if !t.Message.Direct {
		return t.Message.Room, nil
	}
	rooms, err := t.Rooms.List(ctx)
	if err != nil {
		return "", fmt.Errorf("talk: list rooms: %w", err)
	}
	if len(rooms) == 0 {
		return "", &bots.Refusal{Text: textNoRoom}
	}
	if len(rooms) == 1 {
		return rooms[0].ID, nil
	}
	texts := []string{t.Text}
	if n := len(t.History); n > 0 && t.History[n-1].Skill == skill {
		head, _, _ := strings.Cut(t.History[n-1].Text, "\n") // "und seit Montag?" speaks of the room before
		texts = append(texts, head)
	}
	for _, text := range texts {
		switch found := Named(rooms, text); len(found) {
		case 0:
		case 1:
			return found[0].ID, nil
		default:
			return "", &bots.Refusal{Text: textWhichRoom(found)}
		}
	}
	return "", &bots.Refusal{Text: textWhichRoom(rooms)}
}

// Named returns the rooms that a text names: in full, the longest name; or else
// by most words of a name.
func Named(rooms []bots.Room, text string) []bots.Room {
	for _, form := range []func(string) []string{wordsLong, wordsShort} {
		words := form(text)
		var best []bots.Room
		most := 0
		for _, r := range rooms {
			n := 0
			if strings.Contains(text, r.ID) {
				n = 1 << 20
			} else if name := form(r.Name); contains(words, name) {
				n = 1<<10 + len(name)
			}
			best, most = better(best, most, r, n)
		}
		if most == 0 {
			for _, r := range rooms {
				n := 0
				for _, w := range form(r.Name) {
					if len(w) >= 4 && !common[w] && slices.ContainsFunc(words, func(said string) bool {
						return said == w || len(w) >= 6 && strings.HasPrefix(said, w) || len(said) >= 6 && strings.Contains(w, said) && !common[said]
					}) {
						n++
					}
				}
				best, most = better(best, most, r, n)
			}
		}
		if most > 0 {
			return best
		}
	}
	return nil
}

func better(best []bots.Room, most int, r bots.Room, n int) ([]bots.Room, int) {
	switch {
	case n == 0 || n < most:
		return best, most
	case n > most:
		return []bots.Room{r}, n
	}
	return append(best, r), most
}

// common are words that do not tell one room from another.
var common = map[string]bool{"team": true, "raum": true, "room": true, "chat": true, "gruppe": true, "group": true, "verpasst": true, "missed": true,
	"offen": true, "amtsbote": true, "stadt": true, "entschieden": true, "gestern": true, "heute": true, "woche": true, "letzte": true, "nachrichten": true}

// contains says whether name stands in words, in a row.
func contains(words, name []string) bool {
	for i := 0; len(name) > 0 && i+len(name) <= len(words); i++ {
		if slices.Equal(words[i:i+len(name)], name) {
			return true
		}
	}
	return false
}

// wordsLong returns the words of a text with umlauts spelled out: Bürgerbüro and
// Buergerbuero are the same.
func wordsLong(s string) []string { return split(Fold(s)) }

// wordsShort returns them without the dots: so are Bürgerbüro and Burgerburo.
func wordsShort(s string) []string { return split(dotless.Replace(Fold(s))) }

var dotless = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f)
	})
}
