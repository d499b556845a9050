package teams

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// judgeActivity has Microsoft's own package read activities: its schema and its
// class. It reads an object of them by name and writes what is wrong with each.
const judgeActivity = `
const { Activity, activityZodSchema } = require("@microsoft/agents-activity");
const wrong = {};
const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const [name, a] of Object.entries(all)) {
  try {
    activityZodSchema.strict().parse(a);
    const read = Activity.fromObject(a);
    if (read.type !== a.type || read.text !== a.text) throw new Error("read as something else");
  } catch (e) { wrong[name] = String(e.message); }
}
process.stdout.write(JSON.stringify(wrong));
`

// TestActivityJudge holds that what the bot sends is valid for who defines it.
func TestActivityJudge(t *testing.T) {
	dir := judgeFolder(t, "@microsoft/agents-activity")
	all := map[string]any{}
	for name, a := range activities() {
		all[name] = a
	}
	all["address"] = &activity{Type: "message", ServiceURL: "https://smba.trafficmanager.net/emea/", ChannelID: "msteams", ReplyToID: "1700000000000", Text: "x"}
	// What the judge has to find, or it judges nothing.
	bad := map[string]any{"no type": map[string]any{"text": "x"}, "text": map[string]any{"type": "message", "text": 1},
		"entity": map[string]any{"type": "message", "entities": []any{map[string]any{"name": "x"}}}, "field": map[string]any{"type": "message", "txt": "x"}}
	for name, a := range bad {
		all[name] = a
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", judgeActivity)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var wrong map[string]string
	if err := json.Unmarshal(out, &wrong); err != nil {
		t.Fatalf("node wrote %q", out)
	}
	for name := range all {
		if _, isBad := bad[name]; isBad != (wrong[name] != "") {
			t.Errorf("%s: %q", name, wrong[name])
		}
	}
}

// judgeFolder returns the folder with a package of Microsoft's for Node, or skips
// the test; in CI it must be there.
func judgeFolder(t *testing.T, module string) string {
	t.Helper()
	dir := os.Getenv("AMTSBOTE_TEST_NODE")
	if dir == "" {
		dir, _ = filepath.Abs("../../.ci/node")
	}
	_, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(module))); err == nil {
		err = missing
	}
	if err != nil {
		if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
			t.Fatalf("needs node and %s: %v", module, err)
		}
		t.Skipf("needs node and %s: %v", module, err)
	}
	return dir
}
