package llm_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// TestForeign talks to a server that others wrote: aimock from npm, in the folder
// that AMTSBOTE_TEST_NODE names (see .ci/node/package.json).
func TestForeign(t *testing.T) {
	url := aimock(t)
	cfg := llm.Config{Name: "fremd", Place: "npm", URL: url + "/v1", Model: "gpt-4o", Class: bots.Confidential}
	azure := cfg
	azure.Name, azure.Kind, azure.URL, azure.Model = "azure", llm.Azure, url, ""
	azure.Deployment, azure.APIVersion, azure.Key = "o3-buergeramt", "2024-10-21", bots.NewSecret("k")
	p := open(t, cfg, azure)
	for _, test := range []struct{ model, ask, want string }{
		{"fremd", "gruß", "Guten Tag aus dem fremden Server. Dies ist eine längere Antwort in mehreren Stücken."},
		{"azure", "gruß", "Guten Tag aus dem fremden Server. Dies ist eine längere Antwort in mehreren Stücken."},
		{"fremd", "überlastet", "nach dem Warten"},
		{"fremd", "abbruch", "beim zweiten Mal ganz"},
	} {
		t.Run(test.model+" "+test.ask, func(t *testing.T) {
			got, err := model(t, p, test.model).Complete(t.Context(), llm.Prompt{System: "S", Turns: []llm.Turn{{Text: test.ask}}})
			if err != nil || got.Text != test.want || got.Cut || got.Out == 0 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// aimock starts the foreign server on a free port and returns its address.
func aimock(t *testing.T) string {
	t.Helper()
	cli := filepath.Join(os.Getenv("AMTSBOTE_TEST_NODE"), "node_modules/@copilotkit/aimock/dist/cli.js")
	node, err := exec.LookPath("node")
	if _, statErr := os.Stat(cli); err != nil || statErr != nil {
		needed(t, "needs node, and AMTSBOTE_TEST_NODE to name a folder with node_modules/@copilotkit/aimock")
	}
	cmd := exec.CommandContext(t.Context(), node, cli, "-p", "0", "-f", "testdata/aimock.json", "--strict", "--validate-on-load")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
			go func() {
				for lines.Scan() { // so that it never waits for a reader
				}
			}()
			client := http.Client{Timeout: time.Minute}
			resp, err := client.Get(url + "/v1/models")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return url
		}
	}
	t.Fatal("aimock did not start")
	return ""
}

// needed skips a test that wants a foreign program, except in CI, where it must run.
func needed(t *testing.T, hint string) {
	t.Helper()
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
}
