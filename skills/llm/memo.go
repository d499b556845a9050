package llm

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MemoKey is the key in a bots.Memo of what was made of some texts: a name for what
// kind of thing it is, and a digest of all that it depends on.
func MemoKey(kind string, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	return kind + "/" + hex.EncodeToString(sum[:])
}
