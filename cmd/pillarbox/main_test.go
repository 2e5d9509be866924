package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pillarbox/appliance/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pillarbox": main, "sendmail": main, "mailq": main, "newaliases": main})
}

// TestScripts runs the stories of testdata/script. Beside the commands of testscript they have:
//
//	box start FILE     starts "pillarbox serve -config FILE" and waits until it is ready
//	box stop           ends it with SIGTERM; its exit code has to be 0, and what it said goes to standard output
//	box kill           ends it with SIGKILL
//	box hangup         sends SIGHUP
//	box await TEXT     waits until the box has said TEXT, since the last await or its start
//	deliver TO FILE    sends FILE to TO by SMTP
//	fetch USER [PASSWORD]     prints the mail of USER by POP3; the password is the name if it is not given
//	code N COMMAND...  runs a command without input, whose exit code has to be N
//	discard USER N     deletes mail number N of USER by POP3
//	damage DIR TEXT    turns bits wherever a file of DIR has TEXT
//	large FILE OCTETS  makes a large mail
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", "")
			if err := fillIn(env.WorkDir); err != nil {
				return err
			}
			env.Values[boxKey{}] = &runningBox{}
			env.Defer(func() { env.Values[boxKey{}].(*runningBox).kill() })
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "systemfile" {
				return false, errors.New("no such condition")
			}
			_, err := os.Stat(config.SystemFile)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"box": boxCommand, "deliver": deliverCommand, "fetch": fetchCommand,
			"code": codeCommand, "damage": damageCommand, "large": largeCommand, "discard": discardCommand,
		},
	})
}

// fillIn puts the folder of a script in the place of $WORK in its configuration files.
func fillIn(work string) error {
	files, err := filepath.Glob(filepath.Join(work, "*.toml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "$WORK", work)), 0o600); err != nil {
			return err
		}
	}
	return nil
}
