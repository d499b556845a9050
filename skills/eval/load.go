package eval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	maxSetFile = 4 << 20  // bytes of a file of a set
	maxInput   = 64 << 20 // bytes of a file of a case
	maxCases   = 5000     // of a set
)

// A setFile is a file of a set. What stands above the cases is a default for each.
type setFile struct {
	About string    `yaml:"about"`
	Now   time.Time `yaml:"now"`
	Needs []string  `yaml:"needs"`
	Cases []Case    `yaml:"cases"`
}

// Load reads a set: the named file of fsys, or, with ".", all its .yaml and .yml
// files in all folders. known are the skills that there are: one that a case names
// and does not list under needs must be among them. All faults are reported at
// once, each with file and line; then there is no set.
func Load(fsys fs.FS, name string, known []string) (Set, error) {
	paths, err := files(fsys, name)
	if err != nil {
		return Set{}, fmt.Errorf("eval: read set: %w", err)
	}
	if len(paths) == 0 {
		return Set{}, errors.New("eval: the folder has no .yaml file with cases")
	}
	var set Set
	var errs []error
	sum := sha256.New()
	for _, p := range paths {
		data, err := readSome(fsys, p, maxSetFile)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p, err))
			continue
		}
		fmt.Fprintf(sum, "%d %s %d ", len(p), p, len(data))
		sum.Write(data)
		cases, err := decode(fsys, p, data, known)
		errs = append(errs, err)
		set.Cases = append(set.Cases, cases...)
	}
	errs = append(errs, twice(set.Cases))
	if len(set.Cases) > maxCases {
		errs = append(errs, fmt.Errorf("%d cases are more than %d", len(set.Cases), maxCases))
	}
	if err := errors.Join(errs...); err != nil {
		return Set{}, err
	}
	set.Digest = hex.EncodeToString(sum.Sum(nil))[:12]
	return set, nil
}

func files(fsys fs.FS, name string) (paths []string, err error) {
	if name != "." {
		return []string{name}, nil
	}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if ext := path.Ext(p); err == nil && !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			paths = append(paths, p)
		}
		return err
	})
	return paths, err
}

// readSome reads a file of at most so many bytes.
func readSome(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("larger than %d MB", most>>20)
	}
	return data, err
}

// decode reads a file of a set, strictly.
func decode(fsys fs.FS, name string, data []byte, known []string) ([]Case, error) {
	at := func(err error) error { return located(name, err) }
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, at(err)
	}
	var f setFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("there are no cases in it")
		}
		return nil, at(err)
	}
	if err := dec.Decode(new(setFile)); !errors.Is(err, io.EOF) {
		return nil, at(errors.New("more than one document: what comes after --- would be lost"))
	}
	if len(f.Cases) == 0 {
		return nil, at(errors.New("there are no cases in it"))
	}
	lines := caseLines(&root)
	var errs []error
	for i := range f.Cases {
		c := &f.Cases[i]
		c.file, c.line, c.fsys = name, lines[i], fsys
		if c.Now.IsZero() {
			c.Now = f.Now
		}
		c.Needs = append(slices.Clone(f.Needs), c.Needs...)
		c.beside(path.Dir(name))
		for _, err := range c.validate(known) {
			errs = append(errs, fmt.Errorf("%s:%d: %s: %w", name, c.line, c.Name, err))
		}
	}
	return f.Cases, errors.Join(errs...)
}

// located puts the name of the file before each error of the decoder.
func located(name string, err error) error {
	var errs []error
	text, syntax := strings.CutPrefix(err.Error(), "yaml: ")
	if syntax && !strings.HasPrefix(text, "line ") {
		text = "line 1: " + text // the parser names every line but the first
	}
	texts := []string{text}
	if t, ok := errors.AsType[*yaml.TypeError](err); ok {
		texts = t.Errors
	}
	for _, text := range texts {
		if after, ok := strings.CutPrefix(text, "line "); ok {
			errs = append(errs, fmt.Errorf("%s:%s", name, strings.NewReplacer(" in type eval.setFile", "", " in type eval.Case", " of a case").Replace(after)))
			continue
		}
		errs = append(errs, fmt.Errorf("%s: %s", name, text))
	}
	return errors.Join(errs...)
}

// caseLines returns the lines on which the cases begin.
func caseLines(root *yaml.Node) (lines []int) {
	if len(root.Content) == 0 {
		return nil
	}
	top := root.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if list := top.Content[i+1]; top.Content[i].Value == "cases" {
			if list.Kind == yaml.AliasNode {
				list = list.Alias
			}
			for _, c := range list.Content {
				lines = append(lines, c.Line)
			}
		}
	}
	return lines
}

// twice finds cases with one name, which could not be told apart in what is kept.
func twice(cases []Case) error {
	seen := map[string]Case{}
	var errs []error
	for _, c := range cases {
		if old, ok := seen[c.Name]; ok {
			errs = append(errs, fmt.Errorf("%s:%d: %s: the name is that of %s:%d too", c.file, c.line, c.Name, old.file, old.line))
			continue
		}
		seen[c.Name] = c
	}
	return errors.Join(errs...)
}

// inputs returns all files of a case.
func (c *Case) inputs() (all []*Input) {
	for i := range c.Files {
		all = append(all, &c.Files[i])
	}
	for i := range c.Before {
		for j := range c.Before[i].Files {
			all = append(all, &c.Before[i].Files[j])
		}
	}
	for _, in := range []*Input{&c.Letter, &c.Room} {
		if in.given() {
			all = append(all, in)
		}
	}
	return all
}

// beside makes paths of files those of the set. A path that leads out of it stays
// as it is, and is refused.
func (c *Case) beside(dir string) {
	for _, in := range c.inputs() {
		if in.From != "" {
			in.From = path.Join(dir, in.From)
		}
	}
}

func (in Input) given() bool { return in != Input{} }

// UnmarshalYAML implements yaml.Unmarshaler: a path, or name and content.
func (in *Input) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		in.From, in.Name = n.Value, path.Base(n.Value)
		if n.Value == "" {
			return fmt.Errorf("line %d: the path of a file is missing", n.Line)
		}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a file is a path, or name with from or content", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		to := map[string]*string{"name": &in.Name, "from": &in.From, "content": &in.Content}[key.Value]
		if to == nil {
			return fmt.Errorf("line %d: field %s of a file is none of name, from, content", key.Line, key.Value)
		}
		if err := value.Decode(to); err != nil {
			return err
		}
	}
	if in.Name == "" {
		in.Name = path.Base(in.From)
	}
	if in.Name == "." || in.From != "" && in.Content != "" {
		return fmt.Errorf("line %d: a file has a name, and either from or content", n.Line)
	}
	return nil
}
