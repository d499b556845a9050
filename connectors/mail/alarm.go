package mail

import (
	"errors"
	"fmt"
	"maps"

	"github.com/emersion/go-imap/v2"

	"amtsbote/bots"
)

// What an alarm of a mailbox can concern, beside its folders.
const (
	alarmDrafts = "drafts"
	alarmBriefs = "brief_folder"
)

var _ bots.Alarmer = (*Connector)(nil)

// folderKey names a watched folder in logs and alarms: by its place in the
// configuration, since its name can be that of a person.
func folderKey(i int) string { return fmt.Sprintf("folders[%d]", i) }

// Alarms implements bots.Alarmer.
func (c *Connector) Alarms() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.alarms)
}

// alarm remembers a trouble, and tells the log of it once.
func (c *Connector) alarm(what, text string) {
	c.mu.Lock()
	known := c.alarms[what] == text
	c.alarms[what] = text
	c.mu.Unlock()
	if !known {
		c.log.Error("mailbox needs a person", "what", what, "err", text)
	}
}

func (c *Connector) alarmed(what string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alarms[what] != ""
}

// calm says that a trouble is over.
func (c *Connector) calm(what string) {
	c.mu.Lock()
	_, was := c.alarms[what]
	delete(c.alarms, what)
	c.mu.Unlock()
	if was {
		c.log.Info("mailbox works again", "what", what)
	}
}

// placed ends the alarm that the drafts have no place. One that there is no room
// for them stays until a draft was taken.
func (c *Connector) placed() {
	c.mu.Lock()
	text := c.alarms[alarmDrafts]
	c.mu.Unlock()
	if text == errNoDrafts.Error() || text == errMixed.Error() {
		c.calm(alarmDrafts)
	}
}

// forgetClosed forgets which folders could not be opened.
func (c *Connector) forgetClosed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.cfg.Folders {
		delete(c.alarms, folderKey(i))
	}
}

// told makes an alarm of an error with which the server refused to take what
// belongs into a folder, has the folders looked up again, and returns the error.
// What is lost with a connection is no alarm: the next one may do.
func (c *Connector) told(what string, err error) error {
	refused, ok := errors.AsType[*serverError](err)
	switch {
	case err == nil:
		c.calm(what)
		return nil
	case errors.Is(err, errNoDrafts), errors.Is(err, errMixed):
		c.alarm(what, err.Error())
		return err
	case !ok || refused.Type != imap.StatusResponseTypeNo:
		return err
	}
	c.forgetFolders()
	text := "the server refuses the folder: it is missing, or the account may not write there"
	switch refused.Code {
	case imap.ResponseCodeOverQuota:
		text = "the mailbox is full: please make room"
	case imap.ResponseCodeNonExistent, imap.ResponseCodeTryCreate:
		text = "a folder is missing: please make it again, or set its name in the configuration"
	case imap.ResponseCodeNoPerm:
		text = "the account has no right to write there"
	}
	c.alarm(what, fmt.Sprintf("%s (%v); what belongs there is tried again for a day", text, refused))
	return err
}
