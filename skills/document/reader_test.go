package document

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	d, err := r.Read(t.Context(), "brief.txt", strings.NewReader("Grüße aus Köln"))
	if err != nil || d.Text() != "Grüße aus Köln" {
		t.Fatalf("%+v, %v", d, err)
	}
}
