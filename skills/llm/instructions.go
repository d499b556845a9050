package llm

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxInstruction is how many bytes a replaced instruction may have: it takes its
// room from the material, and small models have 8,000 tokens for both.
const maxInstruction = 16 << 10

// Overrides is an authority's own folder of instructions. A file
// DIR/<skill>/<file> replaces the embedded one of that skill and name. The zero
// Overrides replaces nothing, and so does a nil one.
type Overrides struct {
	dir    string
	skills []string
	errs   []error
}

// NewOverrides returns the folder at dir; empty: there is none. The folder is
// read by Load.
func NewOverrides(dir string) *Overrides { return &Overrides{dir: dir} }

// Instructions are the texts by which a skill instructs models.
type Instructions struct {
	version string
	texts   map[string]string
}

// Load returns the instructions of a skill: all files in the folder
// "instructions" of embedded, or what replaces them. A file that cannot replace
// its original (unreadable, not UTF-8, over 16 KB, other placeholders than it,
// no original of that name) leaves it in force, and Err says so.
func (o *Overrides) Load(skill, version string, embedded fs.FS) Instructions {
	ins := Instructions{version: version, texts: map[string]string{}}
	names, err := fs.Glob(embedded, "instructions/*.txt")
	if err != nil || len(names) == 0 {
		panic("llm: no instructions of " + skill) // embedded
	}
	for _, name := range names {
		text, err := fs.ReadFile(embedded, name)
		if err != nil {
			panic(err) // embedded
		}
		ins.texts[strings.TrimPrefix(name, "instructions/")] = string(text)
	}
	if o == nil || o.dir == "" {
		return ins
	}
	o.skills = append(o.skills, skill)
	sum := sha256.New()
	for _, name := range o.list(filepath.Join(o.dir, skill)) {
		text, err := o.replacement(filepath.Join(o.dir, skill, name), ins.texts[name])
		if err != nil {
			o.errs = append(o.errs, fmt.Errorf("%s: %w", filepath.Join(skill, name), err))
			continue
		}
		ins.texts[name] = text
		fmt.Fprintf(sum, "%s\x00%s\x00", name, text)
		ins.version = version + "+" + hex.EncodeToString(sum.Sum(nil)[:4])
	}
	return ins
}

// list returns the names in a folder, in order; none if there is no such folder.
func (o *Overrides) list(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		o.errs = append(o.errs, err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), "~") {
			names = append(names, e.Name())
		}
	}
	return names
}

func (o *Overrides) replacement(path, original string) (string, error) {
	if original == "" {
		return "", errors.New("there is no instruction of this name to replace")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxInstruction {
		return "", fmt.Errorf("must be a file of at most %d KB", maxInstruction>>10)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\ufeff")
	if !utf8.ValidString(text) || strings.TrimSpace(text) == "" {
		return "", errors.New("must be text in UTF-8")
	}
	have, want := places(text), places(original)
	for _, p := range want {
		if !slices.Contains(have, p) {
			return "", fmt.Errorf("lacks the placeholder %s, which the original has", p)
		}
	}
	for _, p := range have {
		if !slices.Contains(want, p) {
			return "", fmt.Errorf("has the placeholder %s, which the original lacks", p)
		}
	}
	return text, nil
}

var placeholder = regexp.MustCompile(`\{\{[^{}\n]*\}\}`)

func places(text string) []string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// Err reports, once all skills have loaded theirs, what is wrong with the folder:
// joined, each error beginning with the file. A folder that belongs to no skill is
// one too: somebody believes that it is in force.
func (o *Overrides) Err() error {
	if o == nil || o.dir == "" {
		return nil
	}
	errs := slices.Clone(o.errs)
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(o.skills, e.Name()) {
			errs = append(errs, fmt.Errorf("%s: no skill with instructions has this name; there are %v", e.Name(), o.skills))
		}
	}
	return errors.Join(errs...)
}

// Version is the version of the instructions, such as "2"; where an authority has
// replaced some of them, with a digest of its texts: "2+1f0c22ab".
func (i Instructions) Version() string { return i.version }

// Text returns an instruction by the name of its file, such as "part.txt".
// values are pairs of a placeholder's name and what takes its place: "language",
// "Deutsch" is for {{language}}. {{fence}} always is FenceRule.
func (i Instructions) Text(file string, values ...string) string {
	text, ok := i.texts[file]
	if !ok {
		panic("llm: no instruction " + file)
	}
	pairs := []string{"{{fence}}", FenceRule}
	for k := 0; k+1 < len(values); k += 2 {
		pairs = append(pairs, "{{"+values[k]+"}}", values[k+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
