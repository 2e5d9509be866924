package main

import (
	"fmt"

	"pillarbox/appliance"
)

// checkConfig says what is wrong with a configuration, and what is not but looks like a mistake.
func checkConfig(c *call) error {
	loaded, _, err := c.configuration()
	if err != nil {
		return err
	}
	warnings, err := appliance.Check(loaded)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintf(c.stdout, "warning: %s\n", w)
	}
	if loaded.File == "" {
		fmt.Fprintf(c.stdout, "no configuration file: the defaults hold, state in %s\n", loaded.State)
	} else {
		fmt.Fprintf(c.stdout, "%s is good\n", loaded.File)
	}
	return nil
}
