package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// splitCommand parts the flags of this program from the command line of another one, which begins with the first word that is
// neither a flag nor its value.
func splitCommand(args []string) (own, foreign []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return args[:i], args[i+1:]
		case args[i] == "-config" || args[i] == "--config":
			i++
		case args[i] == "" || args[i][0] != '-':
			return args[:i], args[i:]
		}
	}
	return args, nil
}

// spoolHold runs a command that copies the state folder. The box keeps every slot as it is meanwhile, as long as it has
// free ones.
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
		return fmt.Errorf("the copy may lack mail, make it again: %w", err)
	}
	return nil
}

// runForeign runs another program, which has the files of this one, to its end. exec.Cmd does more, for 29 KB of flash.
func runForeign(command []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	process, err := os.StartProcess(path, command, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	state, err := process.Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return err
}
