package bots

import (
	"fmt"
	"time"
)

// A Class says who may see a text. Each bot has one, and each model has a
// highest one that it may see.
type Class string

const (
	Public       Class = "public"
	Internal     Class = "internal"
	Confidential Class = "confidential"
)

var ranks = map[Class]int{Public: 1, Internal: 2, Confidential: 3}

// MaySee reports whether something cleared up to class c may see class other.
// An unknown or empty class counts as confidential when it is seen and as
// public when it looks.
func (c Class) MaySee(other Class) bool {
	r, ok := ranks[other]
	if !ok {
		r = ranks[Confidential]
	}
	return max(ranks[c], ranks[Public]) >= r
}

// higher returns the more protected of two classes; an empty one asks for nothing.
func (c Class) higher(other Class) Class {
	if other != "" && !c.MaySee(other) {
		return other
	}
	return c
}

// Validate reports a class that there is not.
func (c Class) Validate() error {
	if _, ok := ranks[c]; !ok && c != "" {
		return fmt.Errorf("%q is not public, internal or confidential", string(c))
	}
	return nil
}

// Text returns the class in words.
func (c Class) Text() Text {
	switch c {
	case Public:
		return Text{"öffentlich", "public"}
	case Internal:
		return Text{"intern", "internal"}
	}
	return Text{"vertraulich", "confidential"}
}

// A Profile is what skills may know of the bot they work for.
type Profile struct {
	Name      string // how it is called
	Authority string // whose it is, such as "Stadt Musterstadt"
	Language  string // "de" or "en"
	Land      string // of Germany, such as "NW"; empty: not configured
	Contact   string // whom people ask
	Class     Class
	Zone      *time.Location
	Keep      time.Duration // how long a conversation is kept
}
