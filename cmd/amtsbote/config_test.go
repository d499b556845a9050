package main

import (
	"errors"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"amtsbote/bots"
)

const example = "../../config.example.yaml"

// TestExample keeps the example complete and correct: it loads, is valid, its
// parts open, and it has every key there is.
func TestExample(t *testing.T) {
	for _, name := range []string{"AMTSBOTE_MODEL_KEY", "AMTSBOTE_AZURE_KEY", "AMTSBOTE_STORE_KEY", "AMTSBOTE_MAIL_PASSWORD", "AMTSBOTE_TEAMS_SECRET"} {
		t.Setenv(name, "x")
	}
	t.Setenv("AMTSBOTE_MATRIX_KEY", "0123456789abcdef")
	cfg, err := load(example)
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{cfg: cfg, log: discard}
	defer d.close()
	if err := d.parts(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !regexp.MustCompile(`(?m)^[ #-]*` + key + `:`).Match(text) {
			t.Errorf("%s lacks %q", example, key)
		}
	}
}

// keys returns the YAML keys of a type and of what is in it.
func keys(t reflect.Type) (all []string) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Map {
		return keys(t.Elem())
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[bots.Secret]() {
		return nil
	}
	for f := range t.Fields() {
		if f.Anonymous { // inline
			all = append(all, keys(f.Type)...)
		} else if key := yamlKey(f); key != "" {
			all = append(append(all, key), keys(f.Type)...)
		}
	}
	return all
}

func TestFaults(t *testing.T) {
	const bot = "bots:\n- name: b\n  access: {allow: [a.example]}\n"
	tests := map[string]struct {
		file string
		want []string
	}{
		"an unknown key":                    {"storag: x\n" + bot, []string{`config.yaml:1: unknown key "storag"`}},
		"no YAML":                           {"a: [", []string{"config.yaml:1: "}},
		"an empty file":                     {"", []string{"config.yaml: bots: missing"}},
		"an open secret":                    {bot + "  key: hunter2", []string{"config.yaml:4: bots[0].key: a secret is written", "never in the configuration itself"}},
		"a secret that is not there":        {bot + "  key: env:AMTSBOTE_NOT_SET", []string{"config.yaml:4: bots[0].key: env AMTSBOTE_NOT_SET is empty or not set"}},
		"a number where a list is wanted":   {"bots: 3", []string{"config.yaml:1: found int where"}},
		"a model that is not there":         {bot + "  models: [x]", []string{`config.yaml:4: bots[0].models[0]: "x" is not under models`}},
		"two of one name":                   {bot + "- name: b\n  access: {allow: [a.example]}\n", []string{`config.yaml:4: bots[1].name: "b" is the name of another bot or connector`}},
		"a chat that would refuse its user": {bot + "  connectors: {web: [{name: web}]}\n", []string{`bots[0].connectors.web[0].person: access does not allow "lokal@web"`}},
		"a mailbox that is not there":       {bot + "  connectors: {matrix: []}\n  skills:\n    draft:\n      mailboxes:\n        buero: {by: x}\n", []string{`config.yaml:8: bots[0].skills.draft.mailboxes.buero: "buero" is the name of none of this bot's connectors`}},
		"a mailbox's fault":                 {bot + "  connectors: {web: [{name: buero, person: x@a.example}]}\n  skills: {draft: {mailboxes: {buero: {address: ihr}}}}\n", []string{`bots[0].skills.draft.mailboxes.buero.address: "ihr" is not sie or du`}},
		"a bot in Teams without all":        {bot + "  connectors:\n    teams:\n    - tenant: x\n      privacy: http://a.example\n", []string{`bots[0].connectors.teams[0].app_id: "" is not the application ID`, `config.yaml:6: bots[0].connectors.teams[0].tenant: "x" is not`, `teams[0].secret: missing`, `config.yaml:7: bots[0].connectors.teams[0].privacy: "http://a.example" is not the https address`}},
		"a Teams secret in the open":        {bot + "  connectors:\n    teams:\n    - secret: hunter2\n", []string{`config.yaml:6: bots[0].connectors.teams[0].secret: a secret is written`}},
		"two connectors of one name":        {bot + "  connectors:\n    matrix: [{name: amt}]\n    teams: [{name: amt}]\n", []string{`teams[0].name: "amt" is the name of another bot or connector`}},
		"everything at once": {
			"storage: mysql://x\nhttp:\n  listen: nowhere\nbots:\n- name: b\n  zone: Mars\n  land: XX\n  access:\n    allow: ['*@a.example']\n  connectors:\n    mail:\n    - server: foo\n",
			[]string{
				`config.yaml:1: storage: "mysql://x" does not begin with bolt:`,
				`config.yaml:3: http.listen: "nowhere" is not host:port`,
				`config.yaml:6: bots[0].zone: "Mars" is no time zone`,
				`config.yaml:7: bots[0].land: "XX" is none of`,
				`config.yaml:9: bots[0].access.allow[0]: "*@a.example" is neither a person`,
				`config.yaml:12: bots[0].connectors.mail[0].server: `,
				`config.yaml:12: bots[0].connectors.mail[0].user: missing`,
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse("config.yaml", []byte(test.file))
			if _, ok := errors.AsType[*configError](err); !ok {
				t.Fatalf("got error %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("lacks %q:\n%v", want, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error shows the secret")
			}
		})
	}
}

// TestCheckOffline is what a deployment calls before it restarts the daemon.
func TestCheckOffline(t *testing.T) {
	good := file(t, "config.yaml", "bots:\n- name: b\n  access: {allow: [a.example]}\n")
	if got := call(t, "", "check", "--offline", "--config", good); got.code != 0 || !strings.Contains(got.stdout, "ok       configuration") {
		t.Errorf("got %+v", got)
	}
	bad := file(t, "config.yaml", "bots:\n- nam: b\n")
	if got := call(t, "", "check", "--offline", "-c", bad); got.code != exitConfig || !strings.Contains(got.err, "config.yaml:2: unknown key") {
		t.Errorf("got %+v", got)
	}
	got := call(t, "", "check", "--json", "-c", bad)
	if got.code != exitConfig || !strings.Contains(got.stdout, `"ok":false`) || !strings.Contains(got.stdout, `"line":2`) {
		t.Errorf("got %+v", got)
	}
	if got := call(t, "", "check", "-c", "/nowhere.yaml"); got.code != exitConfig {
		t.Errorf("got %+v", got)
	}
	if got := call(t, "", "fly"); got.code != exitUsage {
		t.Errorf("got %+v", got)
	}
}

func FuzzConfig(f *testing.F) {
	text, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("bots: [{name: a, access: {allow: [b.example]}, connectors: {mail: [{}], matrix: [{}], web: [{}], teams: [{}]}}]")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := parse("config.yaml", []byte(text))
		if err == nil && len(cfg.Bots) == 0 {
			t.Error("a configuration without bots was taken")
		}
	})
}
