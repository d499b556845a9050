package mail

import (
	"testing"

	"amtsbote/connectors/connectortest"
	"amtsbote/connectors/mail/mailtest"
)

// TestConnector holds both ways in to what every connector must do, against a
// real Dovecot and Postfix.
func TestConnector(t *testing.T) {
	rig := mailtest.Start(t)
	t.Run("letters", func(t *testing.T) {
		connectortest.Run(t, func(t *testing.T) connectortest.World { return newLetterBox(t, rig) }, connectortest.Options{})
	})
	t.Run("forwards", func(t *testing.T) {
		connectortest.Run(t, func(t *testing.T) connectortest.World { return newForwardBox(t, rig) }, connectortest.Options{})
	})
}
