package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of ours a package may import, row by row as the
// architecture has it. A pattern ends in /* for one more folder.
var layers = []struct {
	pkg string
	may []string
}{
	{"bots", []string{"storage"}},
	{"storage", nil},
	{"storage/*", nil},
	{"connectors", []string{"bots", "connectors/*"}},
	{"connectors/render", nil},
	{"connectors/eml", []string{"bots", "connectors/render"}},
	{"connectors/chat", []string{"bots", "connectors/render", "connectors/eml"}},
	{"connectors/connectortest", []string{"bots"}},
	{"connectors/mail", []string{"bots", "connectors/render", "connectors/eml"}},
	{"connectors/web", []string{"bots", "connectors/render", "connectors/eml"}},
	{"connectors/mail/mailtest", nil},
	{"connectors/matrix", []string{"bots", "connectors/chat", "connectors/render", "connectors/eml"}},
	{"connectors/matrix/matrixtest", nil},
	{"connectors/teams", []string{"bots", "connectors/chat", "connectors/render", "connectors/eml"}},
	{"connectors/teams/teamstest", nil},
	{"skills", []string{"bots", "skills/*"}},
	{"skills/llm", []string{"bots", "skills/facts", "skills/personal"}},
	{"skills/llm/llmtest", []string{"bots", "skills/llm"}},
	{"skills/facts", nil},
	{"skills/personal", []string{"skills/facts"}},
	{"skills/document", nil},
	{"skills/office", nil},
	{"skills/index", []string{"skills/facts"}},
	{"skills/knowledge", []string{"bots", "skills/llm", "skills/document", "skills/facts", "skills/index"}},
	{"skills/extract", []string{"skills/document", "skills/facts"}},
	{"skills/check", []string{"skills/document", "skills/facts"}},
	{"skills/lazy", nil},
	{"skills/letter", []string{"skills/document", "skills/facts", "skills/lazy", "skills/letter/quote"}},
	{"skills/letter/quote", []string{"skills/document", "skills/lazy"}},
	{"skills/material", []string{"bots", "skills/document", "skills/facts", "skills/llm"}},
	{"skills/answer", []string{"bots", "skills/check", "skills/facts", "skills/llm"}},
	{"skills/condense", []string{"bots", "skills/llm", "skills/material"}},
	{"skills/talk", []string{"bots", "skills/document", "skills/extract", "skills/facts"}},
	{"skills/eval", []string{"bots", "skills/check", "skills/document", "skills/facts", "skills/llm"}},
	{"skills/catchup", shared},
	{"skills/chat", shared},
	{"skills/draft", shared},
	{"skills/export", []string{"bots", "skills/office"}},
	{"skills/help", shared},
	{"skills/research", append([]string{"skills/index", "skills/knowledge"}, shared...)},
	{"skills/note", shared},
	{"skills/phrase", shared},
	{"skills/plain", shared},
	{"skills/redact", shared},
	{"skills/summary", shared},
	{"skills/translate", append([]string{"skills/office"}, shared...)},
	{"cmd/amtsbote", []string{"bots", "storage", "connectors", "connectors/*", "skills", "skills/*"}},
}

// shared is what a skill may import: never another skill.
var shared = []string{
	"bots",
	"skills/answer",
	"skills/check",
	"skills/condense",
	"skills/document",
	"skills/extract",
	"skills/facts",
	"skills/index",
	"skills/letter",
	"skills/llm",
	"skills/material",
	"skills/office",
	"skills/personal",
	"skills/talk",
}

// TestImports keeps the layers apart. A new package needs a row.
func TestImports(t *testing.T) {
	const module = "amtsbote/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkg := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(layers, func(l struct {
			pkg string
			may []string
		}) bool {
			return matches(l.pkg, pkg)
		})
		if i < 0 {
			t.Errorf("%s has no row in layers", pkg)
			continue
		}
		seen[layers[i].pkg] = true
		for _, imp := range p.Imports {
			ours, ok := strings.CutPrefix(imp, module)
			if ok && !slices.ContainsFunc(layers[i].may, func(may string) bool { return matches(may, ours) }) {
				t.Errorf("%s must not import %s", pkg, ours)
			}
		}
	}
	for _, l := range layers {
		if !seen[l.pkg] && !strings.HasSuffix(l.pkg, "/*") {
			t.Errorf("there is no package %s", l.pkg)
		}
	}
}

func matches(pattern, pkg string) bool {
	ok, err := path.Match(pattern, pkg)
	return ok && err == nil
}

// TestNoCgo keeps the program a single file without C: Matrix's encryption is the
// one in Go, and what the Makefile builds is what the tests have tried.
func TestNoCgo(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", buildTags, "-f",
		"{{.ImportPath}}{{if not .Standard}}{{range .CgoFiles}} cgo:{{.}}{{end}}{{end}}", "amtsbote/cmd/amtsbote")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := string(out)
	if strings.Contains(deps, "crypto/libolm\n") || strings.Contains(deps, "go-sqlite3") || strings.Contains(deps, " cgo:") || !strings.Contains(deps, "crypto/goolm\n") {
		t.Error("the program has C in it, or lacks goolm")
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil || !strings.Contains(string(makefile), "TAGS        := "+buildTags+"\n") {
		t.Errorf("the Makefile has other tags, %v", err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the program has %.1f MB, with symbols", float64(info.Size())/1e6)
}

// TestNoTestCode keeps what only tests need out of the program.
func TestNoTestCode(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "amtsbote/cmd/amtsbote").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		if pkg = strings.TrimSpace(pkg); pkg == "testing" || strings.HasPrefix(pkg, "amtsbote/") && strings.HasSuffix(pkg, "test") {
			t.Errorf("the program has %s in it", pkg)
		}
	}
}

// TestNoOldTokens keeps what package teams does not use of its library out of the
// program: of that only the types are taken, and what the rest depends on has known
// holes (CVE-2025-30204 in golang-jwt before 4.5.2) or is out of care.
func TestNoOldTokens(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "amtsbote/cmd/amtsbote").Output()
	if err != nil {
		t.Fatal(err)
	}
	const library, types = "github.com/infracloudio/msbotbuilder-go", "github.com/infracloudio/msbotbuilder-go/schema"
	seen := false
	for pkg := range strings.Lines(string(out)) {
		pkg = strings.TrimSpace(pkg)
		seen = seen || pkg == types
		for _, not := range []string{"github.com/golang-jwt/jwt", "github.com/dgrijalva/jwt-go", "github.com/lestrrat-go/jwx", library} {
			rest, ok := strings.CutPrefix(pkg, not)
			if ok && (rest == "" || rest[0] == '/') && !strings.HasPrefix(rest, "/v5") && pkg != types {
				t.Errorf("the program has %s in it", pkg)
			}
		}
	}
	if !seen {
		t.Error("the program does not have " + types + " in it: this test looks at nothing")
	}
}
