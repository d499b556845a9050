package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"amtsbote/connectors/teams/teamstest"
)

// TestTokenJudge has Microsoft's package decide each row of the table, and holds
// our decision against it: where it refuses, we must.
func TestTokenJudge(t *testing.T) {
	node := neededNode(t)
	b := newTokenCases(t)
	said := b.judge(t, node)
	verifiers, stricter := b.verifiers(), 0
	for i, c := range b.all {
		t.Run(c.name, func(t *testing.T) {
			c = c.filled(b)
			ours := decide(t, verifiers[c.cloud], c.header, c.activity)
			if said[i].OK != c.microsoft {
				t.Errorf("Microsoft's package: accepted %v (%s); the table says %v", said[i].OK, said[i].Error, c.microsoft)
			}
			if ours == nil && !said[i].OK {
				t.Errorf("we accept what Microsoft's package refuses: %s", said[i].Error)
			}
			if ours != nil && said[i].OK && c.why == "" {
				t.Errorf("we refuse what Microsoft's package accepts, and the table does not say why: %v", ours)
			}
		})
		if c.why != "" {
			stricter++
		}
	}
	t.Logf("%d tokens; stricter than Microsoft's package for %d", len(b.all), stricter)
}

type tokenVerdict struct {
	OK    bool
	Error string
}

// judge runs Microsoft's package once for the whole table.
func (b *tokenCases) judge(t *testing.T, node string) []tokenVerdict {
	type row struct {
		Cloud    string         `json:"cloud"`
		Header   string         `json:"header"`
		Activity map[string]any `json:"activity"`
	}
	cloud := func(issuer string) map[string]any {
		return map[string]any{"issuer": issuer, "metadata": b.cloud.Metadata(), "entra": b.cloud.EntraIssuer() + "/.well-known/openid-configuration",
			"issuers": []string{"https://sts.windows.net/" + teamstest.Tenant + "/", entraLogin + "/" + teamstest.Tenant + "/v2.0"}}
	}
	rows := []row{}
	for _, c := range b.all {
		c = c.filled(b)
		rows = append(rows, row{c.cloud, c.header, c.activity})
	}
	in, err := json.Marshal(map[string]any{"appID": teamstest.AppID, "tenant": teamstest.Tenant, "callers": []string{messagingBot}, "rows": rows,
		"clouds": map[string]any{"public": cloud(teamstest.Issuer), "gov": cloud(governmentIssuer), "entra": cloud(teamstest.Issuer)}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "testdata/judge_token.mjs")
	cmd.Env = append(os.Environ(), "NODE="+node)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said []tokenVerdict
	if err := json.Unmarshal(out, &said); err != nil || len(said) != len(rows) {
		t.Fatalf("%d verdicts for %d rows: %v", len(said), len(rows), err)
	}
	return said
}

// neededNode returns the folder with Microsoft's packages, or skips the test; in CI
// they must be there.
func neededNode(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir, _ = filepath.Abs("../../.ci/node")
	}
	_, err := os.Stat(filepath.Join(dir, "node_modules/botframework-connector"))
	if _, none := exec.LookPath("node"); err == nil && none == nil {
		return dir
	}
	const hint = "needs node, and npm ci in .ci/node"
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
	return ""
}
