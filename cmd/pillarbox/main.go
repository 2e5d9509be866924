// Command pillarbox is a mail server for a home network: it accepts mail by SMTP and LMTP, keeps it
// in a spool made for flash, and serves it by POP3.
//
// Exit codes: 0 done; 1 failed, and standard error says why and what to do; 2 usage. As sendmail it
// has the codes of sysexits.h (package sendmail).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/machine"
	sender "pillarbox/appliance/outbound/child"
	"pillarbox/appliance/remote/child"
)

func (e errUsage) Error() string { return e.text }

func main() {
	if code, called := calledAs(os.Args, os.Stdin, os.Stdout, os.Stderr); called {
		os.Exit(code)
	}
	if len(os.Args) == 2 && os.Args[1] == child.Command {
		os.Exit(child.Main())
	}
	if len(os.Args) == 2 && os.Args[1] == sender.Command {
		os.Exit(sender.Main())
	}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		machine.StartSmall()
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs a command line and returns the exit code.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	table := commands()
	if len(args) == 0 {
		fmt.Fprint(stderr, overview(table))
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		args = append([]string{"help"}, args[1:]...)
	case "-v", "-version", "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	row, rest, err := lookUp(table, args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	return report(&call{row, rest, stdin, stdout, stderr, table})
}

// commands is the table of commands, in the order of the overview.
func commands() []command {
	o := &options{}
	on := func(run func(c *call, o *options) error) func(*call) error {
		return func(c *call) error { return run(c, o) }
	}
	none := func(*flag.FlagSet) {}
	json := func(f *flag.FlagSet) { f.BoolVar(&o.json, "json", false, jsonFlag) }
	rows := []command{
		{name: "serve", args: "[-config FILE]", does: "run the server in the foreground", flags: none, run: on(serve),
			more: " The log goes to standard error. SIGTERM stops the server; SIGHUP reads the configuration, the accounts and the certificate again."},
		{name: "setup", args: "[-config FILE] [-json] [-ca FILE]", does: "show what a mail client needs", run: on(setup),
			more: "\nServers, ports, TLS, the fingerprint of the certificate, and listeners that are off. Passwords are never shown.",
			flags: func(f *flag.FlagSet) {
				json(f)
				f.StringVar(&o.ca, "ca", "", "write the certificate of the authority, which devices install, to this `FILE`")
			}},
		{name: "check-config", args: "[-config FILE] [-print] [FILE]", does: "check a configuration file", most: 1, run: on(checkConfig),
			more: " It reports each mistake with its line, and says what was checked. It changes nothing.",
			flags: func(f *flag.FlagSet) {
				f.BoolVar(&o.print, "print", false, "print the effective values and where each comes from, and the certificate authority")
			}},
		{name: "user", does: "manage accounts", below: userCommands(o, on)},
		spoolCommand(),
		{name: "queue", does: "manage outgoing mail", below: queueCommands(o, on)},
		remoteRow(o, on),
		fetchRow(o, on),
		{name: "health", args: "[-config FILE] [-json]", does: "show the health checks of the running server", run: on(health), flags: json,
			more: " The exit code is 1 if a check fails, no client can reach the server, or no server runs."},
		{name: "doctor", args: "[-config FILE] [-json]", does: "check the server and say what to do", run: on(examine), flags: json,
			more: " One line for each check: OK, WARN or FAIL, with what to do. It changes nothing. The exit code is 1 if a check fails."},
		{name: "sendmail", args: sendmailArgs, does: "send a message to a mailbox of this server, as sendmail(8)", run: sendMail,
			more:  " The message is read from standard input. The exit codes are those of sysexits.h. The program does the same when it is called sendmail.",
			notes: sendmailFlags},
		{name: "completion", args: "bash|zsh|fish", does: "print a completion script for a shell", operands: []string{"bash, zsh or fish"}, most: 1,
			noConfig: true, flags: none, run: completion,
			more: "\nFor bash: source <(pillarbox completion bash)\nFor zsh: source <(pillarbox completion zsh)\nFor fish: pillarbox completion fish | source"},
		{name: "version", does: "show the version", more: " --version and -v do the same.", noConfig: true, flags: none, run: showVersion},
		{name: "help", args: "[COMMAND...]", does: "show the help of a command", more: " COMMAND -h does the same.", most: 2, noConfig: true, flags: none, run: showHelp},
	}
	return bindConfig(rows, &o.config)
}

// bindConfig gives every command its place for -config.
func bindConfig(rows []command, to *string) []command {
	for i := range rows {
		if rows[i].config == nil {
			rows[i].config = to
		}
		bindConfig(rows[i].below, to)
	}
	return rows
}

// sendmailFlags are the flags of sendmail(8) that matter here; package sendmail reads them.
var sendmailFlags = []flagText{
	{"-t", "take the recipients from the header fields To, Cc and Bcc"},
	{"-i", "a line with a single dot does not end the message"},
	{"-f SENDER", "use this envelope sender"},
}

func userCommands(o *options, on func(func(*call, *options) error) func(*call) error) []command {
	none := func(*flag.FlagSet) {}
	name := []string{"NAME"}
	const stdin = " On a terminal, the password is read twice; otherwise it is the first line of standard input. It needs at least 8 characters."
	return []command{
		{name: "user add", args: "[-config FILE] NAME", does: "add an account and its mailbox", operands: name, most: 1, flags: none, run: on(addUser), more: stdin},
		{name: "user passwd", args: "[-config FILE] NAME", does: "change the password of an account", operands: name, most: 1, flags: none, run: on(setPassword), more: stdin},
		{name: "user list", args: "[-config FILE] [-json]", does: "list the accounts: messages, size, last login", run: on(listUsers),
			more:  " Logins before the start of the server are not shown.",
			flags: func(f *flag.FlagSet) { f.BoolVar(&o.json, "json", false, jsonFlag) }},
		{name: "user remove", args: "[-config FILE] NAME", does: "remove an account", operands: name, most: 1, flags: none, run: on(removeUser),
			more: " Its messages stay in the spool as an orphan: spool stat lists it, spool export -orphan exports it."},
		{name: "user restore", args: "[-config FILE] [-since DAYS] [-list] NAME", does: "restore deleted messages from the bin", operands: name, most: 1, run: on(restoreUser),
			more: " Deleted messages are kept there for retention.bin_days.",
			flags: func(f *flag.FlagSet) {
				f.IntVar(&o.since, "since", admin.AllDays, "only messages deleted in the last `DAYS` days; 0 is today")
				f.BoolVar(&o.list, "list", false, "list the messages and restore none")
			}},
	}
}
