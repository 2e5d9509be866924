package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func discardCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: discard USER N")
	}
	conn, err := boxOf(ts).dial("pop3.listen")
	ts.Check(err)
	defer conn.Close()
	for _, line := range []string{"USER " + args[0], "PASS " + passwordOf(args[0]), "DELE " + args[1], "QUIT"} {
		ts.Check(conn.PrintfLine("%s", line))
		answer, err := conn.ReadLine()
		ts.Check(err)
		if !strings.HasPrefix(answer, "+OK") {
			ts.Fatalf("%s was answered %s", line, answer)
		}
	}
}
