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

// TestScripts runs the scripts of testdata/script. Besides the commands of testscript they have:
//
//	server start FILE  starts "pillarbox serve -config FILE" and waits until it is ready
//	server stop        ends it with SIGTERM; its exit code must be 0; its output goes to stdout
//	server kill        ends it with SIGKILL
//	server hangup      sends SIGHUP
//	server await TEXT  waits for TEXT in the output since the last await or the start
//	deliver TO FILE    sends FILE to TO by SMTP
//	fetch USER [PASSWORD]
//	                   prints the messages of USER by POP3; the default password is "secret of"
//	                   and the account
//	code N COMMAND...  runs a command without input, whose exit code must be N
//	discard USER N     deletes message number N of USER by POP3
//	damage DIR TEXT    flips bits wherever a file of DIR has TEXT
//	large FILE OCTETS  makes a large message
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
			env.Values[serverKey{}] = &runningServer{}
			env.Defer(func() { env.Values[serverKey{}].(*runningServer).kill() })
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "systemfile":
			default:
				return false, errors.New("no such condition")
			}
			_, err := os.Stat(config.SystemFile)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": serverCommand, "deliver": deliverCommand, "fetch": fetchCommand,
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
