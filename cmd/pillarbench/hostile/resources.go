package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// What the server may keep after an attack.
const (
	KeepMemory      = 2 << 20
	keptDescriptors = 4
	// releaseTime is how long the server may take to release the rest.
	releaseTime = 30 * time.Second
)

// resources are what a process holds.
type resources struct {
	memory      int64 // private octets
	descriptors int   // without those of the spool's slots, which stay open
	threads     int
}

// resourcesOf reads the resources of a server.
func resourcesOf(b *server.Pillarbox) (st resources, err error) {
	pid := b.Process()
	if st.memory, err = measure.Anonymous(pid); err != nil {
		return st, err
	}
	folder := fmt.Sprintf("/proc/%d", pid)
	threads, err := os.ReadDir(filepath.Join(folder, "task"))
	if err != nil {
		return st, err
	}
	descriptors, err := os.ReadDir(filepath.Join(folder, "fd"))
	if err != nil {
		return st, err
	}
	st.threads, st.descriptors = len(threads), len(descriptors)
	spool := filepath.Join(b.Folder, "state", "spool") + string(filepath.Separator)
	for _, d := range descriptors {
		if to, _ := os.Readlink(filepath.Join(folder, "fd", d.Name())); strings.HasPrefix(to, spool) {
			st.descriptors--
		}
	}
	return st, nil
}

// note notes the slowest answer to the known client in a scene, and what the server has more after
// it.
func (h *run) note(scene string, worst time.Duration, before, after resources) {
	h.notes.Add(scene, server.Own, "worst answer ms", float64(worst.Milliseconds()))
	h.notes.Add(scene, server.Own, "KiB more", float64((after.memory-before.memory)>>10))
	h.notes.Add(scene, server.Own, "descriptors more", float64(after.descriptors-before.descriptors))
}

// checkGrowth returns an error if the server holds more than it may; keepMemory is in octets.
func checkGrowth(before, after resources, keepMemory int64) error {
	var errs []error
	if grown := after.memory - before.memory; grown > keepMemory {
		errs = append(errs, fmt.Errorf("private memory has grown by %d KiB", grown>>10))
	}
	if grown := after.descriptors - before.descriptors; grown > keptDescriptors {
		errs = append(errs, fmt.Errorf("%d descriptors are left", grown))
	}
	return errors.Join(errs...)
}

// judgeRelease returns an error if the server holds more after an attack than it may: more than
// before, or more than most octets of private memory, if that is not 0.
func (h *run) judgeRelease(before, after resources, most int64) error {
	err := checkGrowth(before, after, h.KeepMemory<<10)
	if most > 0 && after.memory > most {
		err = errors.Join(err, fmt.Errorf("private memory is %d KiB after the attack, the limit is %d", after.memory>>10, most>>10))
	}
	return err
}

// awaitRelease waits until judgeRelease returns no error, at most releaseTime.
func (h *run) awaitRelease(before resources, most int64) (after resources, took time.Duration) {
	for began := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		after, err := resourcesOf(h.server)
		took = time.Since(began)
		if err == nil && h.judgeRelease(before, after, most) == nil || took > releaseTime {
			return after, took
		}
	}
}

// origin matches the line of a goroutine dump with the function that started the goroutine.
var origin = regexp.MustCompile(`(?m)^created by (\S+)`)

// goroutines counts the goroutines of the server without those of the Go runtime. It ends the
// server: at SIGQUIT the runtime writes all goroutines to the log.
func (h *run) goroutines() (int, error) {
	if _, err := h.known.poll(0); err != nil {
		return 0, err
	}
	time.Sleep(time.Second) // until the session has ended
	text, _ := os.ReadFile(h.server.Log())
	h.server.Quit()
	all, err := os.ReadFile(h.server.Log())
	if err != nil {
		return 0, err
	}
	count := countGoroutines(all[len(text):])
	if count == 0 {
		return 0, fmt.Errorf("no goroutines are in %s", filepath.Base(h.server.Log()))
	}
	return count, nil
}

// countGoroutines counts the goroutines of a dump that were not started by the runtime.
func countGoroutines(dump []byte) (count int) {
	for _, by := range origin.FindAllSubmatch(dump, -1) {
		if !bytes.HasPrefix(by[1], []byte("runtime.")) {
			count++
		}
	}
	return count
}
