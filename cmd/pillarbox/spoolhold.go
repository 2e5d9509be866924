package main

import (
	"fmt"
	"os"
	"os/exec"
)

// spoolHold runs a command that copies the state directory. Meanwhile the server keeps every slot
// as it is, as long as it has free ones.
func spoolHold(c *call, o *spoolOptions) error {
	_, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed error
	err = client.Hold(func() error {
		failed = runForeign(o.rest)
		return failed
	})
	switch {
	case failed != nil:
		return fmt.Errorf("%s: %w; the copy is not complete", o.rest[0], failed)
	case err != nil:
		return fmt.Errorf("the copy may lack mail; make another one: %w", err)
	}
	return nil
}

// runForeign runs another program, which has the files of this one, to its end.
func runForeign(command []string) error {
	foreign := exec.Command(command[0], command[1:]...)
	foreign.Stdin, foreign.Stdout, foreign.Stderr = os.Stdin, os.Stdout, os.Stderr
	return foreign.Run()
}
