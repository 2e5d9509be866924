package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const notedFigures = `# a comment
login 1	pillarbox	CPU ms	7.25
login 1	pillarbox	CPU ms	6.251
login 1	pillarbox	x floor	1.5
login 1	floor	CPU ms	4.1
login 1	floor	x floor	12.34
login 20	pillarbox	CPU ms	12345
`

// tablesOf returns the document that Tables makes of text.
func tablesOf(t *testing.T, text string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(path, []byte(notedFigures), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Tables(path, []byte(text))
	return string(out), err
}

// TestTables: a table is replaced by the figures that its comment names, the latest of each, and
// the rest of the document stays.
func TestTables(t *testing.T) {
	const spec = `before
<!-- table
messages
ours = pillarbox
bare = floor

1, ms = login 1 | * | CPU ms, x floor
1, µs = login 1 | * | CPU ms x1000 | # µs
20 = login 20 | * | CPU ms, x floor
-->
`
	const want = spec + `
| messages | ours | bare |
| --- | --- | --- |
| 1, ms | **6.25** (1.5) | 4.1 (12.3) |
| 1, µs | **6251** µs | 4100 µs |
| 20 | **12,345** | |

<!-- end of table -->
after
`
	got, err := tablesOf(t, spec+"| old |\n<!-- end of table -->\nafter\n")
	if err != nil || got != want {
		t.Fatalf("got %v and\n%s\nwant\n%s", err, got, want)
	}
	if again, err := tablesOf(t, got); err != nil || again != got {
		t.Errorf("a second time: %v and\n%s", err, again)
	}
}

// TestOneServer: a table without a comparison has no bold figures.
func TestOneServer(t *testing.T) {
	got, err := tablesOf(t, "<!-- table\nx\nms = CPU ms\n\na = login 1 | pillarbox | *\n-->\n<!-- end of table -->\n")
	if err != nil || !strings.Contains(got, "| a | 6.25 |") {
		t.Errorf("got %v and\n%s", err, got)
	}
}

// TestWrongTables: a spec that cannot be right is an error that names the line.
func TestWrongTables(t *testing.T) {
	for _, tt := range []struct{ name, spec, want string }{
		{"not closed", "<!-- table\nx\n", "is not closed"},
		{"no rows", "<!-- table\nx\na = b\n-->\n<!-- end of table -->\n", "no columns or no rows"},
		{"no value", "<!-- table\nx\na\n\nb = c\n-->\n<!-- end of table -->\n", `"a" is not a line`},
		{"no pattern", "<!-- table\nx\na = b\n\nr = c\n-->\n<!-- end of table -->\n", `row "r": the pattern`},
		{"no figures", "<!-- table\nx\na = b\n\nr = c | * | d\n-->\n<!-- end of table -->\n", `row "r": there are no figures`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tablesOf(t, tt.spec); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzTables: no document makes Tables crash, and a document with its tables stays as it is.
func FuzzTables(f *testing.F) {
	f.Add("<!-- table\nx\na = pillarbox\n\nr = login 1 | * | CPU ms x2\n-->\n<!-- end of table -->\n")
	path := filepath.Join(f.TempDir(), "notes")
	if err := os.WriteFile(path, []byte(notedFigures), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, err := Tables(path, []byte(text))
		if err != nil {
			return
		}
		if again, err := Tables(path, out); err != nil || string(again) != string(out) {
			t.Errorf("a second time: %v and %q, want %q", err, again, out)
		}
	})
}
