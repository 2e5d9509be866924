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
	test  string   // that must fail, a regular expression; behind a package below this one
}

var mutantTable = []mutant{
	{"flush of a batch", "commit/batch.go", []string{
		"if err := w.file.Sync(); err != nil {", "if err := error(nil); err != nil {"}, "TestPowerCut"},
	{"flush of a bulk slot", "commit/bulk.go", []string{
		"err = file.Sync(); err != nil", "err = error(nil); err != nil || file == nil"}, "TestPowerCut"},
	{"generation in the checksums", "format/format.go", []string{
		"byte(sum)^byte(segment)", "byte(sum)^0*byte(segment)"}, "TestRecycleForEver"},
	{"padding of a batch", "format/batch.go", []string{
		"const Unit = flash.Page", "const Unit = 8"}, "TestPowerCut"},
	{"epoch", "commit/parts.go", []string{
		"o.epoch++", "o.epoch = max(o.epoch, 1)",
		"o.tag = binary.LittleEndian.Uint64(raw[:])", "o.tag = uint64(len(raw)) + 0*binary.LittleEndian.Uint64(raw[:])"}, "TestPowerCut|TestRolledBackCopy"},
	{"watermark", "format/scan.go", []string{
		"ok && b.Durable > page && b.Epoch >= c.Epoch", "ok && b.Durable > c.Format.Pages()"}, "TestBitFlips"},
	{"end of a poisoned segment", "commit/segment.go", []string{
		"PreviousEnd: h.last.end,", "PreviousEnd: 0 * h.last.end,"}, "TestFailedFlushIsNeverAcknowledged|TestFaultAtEveryOperation"},
	{"tombstone rule", "commit/retirement.go", []string{
		"if len(keep.alive) == 0 {", "if len(keep.alive) >= 0 {"}, "TestPowerCut|TestRecycleForEver"},
	{"retire rule", "commit/retirement.go", []string{
		"!r.again(dead.Segment) || r.room", "r.room"}, "TestPowerCut"},
	{"labels are carried", "commit/retirement.go", []string{
		"r.labels.Wanted = append(r.labels.Wanted, labels...)", "r.labels.Wanted = append(r.labels.Wanted, labels[:0]...)"}, "TestPowerCut"},
	{"remote ids are carried", "commit/retirement.go", []string{
		"r.remotes.Noted = append(r.remotes.Noted, remotes...)", "r.remotes.Noted = append(r.remotes.Noted, remotes[:0]...)"}, "TestRemoteIDsOutliveTheirSegment"},
	{"remote id of a lost message", "recovery/finish.go", []string{
		"if !g.Settled {", "if false && !g.Settled {"}, "TestRemoteIDWithoutItsMessage"},
	{"remote id in the batch of its message", "commitall.go", []string{
		"s.log.Commit(commit.WithNote(batch)...)", "s.log.Commit(batch...)"}, "TestRemoteIDs"},
	{"version 2 before the first remote id", "commit/leader.go", []string{
		"if !slices.ContainsFunc(group, hasNote) || p", "if slices.ContainsFunc(group, hasNote) || p"}, "TestRemoteIDs"},
	{"liveness recheck at a move", "commit/move.go", []string{
		"ok = ok && !box.Dead.Has(at) && box", "ok = ok && box"}, "TestMoveRechecksLiveness"},
	{"tombstone for every copy", "commit/change.go", []string{
		"range p.Copies.Of(id) {", "range p.Copies.Of(format.Identity{}) {"}, "TestHalfMovedMailStaysDead"},
	{"moved copy counts", "recovery/duplicates.go", []string{
		"if l.verifies(box.Key, has) || !l.verifies(box.Key, other) {", "if has == other {"}, "TestMovedCopyCounts"},
	{"hidden mail counts where it lies", "recovery/fill.go", []string{
		"live+hidden == 0", "live == 0"}, "TestTooManyForThisMemory"},
	{"labels of hidden mail", "recovery/finish.go", []string{
		"g.Live++", "g.Live += 0"}, "TestTooManyForThisMemory"},
	{"memory of what is on its way", "index/bounds.go", []string{
		"x.reserved += bytes", "x.reserved += 0 * bytes"}, "TestUnfinishedDeliveriesCount"},
	{"manifest", "recovery/loader.go", []string{
		"l.manifest.Denies(g.ref())", "false && l.manifest.Denies(g.ref())"}, "TestGuessedHeader"},
	{"what was moved away stays for a copy", "slots/ripe.go", []string{
		"sl.Moved.IsZero() ||", "sl.Moved.IsZero() || true ||"}, "TestCopyWhileInUse"},
	{"what the other head owes", "commit/leader.go", []string{
		"if !other.doubt {", "if !other.doubt || true {"}, "TestFaultAtEveryOperation"},
	{"reserve for deletes", "slots/victim.go", []string{
		"sl != nil && sl.Live == 0 {\n\t\treturn 1", "sl != nil && sl.Live == 0 {\n\t\treturn 0", "return 2\n", "return 0\n"}, "TestFullSpoolWithHangingSessions"},
	{"exact size", "commit/plan.go", []string{
		"p.log += format.Align8(p.entries[i].size())", "p.log += 8"}, "TestRecycleForEver"},
	{"plan again after room was made", "commit/leader.go", []string{
		"for {\n\t\tp := l.plan(changesOf(group), l.retirements(h, budget))\n", `var p *plan
	for planned := 0; ; {
		if p == nil || planned != len(group) {
			p, planned = l.plan(changesOf(group), l.retirements(h, budget)), len(group)
		}
`}, "TestRoomIsMadeByMovingWhatABatchDeletes"},
	{"end of a batch", "commit/batch.go", []string{
		"if !w.fits(l.opt.Format, h.foot) {", "if false && !w.fits(l.opt.Format, h.foot) {"}, "TestBatchEndsBeforeTheFooter"},
	{"end of a footer", "commit/segment.go", []string{
		"if at < int64(h.end)*format.Unit {", "if at < 0 {"}, "TestFooterThatDoesNotFit"},
	{"mail is refused alone", "commit/leader.go", []string{
		"if w.isMail() {", "if w.isMail() || len(group) > 1 {"}, "TestDeletesGoThroughBesideRefusedMail"},
	{"bound of what a batch retires", "commit/retirement.go", []string{
		"return min(MaxBatch, f.SlotSize/8)", "return 1<<40 + f.SlotSize"}, "TestRetirementsAreBounded"},
	{"room for deletes", "slots/file.go", []string{
		"err := file.Reserve(t.opt.Format.SlotSize)", "err := file.Reserve(0 * t.opt.Format.SlotSize)"}, "TestForeignFullFileSystem"},
	{"look at the index again when the slot is pinned", "message.go", []string{
		"if again.Location() == found.Location() {", "if again.Location() == found.Location() || true {"}, "TestPinFollowsAMove"},
	{"a hold waits for the batch", "maintain.go", []string{
		"_ = s.log.AwaitBatch()", ""}, "TestHoldWaitsForARetirement"},
	{"a hold waits for what is moved", "commit/log.go", []string{
		"l.moved.mu.Lock()\n\tdefer l.moved.mu.Unlock()\n\treturn err", "return err"}, "TestCompactEndsForAHold"},
	{"nothing is moved ahead during a hold", "commit/leader.go", []string{
		"return w.ahead }) || !l.opt.Table.Held() {", "return w.ahead }) || true {"}, "TestCompactEndsForAHold"},
	{"no extent is moved ahead during a hold", "commit/bulk.go", []string{
		"if ahead && b.opt.Table.Held() {", "if false && b.opt.Table.Held() {"}, "commit TestBulkAheadIsRefused"},
	{"no slot is made ahead during a hold", "slots/file.go", []string{
		"case held && ahead:", "case false && held && ahead:"}, "slots TestGrowStopsForAHold"},
	{"no file is removed during a hold", "slots/take.go", []string{
		"removes := s.holds > 0", "removes := s.holds > 1<<30"}, "slots TestHoldRemovesNoFile"},
	{"a removed file breaks a hold", "slots/file.go", []string{
		"s.broken = s.broken || s.holds > 0 && len(shed) > 0", "s.broken = s.broken || len(shed) < 0"}, "slots TestShedBreaksAHold"},
	{"a refused batch is written once more", "commit/leader.go", []string{
		"return l.write(h, group, true, fault)", "return group, fault"}, "commit TestFaultIsWrittenTwice"},
	{"the second copy is read back", "commit/batch.go", []string{
		"if err == nil && readBack {", "if err == nil && readBack && false {"}, "commit TestFaultIsWrittenTwice"},
	{"the end of a refused segment", "commit/batch.go", []string{
		"l.fence(h)", ""}, "commit TestFaultIsWrittenTwice"},
	{"a segment that never began is retired", "commit/segment.go", []string{
		"l.table.Abandon(h.slot, begins.Segment)", "l.table.GiveBack(h.slot)"}, "commit TestFirstBatchIsRefused"},
	{"tombstone for the moved copy alone is not enough", "commit/move.go", []string{
		"a.Copies.Add(box.Entries.Identity(row), f.segment)", ""}, "commit TestExpungeNamesEveryCopy"},
	{"a poisoned slot", "commit/bulk.go", []string{
		"b.table.Poison(slot) //", "//"}, "commit TestFailedFlushPoisons"},
	{"extents are durable before their record", "commit/cleaner.go", []string{
		"if err := w.Sync(); err != nil {\n\t\treturn err\n\t}\n\treturn c.write(mv)", "return c.write(mv)"}, "commit TestCopiesAreDurableBeforeTheSlotIsFree"},
	{"an extent is verified when it is moved", "commit/cleaner.go", []string{
		"if sum != e.Sum {", "if false && sum != e.Sum {"}, "commit TestDeadExtentSetsItsSlotAside"},
	{"a bad record holds its segment", "commit/cleaner.go", []string{
		"c.table.SetStuck(slot)", ""}, "commit TestStuckSegmentIsSetAside"},
	{"the changes come before what is carried", "commit/leader.go", []string{
		"case errors.Is(err, errTooLong) && p.due:", "case errors.Is(err, errTooLong) && p.due && false:"}, "commit TestChangesComeFirst"},
	{"what was refused does not count", "recovery/loader.go", []string{
		"known = n.PreviousEnd", "known = 0 * n.PreviousEnd"}, "recovery TestRefusedBatchDoesNotCount"},
	{"retired segments speak when records are lost", "recovery/finish.go", []string{
		"\t\tl.inherit()\n", ""}, "recovery TestDamageInherits"},
	{"the end of a log whose segment is retired", "recovery/loader.go", []string{
		"if g := l.segments[at.Slot]; g.Retired {", "if g := l.segments[at.Slot]; g.Retired && false {"}, "recovery TestNewestIsRetired"},
	{"extents that are not there", "recovery/found.go", []string{
		"g.Header.Class == format.ClassBulk && ", ""}, "recovery TestExtents"},
	{"a record of version 2 raises the version", "recovery/open.go", []string{
		"if l.remote {", "if l.remote && false {"}, "recovery TestVersions"},
	{"an open with another tag", "format/scan.go", []string{
		"b.Epoch == c.Epoch && b.Tag != c.Tag", "false && b.Tag != c.Tag"}, "recovery TestTears"},
	{"a body that does not verify", "reader/message.go", []string{
		"sum != meta.Sum {", "sum != meta.Sum && false {"}, "reader TestOpenRefuses"},
	{"an extent that does not verify", "reader/message.go", []string{
		"sum != e.Sum {", "sum != e.Sum && false {"}, "reader TestExtentsArePinned"},
	{"extents are pinned", "reader/message.go", []string{
		"m.pinned = append(m.pinned, e.Slot)", "m.reader.Slots.Unpin(e.Slot)"}, "reader TestExtentsArePinned"},
	{"each recipient has its own head", "reader/message.go", []string{
		"range meta.Recipients[:which] {", "range meta.Recipients[:0] {"}, "reader TestRecipientReadsItsOwnHead"},
	{"a message of another mailbox", "reader/message.go", []string{
		"|| meta.Recipients[which].Key != r.Mailbox {", "{"}, "reader TestOpenRefuses"},
	{"what a window has read before", "reader/window.go", []string{
		"if errors.Is(err, format.ErrUnreadable) {", "if false && errors.Is(err, format.ErrUnreadable) {"}, "reader TestWindowReadsAgain"},
	{"pin", "slots/slot.go", []string{
		"return sl.pins == 0 && sl.writers == 0 && !sl.Counts()", "return sl.writers == 0 && !sl.Counts()"}, "TestPinnedBytesStay"},
}

