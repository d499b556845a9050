package bots

import (
	"crypto/sha256"
	"encoding/hex"
)

// LogID returns how an ID of a network appears in the log. IDs are chosen by
// outsiders (a Message-ID may hold a name), so that only a short hash is logged:
// it is the same for the same message in every line.
func LogID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}
