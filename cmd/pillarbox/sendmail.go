package main

import (
	"cmp"
	"flag"
	"os"
	passwd "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/sendmail"
)

// otherNames are the other names of the program: each may be a link to it.
var otherNames = []string{"sendmail", "mailq", "newaliases"}

const sendmailArgs = "[-t] [-i] [-f SENDER] [RECIPIENT...]"

// sendMail hands a message from standard input to the server that runs on this machine.
func sendMail(c *call) error { return c.sendmail("sendmail") }

// calledAs runs the program if it was called by one of names, and reports whether it was.
func calledAs(args []string, stdin *os.File, stdout, stderr *os.File) (code int, called bool) {
	name := filepath.Base(args[0])
	if name == verifyUpdateName {
		return report(&call{verifyUpdateCommand(), args[1:], stdin, stdout, stderr, nil}), true
	}
	for _, known := range otherNames {
		if name == known {
			row := command{name: name, args: sendmailArgs, does: "hand a message to the server, as sendmail(8) does", run: func(c *call) error { return c.sendmail(name) }}
			return report(&call{row, args[1:], stdin, stdout, stderr, nil}), true
		}
	}
	return 0, false
}

// sendmail runs the program under one of its names. It needs no rights: files that it may not read
// are not used.
func (c *call) sendmail(name string) error {
	if len(c.args) == 1 && slices.Contains([]string{"-h", "-help", "--help"}, c.args[0]) {
		return flag.ErrHelp // only alone, because -h of sendmail(8) takes a number
	}
	o, err := sendmail.Parse(name, c.args)
	if err != nil {
		return err
	}
	if o.Mode == sendmail.ShowQueue {
		return listQueue(c, &options{config: o.Config})
	}
	on, err := knownServer(o.Config)
	if err != nil {
		return &sendmail.Error{Code: sendmail.ExConfig, Text: err.Error()}
	}
	who, full := caller()
	return (&sendmail.Call{
		Options: o, Hostname: on.Hostname, User: who, FullName: full,
		Ways: admin.Ways(on), ServerUsers: admin.ServerUsers(on),
		MaxOctets: int64(on.SMTP.MaxMessage),
		Now:       time.Now(), Input: c.stdin, Output: c.stdout,
	}).Do()
}

// knownServer reads the configuration of the server. Without -C, a file that this user may not read
// or that has a mistake is skipped: the server continues with the configuration that it has, and
// the message must not be lost.
func knownServer(file string) (*config.Config, error) {
	env := config.Machine()
	getenv := env.Getenv
	env.Getenv = func(name string) string { // daemons have no $HOME, and nothing is written there
		return cmp.Or(getenv(name), map[string]string{"HOME": "/nonexistent"}[name])
	}
	c, err := config.Find(file, env)
	if err == nil || file != "" {
		return c, err
	}
	return config.Builtin(env)
}

// caller returns the user name of the caller and the full name of the password file.
func caller() (name, full string) {
	if u, err := passwd.Current(); err == nil && u.Username != "" {
		return u.Username, u.Name
	}
	return cmp.Or(os.Getenv("LOGNAME"), "uid"+strconv.Itoa(os.Getuid())), ""
}
