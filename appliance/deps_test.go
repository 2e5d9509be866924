package appliance

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forbidden is what may not be imported where, with the reason. A place stands for itself and what is below
// it, "!" in front of places for everywhere but there. An import stands for itself, with "/..." also for what is below; what
// follows "but" is allowed.
var forbidden = []struct{ in, not, why string }{
	{"pop3", "pillarbox/spool/...", "a protocol knows no store: maildrop.go is all that it asks of the world"},
	{"pop3", "pillarbox/appliance/... but pillarbox/appliance/logbook", "a pillar does not know the roof"},
	{"pop3", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"pop3/wire", "pillarbox/...", "a leaf: both protocols stand on it"},
	{"pop3/sasl", "pillarbox/...", "a leaf: both protocols stand on it"},
	{"appliance/smtpd", "pillarbox/spool/...", "a protocol knows no store: intake.go is what it asks of one"},
	{"appliance/smtpd", "pillarbox/pop3", "a receiver does not know how mail goes out; it shares the lines and the mechanisms"},
	{"appliance/smtpd", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"appliance/smtpd", "pillarbox/appliance/... but pillarbox/appliance/logbook", "a receiver asks its router and has its limits and its certificate as fields"},
	{"spool", "pillarbox/pop3/...", "a store knows no protocol"},
	{"spool", "pillarbox/appliance/...", "a pillar does not know the roof"},
	{"spool", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"spool", "net", "mail comes in and goes out elsewhere; files are all that a store touches"},
	{"spool", "pillarbox/appliance/logbook", "a store returns errors and Stats; who calls it logs"},
	{"spool", "go.uber.org/zap/...", "a store returns errors and Stats; who calls it logs"},
	{"spool/msgp", "pillarbox/...", "a leaf"},
	{"watchdog", "pillarbox/... but pillarbox/appliance/logbook", "health is told by checks: it knows nothing of what it guards"},
	{"appliance/logbook", "pillarbox/...", "a leaf: whoever logs stands on it"},
	{"appliance/config", "pillarbox/...", "a leaf"},
	{"appliance/durable", "pillarbox/...", "a leaf"},
	{"appliance/confine", "pillarbox/...", "a leaf"},
	{"appliance/sendmail", "pillarbox/...", "a leaf: it meets the box by its sockets, as other programs do"},
	{"appliance/accounts appliance/certs", "pillarbox/... but pillarbox/appliance/durable", "leaves, but for how a file is replaced"},
	{"appliance/retention", "pillarbox/... but pillarbox/appliance/durable pillarbox/appliance/logbook", "a leaf, but for how a file is replaced and what is told"},
	{"!cmd", "pillarbox/appliance", "nothing rests on the roof; only the door opens into it"},

	{"!", "github.com/tinylib/msgp/...", "it links encoding/json whoever calls it, a quarter of a megabyte; spool/msgp writes the same and is held against it"},
	{"!appliance", "github.com/fsnotify/fsnotify", "only the appliance watches files"},
	{"!appliance/confine", "github.com/landlock-lsm/...", "one place takes rights away, and never gives any"},
	{"!appliance/confine", "kernel.org/pub/linux/libs/security/libcap/psx", "one place takes rights away, from all threads"},
	{"!appliance/config", "github.com/pelletier/go-toml/...", "only the configuration is TOML"},
	{"!spool/flash watchdog cmd", "golang.org/x/sys/...", "direct writes, a watchdog and a terminal need calls beyond the standard library, nothing else does"},
	{"!", "github.com/emersion/...", "that receiver runs body lines as commands after a slow DATA, hangs on one legal end of data, loses bytes on another"},
	{"!cmd", "flag", "a package takes values, not command lines"},
	{"!", "net/http", "no part of the box speaks HTTP"},
	{"!", "encoding/json", "nothing is stored or told in JSON"},
	{"!", "html/template", "two megabytes of flash"},
	{"!", "go.uber.org/zap", "it brings net/http, a third of a megabyte; logbook is its core alone"},
	{"!", "log", "logbook logs"},
	{"!", "log/slog", "logbook logs"},
}

// TestForbiddenImports reads the imports of every file of the program, tests left out.
func TestForbiddenImports(t *testing.T) {
	imports := importsOf(t, "..")
	if len(imports) < 50 {
		t.Fatalf("only %d files were found", len(imports))
	}
	for _, rule := range forbidden {
		for file, paths := range imports {
			if !covers(rule.in, filepath.ToSlash(filepath.Dir(file))) {
				continue
			}
			for _, path := range paths {
				if matches(rule.not, path) && !own(rule.in, path) {
					t.Errorf("%s imports %q: %s", file, path, rule.why)
				}
			}
		}
	}
}

// TestOneSeam: seams.go alone names two of the things that do not know one another.
func TestOneSeam(t *testing.T) {
	apart := []string{"pillarbox/pop3", "pillarbox/appliance/smtpd", "pillarbox/spool", "pillarbox/watchdog"}
	seam := 0
	for file, paths := range importsOf(t, ".") {
		named := 0
		for _, path := range paths {
			if slices.Contains(apart, path) {
				named++
			}
		}
		switch {
		case strings.Contains(file, string(filepath.Separator)):
		case file == "seams.go":
			seam = named
		case named > 1:
			t.Errorf("%s imports %d of %v", file, named, apart)
		}
	}
	if seam != 3 {
		t.Errorf("seams.go imports %d of %v", seam, apart)
	}
}

// covers says whether a rule's place holds for a folder.
func covers(in, folder string) bool {
	places, everywhereElse := strings.CutPrefix(in, "!")
	for place := range strings.FieldsSeq(places) {
		if folder == place || strings.HasPrefix(folder, place+"/") {
			return !everywhereElse
		}
	}
	return everywhereElse
}

// own says whether an import is of the place itself: its parts know one another.
func own(in, path string) bool {
	return strings.HasPrefix(path, "pillarbox/"+in+"/")
}

// matches says whether an import is what a rule forbids.
func matches(not, path string) bool {
	not, but, _ := strings.Cut(not, " but ")
	if slices.Contains(strings.Fields(but), path) {
		return false
	}
	subtree, below := strings.CutSuffix(not, "/...")
	return path == subtree || below && strings.HasPrefix(path, subtree+"/")
}

// importsOf returns the imports of the Go files below root, by file.
func importsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found[name] = nil
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[name] = append(found[name], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
