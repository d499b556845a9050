package teamstest

import "net/http"

// graph is Microsoft Graph, as far as a bot needs it.
type graph struct{}

func (c *Cloud) startGraph() {
	c.mux.HandleFunc("/graph/", func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, http.StatusNotFound, "NotFound", "no such resource: "+r.Method+" "+r.URL.EscapedPath())
	})
}
