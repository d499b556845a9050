package web

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"time"

	"amtsbote/bots"
)

// Config is the part of the configuration for a browser chat.
type Config struct {
	Name     string `yaml:"name"`      // default web; the chat is at /NAME/ of the daemon's address
	Person   string `yaml:"person"`    // as whom its user passes the gate; default lokal@web
	From     string `yaml:"from"`      // sender of drafts that are downloaded; default: none, the mail program fills it in
	UploadMB int    `yaml:"upload_mb"` // largest file in MB; default 20
	RoomMB   int    `yaml:"room_mb"`   // all files of a conversation in MB; default 200

	// Profile is the bot's: the page shows its name and authority, and what the
	// chat keeps is kept as long as its conversations. It is set by the program.
	Profile bots.Profile `yaml:"-"`
}

// Defaults of what a configuration leaves out.
const (
	defaultName = "web"
	// DefaultPerson is who uses a chat whose configuration does not say.
	DefaultPerson   = "lokal@web"
	defaultUploadMB = 20
	defaultRoomMB   = 200
	defaultKeep     = 30 * 24 * time.Hour
)

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Validate reports everything that is wrong with c, each with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name != "" && !nameRE.MatchString(c.Name) {
		bad("name: %q is not made of up to 31 small letters, digits and -, such as web", c.Name)
	}
	if _, err := mail.ParseAddress(c.Person); c.Person != "" && err != nil {
		bad("person: %q is not an address that access.allow could list, such as %s", c.Person, DefaultPerson)
	}
	if _, err := mail.ParseAddress(c.From); c.From != "" && err != nil {
		bad("from: %q is not a mail address", c.From)
	}
	if c.UploadMB < 0 || c.UploadMB > 1024 {
		bad("upload_mb: %d is not between 1 and 1024", c.UploadMB)
	}
	if c.RoomMB < 0 || c.RoomMB > 10240 {
		bad("room_mb: %d is not between 1 and 10240", c.RoomMB)
	}
	if c = c.filled(); c.RoomMB < c.UploadMB {
		bad("room_mb: %d is less than upload_mb, %d", c.RoomMB, c.UploadMB)
	}
	return errors.Join(errs...)
}

// filled returns the configuration with its defaults.
func (c Config) filled() Config {
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.Person == "" {
		c.Person = DefaultPerson
	}
	if c.UploadMB == 0 {
		c.UploadMB = defaultUploadMB
	}
	if c.RoomMB == 0 {
		c.RoomMB = max(defaultRoomMB, c.UploadMB)
	}
	if c.Profile.Name == "" {
		c.Profile.Name = "Amtsbote"
	}
	if c.Profile.Keep <= 0 {
		c.Profile.Keep = defaultKeep
	}
	return c
}
