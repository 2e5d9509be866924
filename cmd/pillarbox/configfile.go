package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
)

// find reads the configuration file, or returns the defaults if there is none.
func find(file string) (*config.Config, error) { return findIn(file, config.Machine()) }

func findIn(file string, env config.Environment) (*config.Config, error) {
	c, err := config.Find(file, env)
	var report *config.Report
	if errors.As(err, &report) {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w for user %d; run this with sudo, or let that user read the file (chmod a+r)", err, os.Geteuid())
	}
	return c, err
}

// checkConfig reports the mistakes in a configuration, and what is allowed but looks like a
// mistake.
func checkConfig(c *call, o *options) error {
	file := o.config
	if len(c.args) > 0 {
		if file != "" {
			return errUsage{"-config and FILE: give one of them"}
		}
		file = c.args[0]
	}
	loaded, err := find(file)
	if err != nil {
		return err
	}
	e, err := admin.Examine(loaded)
	if err != nil {
		return err
	}
	if o.print {
		printSettings(c.stdout, loaded)
	}
	for _, w := range e.Warnings {
		fmt.Fprintf(c.stdout, "warning: %s\n", w)
	}
	fmt.Fprintf(c.stdout, "checked: %s\n", strings.Join(e.Checked, ", "))
	for _, skipped := range e.Skipped {
		fmt.Fprintf(c.stdout, "not checked: %s\n", skipped)
	}
	if loaded.File == "" {
		fmt.Fprintf(c.stdout, "no configuration file: using the defaults, state in %s\n", loaded.State)
	} else {
		fmt.Fprintf(c.stdout, "%s is good\n", loaded.File)
	}
	return nil
}

// printSettings prints every key with its effective value and where that comes from, as TOML.
func printSettings(w io.Writer, on *config.Config) {
	for _, s := range admin.EffectiveOf(on) {
		fmt.Fprintf(w, "%s = %s  # %s\n", s.Key, s.Value, s.From)
	}
	fmt.Fprintf(w, "# certificate authority: %s\n", admin.Authority(on))
}
