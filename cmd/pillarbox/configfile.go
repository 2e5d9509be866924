package main

import (
	"errors"
	"fmt"
	"os"

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
