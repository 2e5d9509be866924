package bench

import (
	"bytes"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/smarthost"
)

// SendOptions are the options of the send benchmark.
type SendOptions struct {
	Queues []string // names
	Binary string
	Peers  string // script that starts other servers
	Folder string // on the device, for all that the queues write except their log
	Notes  string // file to append the figures to, "" for none

	Loads    []client.Load
	Messages int // of a row
	Runs     int // of a row, of which the median is printed
	Waiting  int // messages that wait while the smarthost is dead; 0: that is not measured
}

// A sendRun is a run of the send benchmark.
type sendRun struct {
	SendOptions
	notes     measure.Notes
	device    *measure.Device
	smarthost *smarthost.Server
	log       string
	next      uint64 // number of the next message
	// The tables, of which each queue adds rows.
	sent, retried bytes.Buffer
}
