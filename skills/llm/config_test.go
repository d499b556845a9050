package llm_test

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"amtsbote/skills/llm"
)

func TestValidate(t *testing.T) {
	const good = "name: M\nplace: Keller\nurl: https://llm.example/v1\nmodel: m\n"
	const azure = "name: M\nplace: Keller\nkind: azure\nurl: https://m.openai.azure.com\nkey: env:AMTSBOTE_TEST_KEY\n"
	t.Setenv("AMTSBOTE_TEST_KEY", "geheim")
	t.Setenv("AMTSBOTE_TEST_EMPTY", "")
	tests := map[string]struct{ yaml, want string }{
		"the least there is":                  {good, ""},
		"all there is":                        {good + "kind: openai\nkey: env:AMTSBOTE_TEST_KEY\nclass: internal\ncontext: 32768\nthinking: 4096\nslots: 8\nfirst_byte: 2m\nstall: 45s\ntimeout: 10m\nproxy: http://proxy.example:3128\n", ""},
		"azure by deployment":                 {azure + "deployment: d\napi_version: 2024-10-21\n", ""},
		"azure without API version":           {"name: M\nplace: K\nkind: azure\nurl: https://m.openai.azure.com/openai/v1/\nkey: env:AMTSBOTE_TEST_KEY\ndeployment: d\n", ""},
		"a server on this machine":            {"name: M\nplace: K\nurl: http://127.0.0.1:11434/v1\nmodel: m\n", ""},
		"a server in the house, over http":    {"name: M\nplace: K\nurl: http://10.1.2.3/v1\nmodel: m\nplain_http: true\n", ""},
		"nothing at all says all that lacks":  {"{}", "name: missing|place: missing|model: missing|url: missing"},
		"over http without saying so":         {strings.Replace(good, "https", "http", 1), "url: \"http://llm.example/v1\" is not https"},
		"a path that is too long":             {strings.Replace(good, "/v1", "/v1/chat/completions", 1), "url: |leave out /chat/completions"},
		"a password in the address":           {strings.Replace(good, "https://", "https://u:geheim@", 1), "url: has a user name"},
		"not an address":                      {strings.Replace(good, "https://llm.example/v1", "llm.example", 1), `url: "llm.example" is not`},
		"an unknown kind":                     {good + "kind: claude\n", `kind: "claude" is not openai or azure`},
		"a deployment without azure":          {good + "deployment: d\n", "kind: deployment and api_version are for"},
		"azure without its parts":             {strings.Replace(azure, "key: env:AMTSBOTE_TEST_KEY\n", "", 1), "deployment: missing|key: missing|api_version: missing"},
		"a key that is not there":             {good + "key: env:AMTSBOTE_TEST_EMPTY\n", "key: env AMTSBOTE_TEST_EMPTY is empty"},
		"an unknown class":                    {good + "class: secret\n", `class: "secret" is not`},
		"hardly any context":                  {good + "context: 100\n", "context: 100 is less than 1024"},
		"more thoughts than context":          {good + "thinking: 5000\n", "thinking: 5000 is not between"},
		"no slots":                            {good + "slots: -1\n", "slots: -1 is negative"},
		"a time without a unit":               {good + "timeout: 30ms\nstall: 5ms\n", "stall: 5ms is less than 1s|timeout: 30ms is less"},
		"a proxy without http":                {good + "proxy: proxy.example:3128\n", "proxy: not a URL"},
		"a model for vectors":                 {good + "embedding: true\ncontext: 512\ndimensions: 1024\nquery_prefix: \"query: \"\npassage_prefix: \"passage: \"\n", ""},
		"prefixes without embedding":          {good + "query_prefix: \"query: \"\n", "embedding: dimensions, query_prefix and passage_prefix are for"},
		"dimensions that cannot be":           {good + "embedding: true\ndimensions: 99999\n", "dimensions: 99999 is not between"},
		"texts without personal data":         {good + "class: internal\npseudonymise: confidential\n", ""},
		"no more than it may see anyway":      {good + "class: internal\npseudonymise: internal\n", "pseudonymise: internal is no more than class: internal"},
		"an unknown class without persons":    {good + "pseudonymise: secret\n", "pseudonymise: \"secret\" is not"},
		"vectors of texts without persons":    {good + "embedding: true\npseudonymise: internal\n", "pseudonymise: a model for vectors"},
		"an authority's file that is missing": {good + "ca: /nowhere/ca.pem\n", "ca: open /nowhere/ca.pem"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var c llm.Config
			d := yaml.NewDecoder(strings.NewReader(test.yaml))
			d.KnownFields(true)
			err := d.Decode(&c)
			if err == nil {
				err = c.Validate()
			}
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range strings.Split(test.want, "|") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestValidateList(t *testing.T) {
	m := llm.Config{Name: "M", Place: "Keller", URL: "https://llm.example/v1", Model: "m"}
	bad := m
	bad.URL, bad.Model = "", ""
	err := llm.Validate([]llm.Config{m, bad})
	for _, want := range []string{"models[1].url: missing", "models[1].model: missing", `models[1].name: "M" is the name of models[0] already`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := llm.New([]llm.Config{bad}, nil); err == nil {
		t.Error("New takes what Validate does not")
	}
}
