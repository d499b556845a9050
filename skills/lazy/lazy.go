// Package lazy has regular expressions that are compiled when they are first used.
//
// Every file is read in a process of its own, of the same binary as the daemon, and
// what is compiled at its start is paid for with every file: the patterns by which
// letters are taken apart alone took 36 ms and 21 MB, several times what a short
// letter takes to be read.
package lazy

import (
	"regexp"
	"sync"
)

// A Regexp is a regular expression like regexp.Regexp. It may be used concurrently.
type Regexp struct{ get func() *regexp.Regexp }

var (
	mu  sync.Mutex
	all []*Regexp // for Compile
)

// New returns the regular expression of a pattern. If the pattern is none its first
// use panics; a package whose tests call Compile knows before.
func New(pattern string) *Regexp {
	r := &Regexp{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
	mu.Lock()
	defer mu.Unlock()
	all = append(all, r)
	return r
}

// Compile compiles all that New was asked for in this process, and panics at the
// first that is no regular expression. It returns how many there are.
func Compile() int {
	mu.Lock()
	defer mu.Unlock()
	for _, r := range all {
		r.get()
	}
	return len(all)
}

// The methods are those of regexp.Regexp.

func (r *Regexp) MatchString(s string) bool                  { return r.get().MatchString(s) }
func (r *Regexp) FindString(s string) string                 { return r.get().FindString(s) }
func (r *Regexp) FindStringIndex(s string) []int             { return r.get().FindStringIndex(s) }
func (r *Regexp) FindStringSubmatch(s string) []string       { return r.get().FindStringSubmatch(s) }
func (r *Regexp) FindStringSubmatchIndex(s string) []int     { return r.get().FindStringSubmatchIndex(s) }
func (r *Regexp) FindAllString(s string, n int) []string     { return r.get().FindAllString(s, n) }
func (r *Regexp) FindAllStringIndex(s string, n int) [][]int { return r.get().FindAllStringIndex(s, n) }
func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.get().FindAllStringSubmatch(s, n)
}
func (r *Regexp) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return r.get().FindAllStringSubmatchIndex(s, n)
}
func (r *Regexp) ReplaceAllString(s, with string) string { return r.get().ReplaceAllString(s, with) }
func (r *Regexp) Split(s string, n int) []string         { return r.get().Split(s, n) }
func (r *Regexp) SubexpIndex(name string) int            { return r.get().SubexpIndex(name) }
