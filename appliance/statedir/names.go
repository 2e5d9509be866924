package statedir

import (
	"fmt"
	"os"
	"path/filepath"

	"pillarbox/appliance/names"
)

// The names in the state directory.
const (
	AccountsFile   = "accounts"
	SecretFile     = "secret"
	KnownFile      = "known"
	CertsFolder    = "certs"
	SpoolFolder    = "spool"
	ClockFile      = "clock"
	RecordFile     = "watchdog"
	FirstLoginFile = "first-login"
	ControlSocket  = "control"
	PortsFile      = "ports"
	NoticeFile     = "noticed"
	AdminFile      = "admin"
	QueueFile      = "queue" // what outgoing mail is held by
)

// SocketAt calls do with a name of a file in a folder that is short enough for a socket.
func SocketAt(dir, name string, do func(path string) error) error {
	path := filepath.Join(dir, name)
	if len(path) <= names.LongestSocket {
		return do(path)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return do(fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), name))
}
