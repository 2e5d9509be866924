package main

import "testing"

func TestParseRows(t *testing.T) {
	rows, err := parseRows("4k,mix", "1,16")
	if err != nil || len(rows) != 4 || rows[1].Load.Name != "4 KiB" || rows[1].Senders != 16 || rows[2].Load.Name != "mixed" {
		t.Errorf("got %+v, %v", rows, err)
	}
	for _, row := range [][2]string{{"4k", "0"}, {"4k", "17"}, {"4k", ""}, {"", "1"}} {
		if _, err := parseRows(row[0], row[1]); err == nil {
			t.Errorf("-loads %q -senders %q is accepted", row[0], row[1])
		}
	}
}
