package bots

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"amtsbote/storage"
)

// Commands of the core: the rights that everybody has in every bot from the
// first day. They go before the skills.
var (
	commandsNew    = []string{"neu", "new"}
	commandsForget = []string{"löschen", "delete", "loeschen", "lösche", "forget"}
	commandsInfo   = []string{"info"}
	commandsWhy    = []string{"warum", "why"}
)

// Rights describes the commands of the core, for help.
func Rights() []Info {
	return []Info{
		{Name: "neu", Commands: commandsNew, Help: Text{"ein neues Gespräch beginnen; das bisherige wird vergessen", "begin a new conversation; the old one is forgotten"}},
		{Name: "löschen", Commands: commandsForget, Help: Text{"dieses Gespräch und alles daraus Abgeleitete löschen", "delete this conversation and all that was derived from it"}},
		{Name: "info", Commands: commandsInfo, Help: Text{"welches Modell wo rechnet, Datenklasse, Aufbewahrung", "which model runs where, data class, retention"}},
		{Name: "warum", Commands: commandsWhy, Help: Text{"woher die letzte Antwort kommt", "where the last answer comes from"}},
	}
}

// rights answers the commands of the core and reports whether it was one.
func (r *Runner) rights(ctx context.Context, q *question) (Answer, bool, error) {
	var text Text
	switch c := q.task.Command; {
	case c == "":
		return Answer{}, false, nil
	case slices.Contains(commandsNew, c):
		q.effect = func(tx storage.Tx) error { _, err := q.b.forget(tx, q.m.conversation()); return err }
		text = textNew
	case slices.Contains(commandsForget, c):
		if f, ok := q.c.(Forgetter); ok {
			if err := f.Forget(ctx, state{r, q.b, q.c.Name()}, q.m.Room); err != nil {
				return Answer{}, true, fmt.Errorf("connector %s: forget: %w", q.c.Name(), err)
			}
		}
		q.effect = func(tx storage.Tx) error {
			if _, err := q.b.forget(tx, q.m.conversation()); err != nil {
				return err
			}
			return tx.Put(q.b.key(kindCause, q.m.Connector, q.m.ID), nil, 0)
		}
		text = textForgotten(len(q.talk.Turns))
	case slices.Contains(commandsInfo, c):
		text = q.info()
	case slices.Contains(commandsWhy, c):
		text = q.why()
	default:
		return Answer{}, false, nil
	}
	return Answer{Text: text, Private: true, Notice: Notice{Plain: true}}, true, nil
}

// info says who sees what is written here, and how long it is kept.
func (q *question) info() Text {
	return textInfo(q.b.Profile, q.task.Class, q.b.models(q.task.Class))
}

// why says what made the last answer.
func (q *question) why() Text {
	last := q.talk.last()
	if last == nil {
		return textNoWhy
	}
	var sources strings.Builder
	for _, s := range last.Sources {
		name := cmp.Or(s.File, s.ID)
		if s.Link != "" {
			name = "<" + s.Link + ">"
		}
		fmt.Fprintf(&sources, "\n- [%d] %s", s.N, name)
		if s.Page > 0 {
			fmt.Fprintf(&sources, ", S. %d", s.Page)
		}
	}
	return textWhy(last.Notice, last.Time.In(q.b.Zone), sources.String())
}
