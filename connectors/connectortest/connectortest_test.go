package connectortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

// office is the simplest world: a list of messages and a list of replies.
type office struct {
	said  []bots.Message
	files map[string][]byte
	heard []string
	shown map[string]bool
}

func TestOffice(t *testing.T) {
	Run(t, func(*testing.T) World {
		return &office{files: map[string][]byte{}, shown: map[string]bool{}}
	}, Options{})
}

func (o *office) Connect(*testing.T) bots.Connector { return o }
func (o *office) Name() string                      { return "office" }
func (o *office) Heard(*testing.T) []string         { return o.heard }

func (o *office) Say(_ *testing.T, text string, content []byte) {
	m := bots.Message{Connector: "office", ID: fmt.Sprint(len(o.said)), Room: "r", Sender: "anna", Text: text, Time: time.Now().UTC()}
	if content != nil {
		o.files[m.ID] = content
		m.Files = []bots.File{{Name: "datei", Ref: m.ID}}
	}
	o.said = append(o.said, m)
}

func (o *office) Receive(ctx context.Context, s bots.State, accept func(context.Context, bots.Message) error) error {
	next, err := s.Get(ctx, "next")
	if err != nil {
		return err
	}
	for i := len(next); i < len(o.said) && ctx.Err() == nil; i++ {
		if err := accept(ctx, o.said[i]); err != nil {
			return err
		}
		if err := s.Put(ctx, map[string][]byte{"next": make([]byte, i+1)}, 0); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (o *office) Send(_ context.Context, _ bots.State, r bots.Reply) (string, error) {
	if !o.shown[r.ID] {
		o.heard = append(o.heard, strings.ReplaceAll(r.Answer.Text.In(r.Language), `\`, ""))
		o.shown[r.ID] = true
	}
	return r.ID, nil
}

func (o *office) Open(_ context.Context, _ bots.State, f bots.File) (io.ReadCloser, error) {
	b, ok := o.files[f.Ref]
	if !ok {
		return nil, &bots.Refusal{Err: errors.New("no such file")}
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
