package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// importCost is the cost of an import of a file in mbox format.
func (w *wearRun) importCost(l client.Load, messages int) (c cost, err error) {
	folder, err := os.MkdirTemp("", "pillarbench-import-") // it is not read from the measured device
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(folder)
	var file bytes.Buffer
	for i := range messages {
		m := client.Message{Number: w.next + uint64(i), Octets: l.Mean}
		mail := bytes.ReplaceAll(m.Content(), []byte("\r\n"), []byte("\n"))
		fmt.Fprintf(&file, "From anna@home.arpa Mon Nov 30 08:00:00 2026\n%s\n", mail)
		c.octets += int64(m.Octets)
	}
	w.next += uint64(messages)
	mbox := filepath.Join(folder, "mbox")
	if err := os.WriteFile(mbox, file.Bytes(), 0o600); err != nil {
		return c, err
	}
	before, err := w.device.Settled()
	if err != nil {
		return c, err
	}
	ours := w.server.(*server.Pillarbox)
	said, err := exec.Command(w.Binary, "spool", "import", "-config", ours.ConfigFile(), "-format", "mbox", client.Mailbox(0), mbox).CombinedOutput()
	if err != nil {
		return c, fmt.Errorf("spool import: %w: %s", err, said)
	}
	after, err := w.device.Settled()
	c.messages, c.device = messages, after.Minus(before)
	return c, err
}

// importRow prints what an import of as many messages costs, each time into an empty mailbox.
func (w *wearRun) importRow(messages int) error {
	l, err := client.ParseLoad("4k")
	if err != nil {
		return err
	}
	costs := make([]cost, w.Runs)
	for i := range costs {
		if costs[i], err = w.importCost(l, messages); err != nil {
			return err
		}
		if err := server.EmptyAll(w.server); err != nil {
			return err
		}
	}
	measure.Row(w.out, []string{w.Label, w.Name, l.Name, "import of " + strconv.Itoa(messages)}, wearColumns, costs)
	measure.AddRow(&w.notes, fmt.Sprintf("%s %s import", w.Label, l.Name), w.Name, wearColumns, costs)
	return nil
}
