package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"amtsbote/bots"
	"amtsbote/connectors"
	"amtsbote/connectors/web"
)

var (
	lineOf     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	unknownKey = regexp.MustCompile(`^field (\S+) not found in type \S+$`)
	wrongType  = regexp.MustCompile("^cannot unmarshal (!!\\w+)( `.*`)? into (.+)$")
	pathStart  = regexp.MustCompile(`^([a-z0-9_]+(?:\[\d+\])?(?:\.[a-z0-9_]+(?:\[\d+\])?)*): (.*)$`)
)

// syntaxFaults turns an error of the YAML library into faults. The value that was
// refused is not shown: it may be a secret in the wrong place.
func syntaxFaults(err error) (faults []fault) {
	texts := []string{err.Error()}
	if t, ok := errors.AsType[*yaml.TypeError](err); ok {
		texts = t.Errors
	}
	for _, text := range texts {
		f := fault{text: strings.TrimPrefix(text, "yaml: ")}
		if m := lineOf.FindStringSubmatch(text); m != nil {
			f.line, _ = strconv.Atoi(m[1])
			f.text = m[2]
		}
		if m := unknownKey.FindStringSubmatch(f.text); m != nil {
			f.text = fmt.Sprintf("unknown key %q; config.example.yaml has all keys", m[1])
		}
		if m := wrongType.FindStringSubmatch(f.text); m != nil {
			f.text = fmt.Sprintf("found %s where %s is wanted", strings.TrimPrefix(m[1], "!!"), m[3])
		}
		faults = append(faults, f)
	}
	return faults
}

// faults asks every part of the configuration what is wrong with it, and finds
// the lines.
func (c Config) faults(root *yaml.Node) (all []fault) {
	visit("", reflect.ValueOf(c), func(path string, err error) {
		for _, err := range unjoin(err) {
			f := fault{path: path, text: err.Error()}
			if m := pathStart.FindStringSubmatch(f.text); m != nil {
				f.path, f.text = join(path, m[1]), m[2]
			}
			if !slices.Contains(all, f) { // a part may ask its own parts too
				all = append(all, f)
			}
		}
	})
	all = append(all, c.crossFaults()...)
	for i := range all {
		all[i].line = line(root, all[i].path)
	}
	return all
}

type validator interface{ Validate() error }

// visit calls Validate on a value and everything in it that has it.
func visit(path string, v reflect.Value, report func(string, error)) {
	if v.CanInterface() {
		if x, ok := v.Interface().(validator); ok {
			if err := x.Validate(); err != nil {
				report(path, err)
			}
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for f, x := range v.Fields() {
			if key := yamlKey(f); key != "" {
				visit(join(path, key), x, report)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(fmt.Sprintf("%s[%d]", path, i), v.Index(i), report)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			visit(path, v.Elem(), report)
		}
	}
}

// yamlKey returns the key of a field, or "" if the file does not have it.
func yamlKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if key == "-" {
		return ""
	}
	return key
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// unjoin returns the errors that errors.Join joined.
func unjoin(err error) (all []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, unjoin(e)...)
		}
		return all
	}
	return []error{err}
}

// crossFaults are faults between parts.
func (c Config) crossFaults() (all []fault) {
	bad := func(path, format string, args ...any) {
		all = append(all, fault{path: path, text: fmt.Sprintf(format, args...)})
	}
	if c.Storage != "" && !strings.HasPrefix(c.Storage, "bolt:") {
		bad("storage", "%q does not begin with bolt:, such as bolt:/var/lib/amtsbote/amtsbote.db", c.Storage)
	}
	if len(c.Bots) == 0 {
		bad("bots", "missing; there is nothing to run")
	}
	var models, names []string
	for i, m := range c.Models {
		if slices.Contains(models, m.Name) {
			bad(fmt.Sprintf("models[%d].name", i), "%q is the name of another model", m.Name)
		}
		models = append(models, m.Name)
	}
	for i, b := range c.Bots {
		at := fmt.Sprintf("bots[%d]", i)
		if slices.Contains(names, b.Name) {
			bad(at+".name", "%q is the name of another bot or connector", b.Name)
		}
		names = append(names, b.Name)
		for j, m := range b.Models {
			if !slices.Contains(models, m) {
				bad(fmt.Sprintf("%s.models[%d]", at, j), "%q is not under models", m)
			}
		}
		for j, w := range b.Connectors.Web {
			if who := cmp.Or(w.Person, web.DefaultPerson); !b.Access.Allows(who) {
				bad(fmt.Sprintf("%s.connectors.web[%d].person", at, j), "access does not allow %q: the chat would refuse its user; list it under access.allow", who)
			}
		}
		for _, n := range b.Connectors.Names() {
			if slices.Contains(names, n.Name) {
				bad(at+".connectors."+n.Path, "%q is the name of another bot or connector", n.Name)
			}
			names = append(names, n.Name)
		}
		for j, k := range b.Skills.Knowledge {
			switch mine := b.profile().Class; {
			case k.Class != "" && !mine.MaySee(k.Class):
				bad(fmt.Sprintf("%s.skills.knowledge[%d].class", at, j), "%s is more than the bot's class %s: what people may not see in its conversations it must not search", k.Class, mine)
			case k.Class == "" && !mine.MaySee(bots.Internal):
				bad(fmt.Sprintf("%s.skills.knowledge[%d].class", at, j), "missing; the default, internal, is more than the bot's class %s", mine)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(b.Skills.Draft.Mailboxes)) {
			if !slices.ContainsFunc(b.Connectors.Names(), func(n connectors.Name) bool { return n.Name == name }) {
				bad(at+".skills.draft.mailboxes."+name, "%q is the name of none of this bot's connectors", name)
			}
		}
	}
	return all
}

// line returns the line of a path such as bots[0].access.allow, or of the
// nearest part of it that is there.
func line(n *yaml.Node, path string) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	at := n.Line
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == part {
					at, next = n.Content[i].Line, n.Content[i+1]
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(part); err == nil && i < len(n.Content) {
				next = n.Content[i]
				at = next.Line
			}
		}
		if next == nil {
			return at
		}
		n = next
	}
	return at
}
