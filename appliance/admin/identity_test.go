package admin

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestOneUIDTwoMessages: messages that come with a unique-id of another one are kept beside it, and
// an import again finds all of them.
func TestOneUIDTwoMessages(t *testing.T) {
	d := open(t)
	long := strings.Repeat("x", 70)
	d.put("anna", "a", "Subject: first\n\n.dot\n", long, "long\n")
	others := []string{"a", "Subject: second\n\n", "a~2", "Subject: third\n\n", "a", "Subject: first\r\n\r\n.dot", long, "another\n"}
	for range 3 {
		d.put("anna", others...)
	}
	kept := d.all("anna")
	texts := slices.Sorted(maps.Values(kept.has))
	want := []string{"Subject: first\n\n.dot\n", "Subject: second\n\n", "Subject: third\n\n", "another\n", "long\n"}
	if !reflect.DeepEqual(texts, want) || kept.has["a"] != want[0] || kept.has["a~2"] != want[2] || kept.has[long] != "long\n" {
		t.Errorf("kept %q, want %q", kept.has, want)
	}
	if o := d.put("anna", others...); o.Kept != 0 || o.Skipped != 4 {
		t.Errorf("%+v", o)
	}
}

// TestDamagedIsNoTwin: a message that does not verify does not keep its sound copy out.
func TestDamagedIsNoTwin(t *testing.T) {
	d := open(t)
	text := strings.Repeat("to be damaged\n", 1000)
	d.put("anna", "a", "x\n", "b", text)
	d.dev.Corrupt("00000", 2*4096+5000, 4)
	if o := d.put("anna", "a", "x\n", "b", text); o.Kept != 1 || o.Skipped != 1 {
		t.Errorf("%+v", o)
	}
	got := d.all("anna")
	if last := got.order[len(got.order)-1]; !strings.HasPrefix(last, "b~") || got.has[last] != text {
		t.Errorf("there are %q", got.order)
	}
}
