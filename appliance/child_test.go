package appliance

import (
	"os"
	"testing"

	sender "pillarbox/appliance/outbound/child"
	"pillarbox/appliance/remote/child"
)

// TestMain is a child process, if the server starts it as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == child.Command {
		os.Exit(child.Main())
	}
	if len(os.Args) == 2 && os.Args[1] == sender.Command {
		os.Exit(sender.Main())
	}
	os.Exit(m.Run())
}
