package main

import (
	"os"
	"testing"

	"pillarbox/cmd/pillarbench/bench"
)

// TestREADME: the tables of README.md are those that "pillarbench tables" writes from results.tsv.
func TestREADME(t *testing.T) {
	document, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := bench.Tables("results.tsv", document)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(document) {
		t.Error("the tables of README.md are not those of results.tsv: run go run ./cmd/pillarbench tables")
	}
}
