// Package index finds the passages of a collection that speak of what somebody
// asks: by their words and, where vectors are given, by their meaning.
//
// A passage is found by the words of the question in any form ("Gebühren",
// "gebuehr"), by the parts of compounds ("Gebühr" finds
// "Verwaltungsgebührensatzung"), by paragraphs, numbers and file numbers exactly
// ("§ 70 VwGO", "32.4-BPA-1873/26"), and with one wrong letter where a word is
// nowhere to be found. What stands in quotes must occur. Where passages and
// question have vectors, both lists are fused by reciprocal rank (Cormack, Clarke,
// Büttcher: Reciprocal Rank Fusion outperforms Condorcet and individual Rank
// Learning Methods, SIGIR 2009), since their scores cannot be compared.
//
// [Bleve] keeps an index in a folder. It uses scorch, the index of bleve
// (blevesearch/bleve, Apache-2.0), and none of the rest: its files and batches give
// what Put and Delete promise, but its German analyser divides no compounds (its
// dictionary filter divides too much), its queries cannot say how much of a question
// a passage has, and both would bring thirty languages into the program. So terms
// come from words.go and split.go, a list of the words that compounds are made of
// from parts.txt, and search.go walks scorch's bitmaps itself. No faiss: that is C.
// Vectors are compared one by one, in memory, four bytes a number: 10,000 of 1,024
// are 40 MB. A million of them belong into PostgreSQL.
//
// What is indexed lies readable on the disk: a full-text index cannot be sealed
// with the bot's key as its other values are, for every search would have to open
// all of it. The folder is for its owner only (0700), and belongs on an encrypted
// disk. What is deleted is never found again, but its bytes stay until
// [Bleve.Compact] has written the files anew; whoever deletes calls it. Nothing of a text,
// a question, a name or a key comes into an error or a log.
package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// A Source is a document of the collection.
type Source struct {
	Key    string    // unique in the collection, such as a relative path; at most 1,024 bytes
	Digest string    // of its content, for the caller to see that it has changed
	Name   string    // as people know it; its words help to find its passages
	Date   time.Time // of the document, zero if unknown
	Model  string    // that made the vectors, empty without
}

// A Passage is a place in a document, short enough to be quoted.
type Passage struct {
	ID     string // stable and unique in the collection, see [ID]
	Source string // the key of its document
	Page   int    // from 1; 0 if the document has none
	At     int    // its position within the document
	// Heading is the heading that it stands under, Text what is quoted, verbatim.
	Heading, Text string
	Date          time.Time // of the document; Put takes it from the source
	Vector        []float32 // nil without an embedding model; Search does not return it
}

// A Query is what somebody asks.
type Query struct {
	Text    string
	Vector  []float32 // nil: by words alone
	Model   string    // that made Vector: it is compared only with vectors of the same
	N       int       // how many hits at most; 0 or less: none
	Sources []string  // keys: only in these; empty: in all
}

// A Hit is a passage that was found.
type Hit struct {
	Passage
	// Score orders the hits of one query, the best first. It says nothing across
	// queries.
	Score float64
	// Lexical and Semantic are the ranks in the list by words and in the list by
	// vectors, from 1; 0: not in it.
	Lexical, Semantic int
	// Similarity is the cosine of both vectors where Semantic is not 0. Below which
	// one a passage has nothing to do with the question depends on the model.
	Similarity float64
	// Share says how much of what was asked the passage has, its heading and the
	// name of its document included, from 0 to 1: each word counts by how rare it
	// is in the collection, one that is nowhere to be found most. Where no hit
	// reaches [Weak], an honest answer is "keine Fundstelle".
	Share float64
}

// An Index keeps the passages of a collection. All of its methods may be called
// at the same time. Their errors name no content and no keys.
type Index interface {
	// Put replaces all that the index has of a source by these passages, at once:
	// a search finds all or nothing of them, also after a crash. What Put has
	// returned for survives a crash; one that was interrupted has changed nothing.
	// Passages without text are left out.
	Put(ctx context.Context, s Source, passages []Passage) error
	// Delete removes a source with all that was derived from it; nothing happens
	// if there is none. A search that begins later never finds it, also after a
	// crash. How long its bytes stay on disk, an implementation says.
	Delete(ctx context.Context, key string) error
	// Sources returns the sources by key.
	Sources(ctx context.Context) ([]Source, error)
	// Search returns the best hits, the best first, and none that has nothing of
	// what was asked.
	Search(ctx context.Context, q Query) ([]Hit, error)
	// Close waits for what is being done. Afterwards all methods return ErrClosed.
	Close() error
}

var (
	// ErrClosed is returned by the methods of an index that was closed.
	ErrClosed = errors.New("index: closed")
	// ErrInUse is returned where another process, or this one, has the index open.
	ErrInUse = errors.New("index: in use by another process")
	// ErrDamaged is returned for an index that cannot be read, or that another
	// version of this program has made. It is derived data: the caller deletes the
	// folder, opens it again and puts all sources into it anew.
	ErrDamaged = errors.New("index: damaged or of another version")
)

// Weak is the Share below which a passage does not speak of what was asked.
const Weak = 0.5

// ID returns the ID of a passage.
func ID(source string, page, at int) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s%d/%d", len(source), source, page, at)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