// padding needs the writer to keep what is in the page already.
const keepPage = `p.offset &^= flash.Page - 1
	p.n = int(int64(w.header.Page)*format.Unit - p.offset)
	w.file.ReadAt(p.buf[:p.n], p.offset)
	if w.begins != nil {`

// TestMutants: a test that cannot fail proves nothing. Each safeguard of the format is taken out
// once, and the named tests must notice. It takes some minutes, so it runs only with -mutants.
func TestMutants(t *testing.T) {
	if !*mutants {
		t.Skip("takes some minutes: run with -mutants")
	}
	for _, m := range mutantTable {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			out, err := testOverlaid(t, m.overlay(t), m.test)
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

// TestMutantsAreCurrent: each mutant still finds the text that it replaces. It is quick, so that
// a change of that text fails at once.
func TestMutantsAreCurrent(t *testing.T) {
	for _, m := range mutantTable {
		t.Run(m.name, func(t *testing.T) { m.overlay(t) })
	}
}

// overlay returns the changed files by their paths below the package.
func (m *mutant) overlay(t *testing.T) map[string]string {
	t.Helper()
	overlay := map[string]string{m.file: edit(t, m.file, m.edits)}
	switch m.name {
	case "padding of a batch":
		overlay["commit/batch.go"] = edit(t, "commit/batch.go", []string{"if w.begins != nil {\n\t\tp.offset = 0", keepPage + "\n\t\tp.offset = 0"})
		overlay["commit/segment.go"] = edit(t, "commit/segment.go", []string{"*format.Unit+foot <= f.SlotSize", "*format.Unit+foot+4096 <= f.SlotSize"})
	case "generation in the checksums": // and in the clear
		overlay["format/scan.go"] = edit(t, "format/scan.go", []string{"err == nil && b.Segment == c.Segment, nil", "err == nil, nil"})
	}
	return overlay
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

// testOverlaid runs tests of a package with some files replaced.
func testOverlaid(t *testing.T, files map[string]string, test string) (output string, err error) {
	t.Helper()
	here, _ := os.Getwd()
	dir := t.TempDir()
	replace := make(map[string]string)
	for name, text := range files {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
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
	in, test, below := strings.Cut(test, " ")
	if !below {
		in, test = ".", in
	}
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "-timeout=5m", "-overlay", path, "-run", "^("+test+")$", "./"+in)
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
