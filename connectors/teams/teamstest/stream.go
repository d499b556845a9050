package teamstest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What a stream must be like:
// https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
const (
	streamFor    = 2 * time.Minute
	streamPause  = time.Second // between two requests of a stream, the last one included
	maxInform    = 1000        // bytes of an informative update
	notAllowed   = "ContentStreamNotAllowed"
	streamsFinal = "final"
)

// A stream is an answer while it is being written.
type stream struct {
	message  *Message
	text     string // of the answer
	sequence int
	began    time.Time
	last     time.Time
	done     bool
	canceled bool
	log      []map[string]any
}

// open reports whether the stream goes on.
func (s *stream) open(now time.Time) bool {
	return !s.done && !s.canceled && now.Sub(s.began) < streamFor
}

// CancelStream has the person press the stop button, and reports whether there was
// one: a stream that goes on.
func (v *Conversation) CancelStream() bool {
	v.cloud.connector.mu.Lock()
	defer v.cloud.connector.mu.Unlock()
	for _, s := range v.streams {
		if s.open(time.Now()) {
			s.canceled = true
			return true
		}
	}
	return false
}

// Streamed returns the activities of all streams in the conversation so far, in the
// order in which they were taken.
func (v *Conversation) Streamed() (all []map[string]any) {
	v.cloud.connector.mu.Lock()
	defer v.cloud.connector.mu.Unlock()
	for _, s := range v.streams {
		all = append(all, s.log...)
	}
	return all
}

// streaming answers a request with an activity that is part of a stream, and reports
// whether it has. The caller holds connector.mu.
func (c *Cloud) streaming(w http.ResponseWriter, conv *Conversation, a map[string]any) bool {
	info, why := streamInfo(a)
	if why != "" {
		c.refuse(w, http.StatusBadRequest, "BadRequest", why)
		return true
	}
	now := time.Now()
	var s *stream
	for _, known := range conv.streams {
		if known.message.ID == info.id {
			s = known
		}
	}
	switch {
	case conv.Type != "personal":
		c.refuse(w, http.StatusForbidden, notAllowed, "Content stream is not allowed: "+conv.Type)
	case info.id == "":
		c.beginStream(w, conv, a, info, now)
	case s == nil:
		c.refuse(w, http.StatusBadRequest, "BadRequest", "no stream "+info.id)
	case s.canceled:
		c.refuse(w, http.StatusForbidden, notAllowed, "Content stream was canceled by user.")
	case s.done:
		c.refuse(w, http.StatusForbidden, notAllowed, "Content stream is not allowed on an already completed streamed message")
	case now.Sub(s.began) >= streamFor:
		c.refuse(w, http.StatusForbidden, notAllowed, "Content stream finished due to exceeded streaming time.")
	case now.Sub(s.last) < streamPause:
		w.Header().Set("Retry-After", "1")
		c.refuse(w, http.StatusTooManyRequests, "TooManyRequests", "API calls quota exceeded")
	default:
		c.goOn(w, s, a, info, now)
	}
	return true
}

// beginStream takes the first activity of a stream.
func (c *Cloud) beginStream(w http.ResponseWriter, conv *Conversation, a map[string]any, info info, now time.Time) {
	if info.kind == streamsFinal || info.sequence != 1 {
		c.refuse(w, http.StatusBadRequest, "BadRequest", "a stream begins with streamSequence 1")
		return
	}
	for _, other := range conv.streams {
		if other.open(now) {
			c.refuse(w, http.StatusForbidden, notAllowed, "Teams supports only one concurrent streaming response per chat")
			return
		}
	}
	s := &stream{message: &Message{ID: c.connector.newID(), Activity: a, Sent: now}, sequence: 1, began: now, last: now, log: []map[string]any{a}}
	if info.kind != "informative" {
		s.text = info.text
	}
	conv.streams, conv.messages = append(conv.streams, s), append(conv.messages, s.message)
	answer(w, http.StatusCreated, map[string]string{"id": s.message.ID})
}

// goOn takes another activity of a stream.
func (c *Cloud) goOn(w http.ResponseWriter, s *stream, a map[string]any, info info, now time.Time) {
	switch {
	case info.kind != streamsFinal && info.sequence <= s.sequence:
		c.note(fmt.Sprintf("stream: streamSequence %d after %d", info.sequence, s.sequence))
		answer(w, http.StatusAccepted, map[string]any{"error": map[string]string{"code": "ContentStreamSequenceOrderPreConditionFailed",
			"message": "PreCondition failed exception when processing streaming activity."}})
		return
	case info.kind == "informative" && s.text != "":
		c.refuse(w, http.StatusBadRequest, "BadRequest", "an informative update after text")
		return
	case info.kind != "informative" && !strings.HasPrefix(info.text, s.text):
		// Of the final one too: https://github.com/microsoft/Agents-for-net/issues/251
		c.refuse(w, http.StatusForbidden, notAllowed, "Request streamed content should contain the previously streamed content")
		return
	}
	if info.kind != "informative" {
		s.text = info.text
	}
	s.sequence, s.last, s.done = info.sequence, now, info.kind == streamsFinal
	s.message.Activity, s.log = a, append(s.log, a)
	answer(w, http.StatusAccepted, map[string]any{})
}

// info is what the entity of a stream says, and the text that it is about.
type info struct {
	id, kind, text string
	sequence       int
}

// streamInfo reads it and says what is wrong with the activity.
func streamInfo(a map[string]any) (i info, why string) {
	entities, _ := a["entities"].([]any)
	var e map[string]any
	for _, it := range entities {
		if m, _ := it.(map[string]any); m["type"] == "streaminfo" {
			if e != nil {
				return i, "two streaminfo entities"
			}
			e = m
		}
	}
	for key := range e {
		switch key {
		case "type", "streamId", "streamType", "streamSequence":
		default:
			return i, "streaminfo has no " + key
		}
	}
	i.id, _ = e["streamId"].(string)
	i.kind, _ = e["streamType"].(string)
	i.text, _ = a["text"].(string)
	n, isNumber := e["streamSequence"].(float64)
	i.sequence = int(n)
	switch {
	case i.text == "":
		return i, "Start streaming activities should include text"
	case i.kind == streamsFinal && (a["type"] != "message" || e["streamSequence"] != nil || i.id == ""):
		return i, "the final one is a message with streamId and without streamSequence"
	case i.kind == streamsFinal:
		return i, ""
	case i.kind != "informative" && i.kind != "streaming":
		return i, "streamType " + i.kind
	case a["type"] != "typing" || !isNumber || n < 1 || n != float64(i.sequence):
		return i, "a typing activity with a streamSequence"
	case len(entities) > 1 || a["attachments"] != nil || a["channelData"] != nil:
		return i, "labels, buttons and attachments are for the final one"
	case i.kind == "informative" && len(i.text) > maxInform:
		return i, "an informative update of more than 1 KB"
	}
	return i, ""
}
