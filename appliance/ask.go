package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/control"
	"pillarbox/appliance/logbook"
	"pillarbox/spool/flash"
)

// Ask returns a client of the spool of a configuration: of the box that runs, else of the files, which this process then
// holds until the client is closed. Where there is no spool, it is made if create says so.
func Ask(ctx context.Context, c *config.Config, create bool) (*control.Client, error) {
	client, err := dialControl(c.State)
	if err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return client, err
	}
	if !create {
		if _, err := os.Stat(filepath.Join(c.State, spoolFolder)); err != nil {
			return nil, noSpool(c.State, err)
		}
	} else if err := openState(c.State); err != nil {
		return nil, err
	}
	return serveSelf(ctx, c)
}

// AskOther is Ask for another state folder: a copy, or that of another box. It is only read.
func AskOther(ctx context.Context, state string) (*control.Client, error) {
	c := config.Default()
	c.State = state
	c.Spool.Volatile = true    // a copy may lie anywhere
	c.Spool.Capacity = 1 << 30 // is only asked for when there is something to write
	return Ask(ctx, c, false)
}

func noSpool(state string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no spool in the state folder %s: pillarbox serve makes one; a state folder is named by state in the configuration", state)
	}
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w; run this as root or as the owner of the state folder", err)
	}
	return err
}

// dialControl reaches the box that runs. os.ErrNotExist, ECONNREFUSED: none does.
func dialControl(state string) (client *control.Client, err error) {
	err = socketAt(state, controlSocket, func(path string) error {
		conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		if err == nil {
			client = control.NewClient(conn, nil)
		}
		return err
	})
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w; run this as root or as the owner of the state folder", err)
	}
	return client, err
}

// serveSelf opens the spool and answers over a pipe, until the client is closed.
func serveSelf(ctx context.Context, c *config.Config) (*control.Client, error) {
	table, err := LoadAccounts(c)
	if err != nil {
		return nil, err
	}
	s, err := openSpool(ctx, c, time.Now, logbook.NewNop(), nil)
	switch {
	case errors.Is(err, flash.ErrLocked):
		return nil, fmt.Errorf("the state folder %s is in use: by a box that is starting or stopping, or by another command; try again", c.State)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w; run this as root or as the owner of the state folder", err)
	case err != nil:
		return nil, err
	}
	near, far := net.Pipe()
	server := &control.Server{
		Spool: s, Accounts: func() *accounts.Table { return table },
		Limit: func(account string) int64 { return limitOf(s, c, account) },
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.ServeConn(ctx, far) // what went wrong the client was told
	}()
	return control.NewClient(near, func() error {
		<-ended
		return s.Close()
	}), nil
}
