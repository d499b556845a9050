package teamstest

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// What a bot may do in a conversation, a chat or a channel with all its threads:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
// "Send to conversation" and "Create conversation" may be done as often as each other,
// "Get conversation members" twice as often.
var windows = []struct {
	n   int
	per time.Duration
}{{7, time.Second}, {8, 2 * time.Second}, {60, 30 * time.Second}, {1800, time.Hour}}

// fast refuses a request that comes too fast, and reports whether it has. The page
// counts all requests; which of them are "Send to conversation" it does not say, so
// that replacing and deleting count too. The caller holds connector.mu.
func (c *Cloud) fast(w http.ResponseWriter, what string, times int) bool {
	now := time.Now()
	if c.connector.asked == nil {
		c.connector.asked = map[string][]time.Time{}
	}
	all := c.connector.asked[what]
	for _, win := range windows {
		n := win.n * times
		if len(all) < n {
			continue
		}
		if wait := win.per - now.Sub(all[len(all)-n]); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			c.refuse(w, http.StatusTooManyRequests, "Throttled", "too many requests: "+what)
			return true
		}
	}
	c.connector.asked[what] = append(all, now)
	return false
}
