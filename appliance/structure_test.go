package appliance

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	mostFileLines = 400
	mostFuncLines = 60
	mostMethods   = 40  // of a type, those of embedded types included
	mostFields    = 25  // the same
	mostColumns   = 100 // of a line of comment

	leastMedian, mostMedian = 100, 200 // lines of the files that are neither tests nor generated
)

// root is the folder of the module, of which the tests hold every package.
const root = ".."

// long are the files that have more lines than the limit, with how many they may have.
var long = map[string]int{"appliance/remote/popclient/popclient_test.go": 450}

// A folder is a package that is parsed and type-checked without its imports: enough to resolve what
// it declares itself.
type folder struct {
	name  string         // in the module: "spool/flash"
	lines map[string]int // of each file, tests among them, by its path in the module
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
}

// folders returns the packages that the tests hold.
func folders(t *testing.T) (list []*folder) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return err
		case path != root && strings.HasPrefix(d.Name(), "."), d.Name() == "testdata":
			return filepath.SkipDir
		}
		if f := parseFolder(t, path); len(f.files) > 0 {
			list = append(list, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 80 {
		t.Fatalf("only %d packages were found", len(list))
	}
	return list
}

func parseFolder(t *testing.T, path string) *folder {
	t.Helper()
	name, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{name: filepath.ToSlash(name), lines: map[string]int{}, fset: token.NewFileSet(), info: &types.Info{
		Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
	}}
	names, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_templ.go") { // generated
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f.lines[f.name+"/"+filepath.Base(name)] = bytes.Count(text, []byte("\n"))
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(f.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f.files = append(f.files, file)
	}
	// Imports are not resolved.
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	f.pkg, _ = config.Check(path, f.fset, f.files, f.info)
	return f
}

// nothing is an importer that has empty packages.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return importer.Default().Import(path)
	}
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

// fileOf returns the file of a position, without its folder.
func (f *folder) fileOf(pos token.Pos) string { return filepath.Base(f.fset.Position(pos).Filename) }

// uses returns, for each file of a package, the files whose declarations it uses.
func (f *folder) uses() map[string]map[string]bool {
	uses := map[string]map[string]bool{}
	for id, object := range f.info.Uses {
		if object.Pkg() != f.pkg || !object.Pos().IsValid() {
			continue
		}
		from, to := f.fileOf(id.Pos()), f.fileOf(object.Pos())
		if from == to || !declared(f.pkg, object) {
			continue
		}
		if uses[from] == nil {
			uses[from] = map[string]bool{}
		}
		uses[from][to] = true
	}
	return uses
}

// declared reports whether an object is of the package level, a method or a field.
func declared(pkg *types.Package, object types.Object) bool {
	switch o := object.(type) {
	case *types.Var:
		return o.IsField() || o.Parent() == pkg.Scope()
	case *types.Func:
		return true
	}
	return object.Parent() == pkg.Scope()
}

// ring returns a file of a package that uses itself by way of others, with those, or nil.
func (f *folder) ring() []string {
	uses := f.uses()
	var reaches func(from, to string, seen map[string]bool) []string
	reaches = func(from, to string, seen map[string]bool) []string {
		for _, next := range slices.Sorted(maps.Keys(uses[from])) {
			if next == to {
				return []string{from, to}
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if way := reaches(next, to, seen); way != nil {
				return append([]string{from}, way...)
			}
		}
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if way := reaches(file, file, map[string]bool{}); way != nil {
			return way
		}
	}
	return nil
}

// TestNoUpwardUses: the files of a package form layers. No file uses one that uses it, directly or
// by way of others. What several systems declare, each in a file of its own, counts as declared in
// one of these.
func TestNoUpwardUses(t *testing.T) {
	for _, f := range folders(t) {
		if way := f.ring(); way != nil {
			t.Errorf("%s: %s", f.name, strings.Join(way, " uses "))
		}
	}
}

// TestSizes: no file, function or type is too large to be read at once.
func TestSizes(t *testing.T) {
	for _, f := range folders(t) {
		for file, n := range f.lines {
			if n > max(mostFileLines, long[file]) {
				t.Errorf("%s has %d lines", file, n)
			}
		}
		for _, file := range f.files {
			where := f.fset.Position(file.Pos()).Filename
			for _, decl := range file.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					if n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1; n > mostFuncLines {
						t.Errorf("%s: %s has %d lines", where, fn.Name.Name, n)
					}
				}
			}
		}
		for _, name := range f.pkg.Scope().Names() {
			named, ok := f.pkg.Scope().Lookup(name).Type().(*types.Named)
			if !ok {
				continue
			}
			if n := types.NewMethodSet(types.NewPointer(named)).Len(); n > mostMethods {
				t.Errorf("%s: %s has %d methods", f.name, name, n)
			}
			if n := fieldsOf(named); n > mostFields {
				t.Errorf("%s: %s has %d fields", f.name, name, n)
			}
		}
	}
}

// TestMedian: a type or a step can be read in one file. In the tree and in each of its pillars, at
// least half of the files have 100 lines. Small files about one noun are merged, if the layers that
// TestNoUpwardUses holds remain.
func TestMedian(t *testing.T) {
	lines := map[string][]int{} // of the files of each pillar; "" is the tree
	for _, f := range folders(t) {
		pillar, _, _ := strings.Cut(f.name, "/")
		for file, n := range f.lines {
			if !strings.HasSuffix(file, "_test.go") {
				lines[pillar] = append(lines[pillar], n)
				lines[""] = append(lines[""], n)
			}
		}
	}
	for _, pillar := range []string{"", "appliance", "cmd", "pop3", "spool", "watchdog"} {
		list := lines[pillar]
		if len(list) < 10 {
			t.Fatalf("%q has %d files", pillar, len(list))
		}
		slices.Sort(list)
		median := (list[(len(list)-1)/2] + list[len(list)/2]) / 2
		t.Logf("%q: %d files, median %d lines", pillar, len(list), median)
		if median < leastMedian || median > mostMedian {
			t.Errorf("%q: the median of %d files is %d lines", pillar, len(list), median)
		}
	}
}

// fieldsOf counts the fields of a struct, those of embedded structs in place of the embedded one.
func fieldsOf(named types.Type) (n int) {
	if p, ok := named.(*types.Pointer); ok {
		named = p.Elem()
	}
	s, ok := named.Underlying().(*types.Struct)
	if !ok {
		return 1
	}
	for i := range s.NumFields() {
		if f := s.Field(i); f.Embedded() {
			n += fieldsOf(f.Type())
		} else {
			n++
		}
	}
	return n
}

// TestColumns: comments can be read beside other windows.
func TestColumns(t *testing.T) {
	for _, f := range folders(t) {
		for _, comment := range f.broadComments(t) {
			t.Error(comment)
		}
	}
}

// broadComments returns the comments beyond the limit of columns.
func (f *folder) broadComments(t *testing.T) (found []string) {
	t.Helper()
	for _, file := range f.files {
		name := f.fset.Position(file.Pos()).Filename
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range slices.Collect(bytes.Lines(text)) {
			comment := strings.TrimLeft(strings.TrimRight(string(line), "\n"), "\t")
			indent := len(line) - len(comment) - 1
			columns := 4*indent + len([]rune(comment))
			if strings.HasPrefix(comment, "//") && columns > mostColumns {
				found = append(found, fmt.Sprintf("%s:%d: a comment of %d columns", name, i+1, columns))
			}
		}
	}
	return found
}
