package matrix

import (
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

// TestValidate reports everything that is wrong at once, each with its key.
func TestValidate(t *testing.T) {
	good := Config{Server: "https://matrix.musterstadt.example", User: "@amtsbote:musterstadt.example", Key: bots.NewSecret("0123456789abcdef")}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"name: ":             func(c *Config) { c.Name = "Matrix/1" },
		"server: ":           func(c *Config) { c.Server = "musterstadt.example" },
		"begin with https":   func(c *Config) { c.Server = "http://musterstadt.example" },
		"address of a":       func(c *Config) { c.Server = "https://musterstadt.example?x" },
		"user: ":             func(c *Config) { c.User = "amtsbote@musterstadt.example" },
		`user: "@a b:c" is`:  func(c *Config) { c.User = "@a b:c" },
		"key: missing":       func(c *Config) { c.Key = bots.Secret{} },
		"key: missing or sh": func(c *Config) { c.Key = bots.NewSecret("kurz") },
		"ca: ":               func(c *Config) { c.CA = "/nirgends.pem" },
		"max_age: ":          func(c *Config) { c.MaxAge = -time.Hour },
		"max_age: 721h":      func(c *Config) { c.MaxAge = 721 * time.Hour },
		"link: ":             func(c *Config) { c.Link = "http://matrix.to/" },
		"ignore[1]: ":        func(c *Config) { c.Ignore = []string{"@b:c", "alle"} },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	err := Config{Name: "X", Link: "x", Ignore: []string{"x"}}.Validate()
	for _, want := range []string{"name: ", "server: ", "user: ", "key: ", "link: ", "ignore[0]: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
	for _, local := range []string{"http://localhost:8008", "http://127.0.0.1:8008", "http://[::1]:8008"} {
		c := good
		c.Server = local
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", local, err)
		}
	}
}

// TestFilled has the defaults that config.example.yaml names. Nobody may use a bot
// whose access is not known.
func TestFilled(t *testing.T) {
	c := Config{Server: "https://m.test/", Dir: "/var/lib/amtsbote"}.filled()
	if c.Name != "matrix" || c.File != "/var/lib/amtsbote/matrix-matrix.db" || c.MaxAge != 24*time.Hour || c.Link != "https://matrix.to/#/" ||
		c.Server != "https://m.test" || c.Allows("@anna:test") {
		t.Errorf("got %+v", c)
	}
}
