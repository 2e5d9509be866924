package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"pillarbox/cmd/pillarbench/fetcher"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// Fetch prints what fetching costs, what an idle poll costs, and what broken lines cost.
func Fetch(o FetchOptions, out io.Writer) (err error) {
	r := &fetchRun{FetchOptions: o, log: filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-fetch-%d.log", os.Getpid()))}
	if r.Folder, err = filepath.Abs(r.Folder); err != nil {
		return err
	}
	if r.Memory, err = filepath.Abs(r.Memory); err != nil {
		return err
	}
	if err := r.notes.Open("fetch", o.Notes); err != nil {
		return err
	}
	if r.device, err = measure.DeviceOf(r.Folder); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(r.Memory, "provider"), 0o755); err != nil {
		return err
	}
	if r.provider, err = provider.Start(r.Peers, filepath.Join(r.Memory, "provider"), r.log); err != nil {
		return fmt.Errorf("%w (the log is %s)", err, r.log)
	}
	if err := r.onDevice(out); err != nil {
		return errors.Join(err, r.provider.Stop())
	}
	err = errors.Join(r.onLines(out), r.provider.Stop())
	if err == nil {
		err = os.Remove(r.log)
	}
	return err
}

// onDevice measures one fetcher after the other on the device. Those that are not installed are
// left out from then on.
func (r *fetchRun) onDevice(out io.Writer) error {
	if len(r.Loads) == 0 {
		return nil
	}
	measure.Heading(out, []string{"fetcher", "protocol", "mail"}, fetchColumns)
	var there []string
	for _, name := range r.Fetchers {
		c := &contestant{run: r, name: name, next: 1, protocols: r.Protocols, loads: r.Loads}
		err := r.one(c, r.Folder, name)
		if errors.Is(err, server.ErrMissing) {
			fmt.Fprintf(os.Stderr, "%v: skipped.\n", err)
			continue
		}
		c.print(out)
		if err != nil {
			return fmt.Errorf("%s: %w (the log is %s)", name, err, r.log)
		}
		there = append(there, name)
	}
	r.Fetchers = there
	return nil
}

// onLines counts octets on the line. All fetchers do that at once, each by each protocol with a
// server of its own, because what else runs changes no octet, and some take minutes.
func (r *fetchRun) onLines(out io.Writer) error {
	if r.Left == 0 && r.Breaks == 0 {
		return nil
	}
	var all []*contestant
	var failures []error
	for _, name := range r.Fetchers {
		for _, protocol := range r.Protocols {
			all = append(all, &contestant{run: r, name: name, next: 1, protocols: []string{protocol}, lines: true})
		}
	}
	failures = make([]error, len(all))
	var working sync.WaitGroup
	for i, c := range all {
		working.Go(func() {
			if err := r.one(c, r.Memory, c.name+"-"+c.protocols[0]); err != nil {
				failures[i] = fmt.Errorf("%s, %s: %w (the log is %s)", c.name, c.protocols[0], err, r.log)
			}
		})
	}
	working.Wait()
	if r.Left > 0 {
		fmt.Fprintln(out)
		measure.Heading(out, []string{"fetcher", "protocol", "messages left"}, pollColumns)
		for _, c := range all {
			c.printPolls(out)
		}
	}
	if r.Breaks > 0 {
		fmt.Fprintln(out)
		measure.Heading(out, []string{"fetcher", "protocol", "breaks"}, brokenColumns)
		for _, c := range all {
			c.printBroken(out)
		}
	}
	return errors.Join(failures...)
}

// one measures a fetcher in a folder.
func (r *fetchRun) one(c *contestant, in, called string) (err error) {
	folder := filepath.Join(in, called)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	o := fetcher.Options{Name: c.name, Binary: r.Binary, Peers: r.Peers, Folder: folder, Log: r.log, Trusted: r.provider.Certificate()}
	if c.Fetcher, err = fetcher.New(o); err != nil {
		return err
	}
	defer c.hangUp()
	if err := c.accounts(); err != nil {
		return err
	}
	if err := c.Prepare(c.all()); err != nil {
		return err
	}
	if err := c.Server().Start(); err != nil {
		return err
	}
	if !c.lines {
		err = c.warm(folder)
	}
	if err == nil {
		err = c.measure()
	}
	return errors.Join(err, c.Server().Stop(), os.RemoveAll(folder))
}
