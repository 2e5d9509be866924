package appliance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sized are the folders, with those below them, whose code holds the limits of TestCodeSize.
var sized = []string{"pop3", "watchdog"}

const (
	fileLines   = 400
	funcLines   = 60
	typeMethods = 40
	typeFields  = 25
)

// A typeSize counts the methods and fields of a type, without those of embedded types.
type typeSize struct {
	methods, fields int
	embedded        []string // types of the same package
}

// TestCodeSize: no file, function or type is larger than a reader can keep in mind.
func TestCodeSize(t *testing.T) {
	packages := map[string]map[string]*typeSize{} // by folder and name
	for _, root := range sized {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if n := strings.Count(string(text), "\n"); n > fileLines {
				t.Errorf("%s has %d lines", path, n)
			}
			folder := filepath.Dir(path)
			if packages[folder] == nil {
				packages[folder] = map[string]*typeSize{}
			}
			return measure(t, path, text, packages[folder])
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for folder, types := range packages {
		for name := range types {
			if methods, fields := total(types, name); methods > typeMethods || fields > typeFields {
				t.Errorf("%s: type %s has %d methods and %d fields", folder, name, methods, fields)
			}
		}
	}
}

// measure checks the functions of a file, and counts the methods and fields of its types. Tests and
// files for other systems than Linux are left out of types.
func measure(t *testing.T, path string, text []byte, types map[string]*typeSize) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, 0)
	if err != nil {
		return err
	}
	of := func(name string) *typeSize {
		if types[name] == nil {
			types[name] = new(typeSize)
		}
		return types[name]
	}
	count := !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "_other.go")
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if n := files.Position(d.End()).Line - files.Position(d.Pos()).Line + 1; n > funcLines && count {
				t.Errorf("%s: %s has %d lines", path, d.Name.Name, n)
			}
			if d.Recv != nil && count {
				of(nameOf(d.Recv.List[0].Type)).methods++
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				s, isType := spec.(*ast.TypeSpec)
				if !isType || !count {
					continue
				}
				if fields, isStruct := s.Type.(*ast.StructType); isStruct {
					countFields(of(s.Name.Name), fields)
				}
			}
		}
	}
	return nil
}

func countFields(size *typeSize, of *ast.StructType) {
	for _, f := range of.Fields.List {
		size.fields += len(f.Names)
		if len(f.Names) == 0 {
			size.embedded = append(size.embedded, nameOf(f.Type))
		}
	}
}

// nameOf returns the name of a receiver or an embedded type, or "" if it is of another package.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return nameOf(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// total returns the methods and fields of a type with those of the types that it embeds.
func total(types map[string]*typeSize, name string) (methods, fields int) {
	size := types[name]
	if size == nil {
		return 0, 0
	}
	methods, fields = size.methods, size.fields
	for _, e := range size.embedded {
		m, f := total(types, e)
		methods, fields = methods+m, fields+f
	}
	return methods, fields
}
