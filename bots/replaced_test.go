package bots

import (
	"strings"
	"testing"
	"time"
)

// TestReplacedIsSaid: who reads an answer, !warum, !info or the greeting reads that a
// model sees texts without personal data only, and what was replaced.
func TestReplacedIsSaid(t *testing.T) {
	n := Notice{Skill: "chat", Version: "1", Model: "M", Place: "Cloud", Replaced: Text{"3 Namen, 1 Anschrift", "3 names, 1 address"}}
	models := []ModelInfo{{Name: "M", Place: "Cloud", Class: Public, Replaced: true}}
	for name, text := range map[string]Text{"an answer": n.Line(), "why": textWhy(n, time.Now(), "")} {
		if !strings.Contains(text.DE, "Vor dem Modell ersetzt: 3 Namen, 1 Anschrift.") || !strings.Contains(text.EN, "Replaced before the model: 3 names, 1 address.") {
			t.Errorf("%s: %+v", name, text)
		}
	}
	for name, text := range map[string]Text{"info": textInfo(Profile{}, Internal, models), "greeting": textWhere(models)} {
		if !strings.Contains(text.DE, "soweit sie erkannt werden") || !strings.Contains(text.EN, "as far as they are recognised") || strings.Contains(text.DE, "zugelassen bis") {
			t.Errorf("%s: %+v", name, text)
		}
	}
	n.Replaced, models[0].Replaced = Text{}, false
	if strings.Contains(n.Line().DE+textInfo(Profile{}, Internal, models).DE+textWhere(models).DE, "ersetzt") {
		t.Error("it is said where nothing is replaced")
	}
}
