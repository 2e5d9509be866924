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
)

// structured are the folders that the tests of structure hold, with what is below them.
var structured = []string{".", "../cmd/pillarbox", "../spool"}

// layered are the packages whose files form layers.
var layered = []string{
	".", "access", "accounts", "admin", "clock", "confine", "delivery", "durable", "guard", "identity", "listen",
	"logging", "machine", "mailbox", "names", "retention", "smtpd", "smtpd/conn", "statedir", "storage", "transfer",
	"../spool", "../spool/format", "../spool/index", "../spool/slots", "../spool/reader", "../spool/commit",
	"../spool/recovery",
}

// narrow are the packages whose comments hold the limit of columns.
var narrow = []string{
	".", "access", "admin", "clock", "delivery", "guard", "identity", "listen", "mailbox", "names", "retention", "smtpd",
	"smtpd/conn", "statedir", "storage", "transfer",
	"../spool", "../spool/flash", "../spool/format", "../spool/index", "../spool/slots", "../spool/reader",
	"../spool/commit", "../spool/recovery",
}

// A folder is a package that is parsed and type-checked without its imports: enough to resolve what
// it declares itself.
type folder struct {
	name  string
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
}

// folders returns the packages that the tests hold.
func folders(t *testing.T) (list []*folder) {
	t.Helper()
	for _, root := range structured {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if f := parseFolder(t, path); len(f.files) > 0 {
				list = append(list, f)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d packages were found", len(list))
	}
	return list
}

func parseFolder(t *testing.T, path string) *folder {
	t.Helper()
	f := &folder{name: path, fset: token.NewFileSet(), info: &types.Info{
		Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
	}}
	names, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		// The latter are generated.
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			continue
		}
		file, err := parser.ParseFile(f.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
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

// TestNoUpwardUses: the files of a package form layers. No file uses one that uses it, directly or
// by way of others; files of one name for several systems count as one.
func TestNoUpwardUses(t *testing.T) {
	for _, f := range folders(t) {
		if !slices.Contains(layered, filepath.ToSlash(f.name)) {
			continue
		}
		uses := f.uses()
		var reaches func(from, to string, seen map[string]bool) []string
		reaches = func(from, to string, seen map[string]bool) []string {
			for next := range uses[from] {
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
		told := map[string]bool{}
		for file := range uses {
			if way := reaches(file, file, map[string]bool{}); way != nil && !told[file] {
				for _, step := range way {
					told[step] = true
				}
				t.Errorf("%s: %s", f.name, strings.Join(way, " uses "))
			}
		}
	}
}

// TestSizes: no file, function or type is too large to be read at once.
func TestSizes(t *testing.T) {
	for _, f := range folders(t) {
		for _, file := range f.files {
			where := f.fset.Position(file.Pos()).Filename
			if n := f.fset.Position(file.FileEnd).Line; n > mostFileLines {
				t.Errorf("%s has %d lines", where, n)
			}
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
		if !slices.Contains(narrow, filepath.ToSlash(f.name)) {
			continue
		}
		for _, file := range f.files {
			name := f.fset.Position(file.Pos()).Filename
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range slices.Collect(bytes.Lines(text)) {
				at := fmt.Sprintf("%s:%d", name, i+1)
				comment := strings.TrimLeft(strings.TrimRight(string(line), "\n"), "\t")
				indent := len(line) - len(comment) - 1
				if columns := 4*indent + len([]rune(comment)); strings.HasPrefix(comment, "//") && columns > mostColumns {
					t.Errorf("%s: a comment of %d columns", at, columns)
				}
			}
		}
	}
}
