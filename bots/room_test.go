package bots

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// house is a connector with two rooms.
type house struct {
	*office
	person string
	span   Span
}

func (h *house) Rooms(_ context.Context, _ State, person string) ([]Room, error) {
	h.person = person
	return []Room{{"r", "Team"}, {"s", "Leitung"}}, nil
}

func (h *house) History(_ context.Context, _ State, person, room string, span Span) (History, error) {
	h.person, h.span = person, span
	return History{Room: Room{ID: room}}, nil
}

// TestRooms holds what a skill may read: asked in a room that room alone, since
// the others there see who asks for what, and always for who asks.
func TestRooms(t *testing.T) {
	for name, direct := range map[string]bool{"in a room": false, "in a direct chat": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{}
				w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
					all, err := task.Rooms.List(ctx)
					if err != nil {
						return Answer{}, err
					}
					if n := len(all); n != 1 && !direct || n != 2 && direct {
						t.Errorf("%d rooms are listed", n)
					}
					if _, err := task.Rooms.Read(ctx, "r", Span{Own: true}); err != nil {
						t.Error(err)
					}
					if h.person != "@anna:stadt.example" || h.span.Question != "1" || !h.span.Own || !h.span.Until.Equal(task.Message.Time) {
						t.Errorf("read for %q: %+v", h.person, h.span)
					}
					_, err = task.Rooms.Read(ctx, "s", Span{})
					if _, refused := errors.AsType[*Refusal](err); refused == direct {
						t.Errorf("another room: %v", err)
					}
					return say("gelesen")
				}))
				h.office = w.o
				w.bot.Connectors = []Connector{h}
				m := ask("1", "Was habe ich verpasst?")
				m.Sender, m.Direct = "@anna:stadt.example", direct
				w.o.in = []Message{m}
				w.want(w.run(time.Minute), "gelesen")
			})
		})
	}
}

// TestCannot says what to do instead of a voice message, and asks no skill.
func TestCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		voice := ask("1", "")
		voice.Cannot = Text{"Bitte schreiben Sie es mir.", "Please write it to me."}
		stranger := voice
		stranger.ID, stranger.Sender = "2", "eve@fremd.example"
		w.o.in = []Message{voice, stranger}
		w.want(w.run(time.Minute), "Bitte schreiben Sie es mir.", textNoAccess(w.bot.Profile).DE)
	})
}

// TestLate answers no message that the connector calls too old, and says so once.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, answering(echo))
		late := func(id string) Message { m := ask(id, "alt"); m.Late = true; return m }
		w.o.in = []Message{late("1"), late("2"), ask("3", "neu")}
		got := w.run(time.Minute)
		w.want(got, textLate(w.o.in[0].Time.UTC()).DE, "Echo: neu")
		if !slices.ContainsFunc(w.o.out, func(r Reply) bool { return r.Answer.Private }) {
			t.Error("all in the room read it")
		}
	})
}
