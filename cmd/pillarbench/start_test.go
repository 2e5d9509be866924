package main

import (
	"slices"
	"strings"
	"testing"
)

func TestParseCounts(t *testing.T) {
	got, err := parseCounts("-mails", "100,1000", 100)
	if want := []int{100, 1000}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, text := range []string{"", "99", "1000,100", "1000,1000", "1000,x"} {
		if _, err := parseCounts("-mails", text, 100); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestParseRows(t *testing.T) {
	rows, err := parseRows("4k,mix", "1,16")
	if err != nil || len(rows) != 4 || rows[1].load.name != "4 KiB" || rows[1].senders != 16 || rows[2].load.name != "mixed" {
		t.Errorf("got %+v, %v", rows, err)
	}
	for _, row := range [][2]string{{"4k", "0"}, {"4k", "17"}, {"4k", ""}, {"", "1"}} {
		if _, err := parseRows(row[0], row[1]); err == nil {
			t.Errorf("-loads %q -senders %q is accepted", row[0], row[1])
		}
	}
}

// What a row prints is the median of each column by itself.
func TestRow(t *testing.T) {
	var out strings.Builder
	columns := []column[cost]{wearColumns[0], wearColumns[2], wearColumns[5]}
	heading(&out, []string{"server"}, columns)
	row(&out, []string{"box"}, columns, []cost{
		{mails: 10, octets: 100, device: deviceCount{octets: 200, flushes: 30}},
		{mails: 10, octets: 100, device: deviceCount{octets: 900, flushes: 10}},
		{mails: 10, octets: 100, device: deviceCount{octets: 300, flushes: 20}},
	})
	const want = "| server | device octets / mail octet | flushes a mail | mails / s |\n| --- | --- | --- | --- |\n| box | 3.00 | 2.00 | - |\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
