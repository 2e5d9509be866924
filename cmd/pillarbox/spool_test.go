package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pillarbox/appliance/admin"
	"pillarbox/spool/flash"
)

func damageCommand(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"))
	ts.Check(err)
	found := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		ts.Check(err)
		if n := bytes.Count(content, []byte(args[1])); n > 0 {
			found += n
			turned := bytes.ToUpper([]byte(args[1]))
			ts.Check(os.WriteFile(file, bytes.ReplaceAll(content, []byte(args[1]), turned), 0o600))
		}
	}
	if found == 0 {
		ts.Fatalf("no file has %q", args[1])
	}
}

func largeCommand(ts *testscript.TestScript, _ bool, args []string) {
	octets, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat("a line of a large mail\n", octets/23)), 0o600))
}

// TestStatIsJSON: a program can read it, whatever is in it.
func TestStatIsJSON(t *testing.T) {
	s := &admin.Stat{Capacity: 1 << 40, In: 1000, Padded: 3096, Flushes: 1, Torn: 1, Mode: "recycle", LastFault: "a \"quoted\"\nline \\ \x01 \xff ü",
		Accounts: []admin.Mailbox{{Name: "anna", Messages: 1, Octets: 1000}}, Orphans: nil}
	var got map[string]any
	text := statJSON(s, flash.Wear{LifeTime: [2]int{1, 2}, PreEOL: 1}, true)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for name, want := range map[string]any{
		"capacity": float64(1 << 40), "written_bytes": 4096.0, "write_amplification": 4.096, "nand_bytes_estimate": 32768.0,
		"torn": true, "read_only": false, "mode": "recycle", "last_fault": "a \"quoted\"\nline \\ \x01 \ufffd ü",
		"emmc":     map[string]any{"life_time": []any{1.0, 2.0}, "pre_eol_info": 1.0},
		"accounts": []any{map[string]any{"name": "anna", "messages": 1.0, "octets": 1000.0}},
		"orphans":  []any{},
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if text := statText(s, flash.Wear{LifeTime: [2]int{3, 11}, PreEOL: 3}, true); !strings.Contains(text, "type A 20 to 30%, type B more than 100%; the reserve is nearly used up") {
		t.Errorf("%s", text)
	}
}

// TestBar: one line of a terminal, which is taken away; nothing elsewhere.
func TestBar(t *testing.T) {
	var screen strings.Builder
	b := &bar{to: &screen, what: "reading"}
	b.show(1, 2)
	b.show(1, 2)
	b.show(2, 2)
	b.clear()
	half := "\rreading [" + strings.Repeat("#", 15) + strings.Repeat(".", 15) + "] 1 of 2"
	full := "\rreading [" + strings.Repeat("#", 30) + "] 2 of 2"
	if want := half + full + "\r" + strings.Repeat(" ", len(full)-1) + "\r"; screen.String() != want {
		t.Errorf("%q, want %q", screen.String(), want)
	}
	silent := newBar(&screen, "reading")
	screen.Reset()
	silent.show(1, 2)
	silent.clear()
	if screen.Len() > 0 {
		t.Errorf("a file shows %q", screen.String())
	}
}
