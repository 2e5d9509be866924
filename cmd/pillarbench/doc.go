// Pillarbench is the load generator, the conformance suite and the crash test. It speaks SMTP and
// POP3 to a server from outside, as any client would, and shares no code with it. It is part of
// no image. README.md has what it has measured.
//
//	pillarbench kill -pillarbox BINARY
//	    kill -9 under load: is every acknowledged message there once, whole? (package crash)
//	pillarbench restore -pillarbox BINARY
//	    an old copy of the state is restored: does a unique-id name two messages? (package crash)
//	pillarbench cut -pillarbox BINARY -guest FOLDER
//	    power cuts of an emulated board: is every acknowledged message there, whole? With -remote
//	    also while mail is fetched from a provider outside the board (package mailhost) and sent
//	    through it: is every message here once, and nothing deleted there that is not here?
//	    (package crash)
//	pillarbench board -pillarbox BINARY -guest FOLDER
//	    an emulated board: mail, memory, hardware watchdog (package testbed)
//	pillarbench suite -pop3 HOST:PORT -smtp HOST:PORT -user NAME -password SECRET [CASE...]
//	    any server held to the RFCs, case by case (package suite)
//	pillarbench hostile -pillarbox BINARY [-scenes NAME,NAME]
//	    a known client among hostile ones: is it served, and what is left? Requires root and iproute2
//	    (packages hostile and siege)
//	pillarbench wear|start|idle -server NAME -folder DIR
//	    wear of the flash; cost of a start; private memory at rest (package bench)
//	pillarbench retr|ingest|login|delete -pillarbox BINARY -folder DIR [-servers NAME,NAME]
//	    mail out, mail in, logins and deletions: CPU and time beside other servers (package bench)
//	pillarbench fetch -pillarbox BINARY -folder DIR -memory DIR [-fetchers NAME,NAME]
//	    mail fetched from a provider: CPU, memory, wear, octets on the line, beside fetchmail and
//	    getmail into Dovecot (packages bench, fetcher and provider)
//	pillarbench send -pillarbox BINARY -folder DIR [-queues NAME,NAME]
//	    mail sent through a smarthost, and retries while it is dead: CPU, memory, wear, beside
//	    Postfix (packages bench, queue and smarthost)
//	pillarbench plot -notes FILE
//	    draws the figures that those have noted (package bench)
//	pillarbench tables
//	    writes the tables of README.md from results.tsv, the figures that were noted (package bench)
//
// This package reads the command line: each subcommand is a function that fills the options of a
// package and calls it (crash.go, suite.go, hostile.go; bench.go for what is measured beside other
// servers, evidence.go for the rest of README.md). Packages client, server, bare and measure are
// what the tests are made of: clients, the servers that are measured, the bare server to compare
// with, and instruments. Packages board and disk emulate a board and a disk whose power can fail;
// package mailhost is what stays outside.
package main
