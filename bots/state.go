package bots

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"amtsbote/storage"
)

const maxState = 256 << 10 // bytes of a value of a connector

// state is the State of one connector of a bot.
type state struct {
	r         *Runner
	b         *bot
	connector string
}

func (s state) key(name string) string {
	return key(kindState, s.b.Name, s.connector) + "/" + name
}

// Get implements State.
func (s state) Get(ctx context.Context, name string) (value []byte, err error) {
	k := s.key(name)
	err = s.r.Store.View(ctx, func(tx storage.Tx) error {
		stored, err := tx.Get(k)
		if err != nil {
			return err
		}
		value, err = s.b.sealer.open(k, stored)
		return err
	})
	if errors.Is(err, storage.ErrNone) {
		return nil, nil
	}
	return value, err
}

// Put implements State.
func (s state) Put(ctx context.Context, values map[string][]byte, keep time.Duration) error {
	for name, v := range values {
		if len(v) > maxState {
			return fmt.Errorf("bots: state of %s: value of %d bytes, at most %d", s.connector, len(v), maxState)
		}
		if name == "" {
			return fmt.Errorf("bots: state of %s: empty key", s.connector)
		}
	}
	return s.r.update(ctx, func(tx storage.Tx) error {
		for name, v := range values {
			k := s.key(name)
			if v != nil {
				v = s.b.sealer.bytes(k, v)
			}
			if err := tx.Put(k, v, keep); err != nil {
				return err
			}
		}
		return nil
	})
}

// Each implements State.
func (s state) Each(ctx context.Context, prefix string, fn func(string, []byte) error) error {
	root := s.key("")
	return s.r.Store.View(ctx, func(tx storage.Tx) error {
		return tx.Each(root+prefix, func(k string, stored []byte) error {
			v, err := s.b.sealer.open(k, stored)
			if err != nil {
				return err
			}
			return fn(strings.TrimPrefix(k, root), v)
		})
	})
}
