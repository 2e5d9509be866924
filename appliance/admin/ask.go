package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// Ask returns a client of the spool of a configuration: of the server that runs, otherwise of the
// files, which this process then holds until the client is closed. Where there is no spool, it is
// made if create says so.
func Ask(ctx context.Context, c *config.Config, create bool) (*Client, error) {
	return ask(ctx, c, create, flash.Options{})
}

// AskOther is Ask for another state directory: a copy, or that of another server. Nothing in it is
// written or locked.
func AskOther(ctx context.Context, state string) (*Client, error) {
	c := config.Default()
	c.State = state
	c.Spool.Volatile = true    // a copy may lie anywhere
	c.Spool.Capacity = 1 << 30 // is only asked for when there is something to write
	return ask(ctx, c, false, flash.Options{ReadOnly: true})
}

// AskDry is Ask for a command that changes nothing: if no server runs, the files are only read. The
// error is ErrNoSpool if there are none yet.
func AskDry(ctx context.Context, c *config.Config) (*Client, error) {
	return ask(ctx, c, false, flash.Options{ReadOnly: true})
}

func ask(ctx context.Context, c *config.Config, create bool, how flash.Options) (*Client, error) {
	client, err := dialControl(c.State)
	if err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return client, err
	}
	near, far := net.Pipe()
	opened, ended := make(chan struct{}), make(chan error, 1)
	go func() { // all in one goroutine: it may act as the owner of the state directory
		defer far.Close()
		ended <- statedir.AsOwner(c.State, func(state string) error {
			s, server, err := openFiles(ctx, statedir.With(c, state), create, how)
			if err != nil {
				return err
			}
			close(opened)
			server.ServeConn(ctx, far) // the client has received any error
			return s.Close()
		})
	}()
	select {
	case <-opened:
	case err := <-ended:
		ended <- err
		select {
		case <-opened: // and ctx has ended since
		default:
			// A server that was starting has the spool.
			if client, dialErr := dialControl(c.State); dialErr == nil {
				return client, nil
			}
			return nil, err
		}
	}
	return NewClient(near, func() error { return <-ended }), nil
}

// openFiles opens the spool for a command.
func openFiles(ctx context.Context, c *config.Config, create bool, how flash.Options) (*spool.Spool, *Server, error) {
	if !create {
		if _, err := os.Lstat(filepath.Join(c.State, statedir.SpoolFolder)); err != nil {
			return nil, nil, noSpool(c.State, err)
		}
	} else if err := statedir.Served(c); err != nil {
		return nil, nil, err
	} else if err := statedir.Open(c.State); err != nil {
		return nil, nil, statedir.NoAccess(c.State, err)
	}
	table, err := statedir.LoadAccounts(c.State)
	if err != nil {
		return nil, nil, err
	}
	s, err := storage.Open(ctx, c, storage.Opening{Options: how}, time.Now, zap.NewNop(), nil)
	var locked *flash.LockedError
	switch {
	case errors.As(err, &locked) && locked.PID != 0:
		return nil, nil, fmt.Errorf("the state directory %s is in use by process %d (%s): a server that is starting or stopping, or another command; try again", c.State, locked.PID, locked.Command)
	case errors.Is(err, flash.ErrLocked):
		return nil, nil, fmt.Errorf("the state directory %s is in use by a server that is starting or stopping, or by another command; try again", c.State)
	case err != nil:
		return nil, nil, statedir.NoAccess(c.State, err)
	}
	intake := delivery.New(delivery.Options{
		Spool: s, Rules: func() delivery.Rules { return delivery.Rules{Config: c, Table: table} },
		Largest: int64(c.SMTP.MaxMessage), Index: storage.IndexBytes(c), ReadOnly: how.ReadOnly,
	})
	return s, &Server{Spool: s, Accounts: func() *accounts.Table { return table }, Intake: intake, Queue: filesQueue(s, c.State)}, nil
}

// ErrNoSpool is the error of a state directory that no server has used yet.
var ErrNoSpool = errors.New("there is no spool")

func noSpool(state string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w in the state directory %s: pillarbox serve makes one; state in the configuration names another directory", ErrNoSpool, state)
	}
	return statedir.NoAccess(state, err)
}

// AskHealth asks the running server for its health checks. The error reports that none runs, that
// this user may not ask, or that it does not answer in time.
func AskHealth(c *config.Config, patience time.Duration) (*Health, error) {
	client, err := dialControl(c.State)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("the server does not run (state directory %s): %w", c.State, err)
	case err != nil:
		return nil, err
	}
	defer client.Close()
	if err := client.Deadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return client.Health()
}

// dialControl connects to the running server. os.ErrNotExist and ECONNREFUSED: none runs.
func dialControl(state string) (client *Client, err error) {
	err = statedir.AsOwner(state, func(state string) error {
		return statedir.SocketAt(state, statedir.ControlSocket, func(path string) error {
			conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
			if err == nil {
				client = NewClient(conn, nil)
			}
			return err
		})
	})
	return client, statedir.NoAccess(state, err)
}
