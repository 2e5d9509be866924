package bench

import (
	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/provider"
)

// FetchOptions are the options of the fetch benchmark.
type FetchOptions struct {
	Fetchers  []string // names
	Protocols []string // rows of the table
	Binary    string
	Peers     string // script that starts other servers
	Folder    string // on the device, for all that the fetchers and their servers write
	Memory    string // folder in memory, for the provider, and where only octets on the line count
	Notes     string // file to append the figures to, "" for none

	Loads    []client.Load
	Messages int // of a row
	Runs     int // of a row, of which the median is printed
	Left     int // messages at the provider that is polled; 0: no poll is measured
	Polls    int
	Breaks   int // of the line, while one large message is fetched; 0: that is not measured
}

// A fetchRun is a run of the fetch benchmark.
type fetchRun struct {
	FetchOptions
	notes    measure.Notes
	device   *measure.Device
	provider *provider.Provider
	log      string
}
