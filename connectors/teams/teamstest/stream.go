package teamstest

import "net/http"

// streaming answers a request with an activity that is part of a stream, and reports
// whether it has. The caller holds connector.mu.
func (c *Cloud) streaming(http.ResponseWriter, *Conversation, map[string]any) bool { return false }
