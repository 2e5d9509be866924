package main

import (
	"cmp"
	"errors"
	"flag"
	"os"
	passwd "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"pillarbox/appliance"
	"pillarbox/appliance/config"
	"pillarbox/appliance/sendmail"
)

// names are what the program can be called as, beside its own name: each is a link to it.
var names = []string{"sendmail", "mailq", "newaliases"}

const sendmailArgs = "[-t] [-i] [-f SENDER] [RECIPIENT...]"

// sendMail hands a letter from standard input to the box that runs on this machine.
func sendMail(c *call) error { return c.sendmail("sendmail") }

// calledAs reports whether the program was called by one of names, and runs it as that.
func calledAs(args []string, stdin *os.File, stdout, stderr *os.File) (code int, called bool) {
	name := filepath.Base(args[0])
	for _, known := range names {
		if name == known {
			row := command{name: name, args: sendmailArgs, does: "hand a letter to the box, as sendmail(8) does", run: func(c *call) error { return c.sendmail(name) }}
			return report(&call{row, args[1:], stdin, stdout, stderr}), true
		}
	}
	return 0, false
}

// sendmail runs as name. It needs no rights: what it may not read it does without.
func (c *call) sendmail(name string) error {
	if len(c.args) == 1 && slices.Contains([]string{"-h", "-help", "--help"}, c.args[0]) {
		return flag.ErrHelp // alone: sendmail(8) has a -h that takes a number
	}
	o, err := sendmail.Parse(name, c.args)
	if err != nil {
		return err
	}
	box, err := knownBox(o.Config)
	if err != nil {
		return &sendmail.Error{Code: sendmail.ExConfig, Text: err.Error()}
	}
	who, full := caller()
	return (&sendmail.Call{
		Options: o, Hostname: box.Hostname, User: who, FullName: full,
		Ways: appliance.Ways(box), MaxOctets: int64(box.SMTP.MaxMessage),
		Now: time.Now(), Input: c.stdin, Output: c.stdout,
	}).Do()
}

// knownBox reads the configuration of the box. Without -C one that this user may not read, or that has a mistake in it, is
// passed over: the box goes on with what it read before, and the letter is not to be lost for it.
func knownBox(file string) (*config.Config, error) {
	env := config.Machine()
	getenv := env.Getenv
	env.Getenv = func(name string) string { // daemons call without a home, and no state is kept there
		return cmp.Or(getenv(name), map[string]string{"HOME": "/nonexistent"}[name])
	}
	c, err := config.Find(file, env)
	if err == nil || file != "" {
		return c, err
	}
	return config.Builtin(env)
}

// caller returns the name of the user who calls, and the same in words, as the password file has it.
func caller() (name, full string) {
	if u, err := passwd.Current(); err == nil && u.Username != "" {
		return u.Username, u.Name
	}
	return cmp.Or(os.Getenv("LOGNAME"), "uid"+strconv.Itoa(os.Getuid())), ""
}

// exitCode returns the code of an error that has one of its own.
func exitCode(err error) (code int, ok bool) {
	var coded interface{ ExitCode() int }
	if !errors.As(err, &coded) {
		return 0, false
	}
	return coded.ExitCode(), true
}
