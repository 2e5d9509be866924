package spool

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var mutants = flag.Bool("mutants", false, "take one safeguard after the other out of the code and see the tests fail")

// A mutant is the package without one of its safeguards.
type mutant struct {
	name  string
	file  string
	edits []string // what is replaced and by what, in turn
	test  string   // that must fail, a regular expression
}

var mutantTable = []mutant{
	{"flush of a batch", "commit.go", []string{
		"if err := w.slot.file.Sync(); err != nil {", "if err := error(nil); err != nil {"}, "TestPowerCut"},
	{"flush of a bulk slot", "bulk.go", []string{
		"err = file.Sync(); err != nil", "err = error(nil); err != nil || file == nil"}, "TestPowerCut"},
	{"generation in the checksums", "format.go", []string{
		"AppendUint64(nil, segment)", "AppendUint64(nil, 0*segment)"}, "TestRecycleForEver"},
	{"padding of a batch", "batch.go", []string{
		"const unit = flash.Page", "const unit = 8"}, "TestPowerCut"},
	{"epoch", "appender.go", []string{
		"a.epoch++", "a.epoch = max(a.epoch, 1)",
		"a.tag = binary.LittleEndian.Uint64(raw[:])", "a.tag = uint64(len(raw)) + 0*binary.LittleEndian.Uint64(raw[:])"}, "TestPowerCut|TestRolledBackCopy"},
	{"watermark", "scan.go", []string{
		"ok && b.durable > page && b.epoch >= c.epoch", "ok && b.durable > c.format.pages()"}, "TestBitFlips"},
	{"end of a poisoned segment", "segment.go", []string{
		"previousEnd: h.last.end,", "previousEnd: 0 * h.last.end,"}, "TestFailedFlushIsNeverAcknowledged|TestFaultAtEveryOperation"},
	{"tombstone rule", "reclaim.go", []string{
		"if len(keep.alive) == 0 {", "if len(keep.alive) >= 0 {"}, "TestPowerCut|TestRecycleForEver"},
	{"retire rule", "reclaim.go", []string{
		"if g.home == 0 || retiring[g.home] {", "if g.home == 0 {"}, "TestPowerCut"},
	{"labels are carried", "reclaim.go", []string{
		"l.wanted = append(l.wanted, labels...)", "l.wanted = append(l.wanted, labels[:0]...)"}, "TestPowerCut"},
	{"liveness recheck at a move", "moving.go", []string{
		"ok = ok && !box.dead.has(at) && box", "ok = ok && box"}, "TestMoveRechecksLiveness"},
	{"tombstone for every copy", "facts.go", []string{
		"range s.copies[id] {", "range s.copies[identity{}] {"}, "TestHalfMovedMailStaysDead"},
	{"moved copy counts", "copies.go", []string{
		"cmp.Compare(class(b), class(a))", "0*cmp.Compare(class(b), class(a))",
		"counting == 1 ||", "counting >= 1 ||"}, "TestMovedCopyCounts"},
	{"census", "loader.go", []string{
		"l.counted.denies(retired{", "false && l.counted.denies(retired{"}, "TestGuessedHeader"},
	{"what was moved away stays for a copy", "hold.go", []string{
		"sl.moved.IsZero() ||", "sl.moved.IsZero() || true ||"}, "TestCopyWhileInUse"},
	{"what the other head owes", "doubt.go", []string{
		"if !other.doubt {", "if !other.doubt || true {"}, "TestFaultAtEveryOperation"},
	{"reserve for deletes", "commit.go", []string{
		"sl != nil && sl.live == 0 {\n\t\treturn 1", "sl != nil && sl.live == 0 {\n\t\treturn 0", "return 2\n", "return 0\n"}, "TestFullSpoolWithHangingSessions"},
	{"pin", "slot.go", []string{
		"return sl.pins == 0 && sl.writers == 0 && !sl.counts()", "return sl.writers == 0 && !sl.counts()"}, "TestPinnedBytesStay"},
}

// padding needs the writer to keep what is in the page already.
const keepPage = `p.offset &^= flash.Page - 1
	p.n = int(int64(w.header.page)*unit - p.offset)
	w.slot.file.ReadAt(p.buf[:p.n], p.offset)
	if w.begins != nil {`

// TestMutants: a test that cannot fail proves nothing. Each safeguard of the format is taken out once, and the named tests must
// notice. It takes some minutes, so it runs only with -mutants.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("takes some minutes: run with -mutants")
	}
	for _, m := range mutantTable {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			overlay := map[string]string{m.file: edit(t, m.file, m.edits)}
			switch m.name {
			case "padding of a batch":
				overlay["commit.go"] = edit(t, "commit.go", []string{"if w.begins != nil {\n\t\tp.offset = 0", keepPage + "\n\t\tp.offset = 0"})
				overlay["segment.go"] = edit(t, "segment.go", []string{"*unit+foot <= s.format.slotSize", "*unit+foot+4096 <= s.format.slotSize"})
			case "generation in the checksums": // and in the clear
				overlay["scan.go"] = edit(t, "scan.go", []string{"err == nil && b.segment == c.segment, nil", "err == nil, nil"})
			}
			out, err := testOverlaid(t, overlay, m.test)
			switch {
			case err == nil:
				t.Errorf("nothing noticed that it is gone")
			case !strings.Contains(out, "--- FAIL"):
				t.Errorf("it did not run:\n%s", out)
			default:
				t.Log(firstFailure(out))
			}
		})
	}
}

// edit returns a file of the package with some text replaced.
func edit(t *testing.T, file string, edits []string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(edits); i += 2 {
		if strings.Count(text, edits[i]) != 1 {
			t.Fatalf("%s has %d times %q: the mutant is out of date", file, strings.Count(text, edits[i]), edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return text
}

// testOverlaid runs tests of this package with some files replaced.
func testOverlaid(t *testing.T, files map[string]string, test string) (output string, err error) {
	t.Helper()
	here, _ := os.Getwd()
	dir := t.TempDir()
	replace := make(map[string]string)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = path
	}
	list, _ := json.Marshal(map[string]any{"Replace": replace})
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-timeout=5m", "-overlay", path, "-run", "^("+test+")$", ".")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func firstFailure(out string) string {
	for _, line := range strings.Split(out, "\n") {
		if strings.Contains(line, "_test.go:") {
			return strings.TrimSpace(line)
		}
	}
	return out
}
