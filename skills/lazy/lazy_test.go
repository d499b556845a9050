package lazy_test

import (
	"testing"

	"amtsbote/skills/lazy"
)

// TestNew: what is no pattern panics when it is used, or when all are compiled, and
// not before.
func TestNew(t *testing.T) {
	good := lazy.New(`a+`)
	if !good.MatchString("baab") || good.FindString("baab") != "aa" {
		t.Error("does not match as it should")
	}
	if lazy.Compile() != 1 {
		t.Error("not all are known")
	}
	bad := lazy.New(`(`)
	for name, use := range map[string]func(){"its use": func() { bad.MatchString("") }, "Compile": func() { lazy.Compile() }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			use()
		}()
	}
}
