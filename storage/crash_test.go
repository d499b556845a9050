package storage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// childPath names the file on which the test binary, run again as a child,
// writes until it is killed.
const childPath = "AMTSBOTE_TEST_STORAGE_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		fmt.Fprintln(os.Stderr, child(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const writers = 4

// child accepts items from some writers, moves them from one queue to another,
// and compacts, all at once. What is on disk it acknowledges on its output.
func child(path string) error {
	ctx := context.Background()
	s, err := OpenBolt(path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range writers {
		go func() { failed <- accept(ctx, s, w) }()
		go func() { failed <- answer(ctx, s) }()
	}
	go func() {
		for {
			if err := s.Compact(ctx); err != nil {
				failed <- err
			}
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		}
	}()
	return <-failed
}

func accept(ctx context.Context, s *Bolt, w int) error {
	for {
		n := 0
		err := s.Update(ctx, func(tx Tx) error {
			v, err := tx.Get(fmt.Sprint("cursor ", w))
			if err != nil && !errors.Is(err, ErrNone) {
				return err
			}
			n, _ = strconv.Atoi(string(v))
			n++
			id := fmt.Sprint(w, "/", n)
			if ok, err := tx.Add(Item{Queue: "in", ID: id, Group: fmt.Sprint(w), Data: make([]byte, rand.IntN(5000))}); err != nil || !ok {
				return fmt.Errorf("%s was there: %w", id, err)
			}
			return tx.Put(fmt.Sprint("cursor ", w), fmt.Append(nil, n), 0)
		})
		if err != nil {
			return err
		}
		fmt.Printf("added %d/%d\n", w, n)
	}
}

func answer(ctx context.Context, s *Bolt) error {
	for {
		it, err := s.Take(ctx, "in", AnyPrio, time.Minute)
		if errors.Is(err, ErrNone) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
		err = s.Update(ctx, func(tx Tx) error {
			if ok, err := tx.Add(Item{Queue: "out", ID: it.ID}); err != nil || !ok {
				return fmt.Errorf("%s was answered: %w", it.ID, err)
			}
			return errors.Join(tx.Done(it), tx.Put("answer "+it.ID, []byte("a"), 0))
		})
		if err != nil {
			return err
		}
		fmt.Printf("moved %s\n", it.ID)
	}
}

// TestKilled kills a process that writes, again and again at a random moment.
// What it acknowledged must be there, and nothing may be there by half. More
// rounds: AMTSBOTE_TEST_ROUNDS.
func TestKilled(t *testing.T) {
	rounds := 8
	if n, err := strconv.Atoi(os.Getenv("AMTSBOTE_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "bot.db")
	acks := 0
	for range rounds {
		after := time.Duration(rand.IntN(150_000)) * time.Microsecond
		said := killed(t, path, after)
		acks += len(said)
		verify(t, path, said)
		if t.Failed() {
			t.Fatalf("after %v", after)
		}
	}
	t.Logf("%d effects acknowledged in %d rounds", acks, rounds)
	if acks == 0 {
		t.Error("nothing was acknowledged")
	}
}

// killed runs a child, kills it some time after it began to work, and returns
// what it acknowledged.
func killed(t *testing.T, path string, after time.Duration) (said []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	stderr, err1 := cmd.StderrPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(said) == 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		said = append(said, lines.Text())
	}
	if text, _ := io.ReadAll(stderr); len(text) > 0 {
		t.Errorf("the child says: %s", text)
	}
	_ = cmd.Wait()
	return said
}

func verify(t *testing.T, path string, said []string) {
	t.Helper()
	s := openAt(t, path)
	defer s.Close()
	is := func(err error) bool {
		if err != nil && !errors.Is(err, ErrNone) {
			t.Error(err)
		}
		return err == nil
	}
	total := 0
	err := s.View(t.Context(), func(tx Tx) error {
		state := map[string]string{} // ID → what must have been said last
		for w := range writers {
			v, err := tx.Get(fmt.Sprint("cursor ", w))
			is(err)
			n, _ := strconv.Atoi(string(v))
			total += n
			for i := 1; i <= n+1; i++ {
				id := fmt.Sprint(w, "/", i)
				_, err1 := tx.Find("in", id)
				_, err2 := tx.Find("out", id)
				_, err3 := tx.Get("answer " + id)
				in, out, answered := is(err1), is(err2), is(err3)
				if in && i <= n {
					state["added "+id] = id
				}
				if out && answered {
					state["added "+id] = id
					state["moved "+id] = id
				}
				if exists := in || out || answered; in == out && exists || out != answered || exists != (i <= n) {
					t.Errorf("%s of %d: in %v, out %v, answered %v", id, n, in, out, answered)
				}
			}
		}
		for _, line := range said {
			if state[line] == "" {
				t.Errorf("acknowledged, but not there: %s", line)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	st, err := s.Stats(t.Context())
	sum := 0
	for _, q := range st {
		sum += q.Ready
	}
	if err != nil || sum != total {
		t.Errorf("stats are %+v, %v, want %d items", st, err, total)
	}
}
