package teams

import (
	"html"
	"log/slog"
	"testing"

	"amtsbote/bots"
	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/teams/teamstest"
)

// world is a personal chat.
type world struct {
	cloud *teamstest.Cloud
	jana  *teamstest.Person
	chat  *teamstest.Conversation
}

func (w *world) Connect(t *testing.T) bots.Connector {
	w.cloud.Bot("")
	c := New(config(w.cloud), slog.New(slog.DiscardHandler))
	mount(t, w.cloud, c)
	return c
}

func (w *world) Say(_ *testing.T, text string, content []byte) {
	if content == nil {
		w.chat.Say(w.jana, "", text)
		return
	}
	w.chat.Say(w.jana, "", text, w.jana.SendFile(w.chat, "brief.pdf", content))
}

func (w *world) Heard(*testing.T) (all []string) {
	for _, m := range w.chat.Messages() {
		all = append(all, html.UnescapeString(m.Text())) // as Teams shows what Markdown takes from HTML
	}
	return all
}

// TestConnector has the connector pass the tests that all connectors pass.
func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.World {
		cloud := teamstest.Start(t)
		jana := cloud.Person("Jana Kaya", "jana.kaya@stadt.example")
		return &world{cloud, jana, cloud.Personal(jana)}
	}, connectortest.Options{})
}
