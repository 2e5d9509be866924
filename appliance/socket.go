package appliance

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/control"
	"pillarbox/appliance/logbook"
)

// longestSocket is how long the name of a socket may be in octets (unix(7)).
const longestSocket = 107

// socketAt calls do with a name of a file in a folder that is short enough for a socket.
func socketAt(dir, name string, do func(path string) error) error {
	path := filepath.Join(dir, name)
	if len(path) <= longestSocket {
		return do(path)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return do(fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), name))
}

// listenControl opens the control socket for the owner of this process and root alone. One that was left by a crash gives way: who
// has the spool is the box. Without a socket mail is served all the same; nil is returned.
func (a *Appliance) listenControl() *net.UnixListener {
	l, err := openControl(a.state)
	if err != nil {
		a.log.Warn("commands cannot reach this box while it runs", logbook.Error(err))
		return nil
	}
	return l
}

// openControl makes the socket under another name first, so that nobody finds it before its mode is right.
func openControl(state string) (l *net.UnixListener, err error) {
	const aside = controlSocket + ".new"
	os.Remove(filepath.Join(state, aside)) // if it stays, the listen will say so
	err = socketAt(state, aside, func(path string) error {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it goes by another name then
	err = os.Chmod(filepath.Join(state, aside), 0o600)
	if err == nil {
		err = os.Rename(filepath.Join(state, aside), filepath.Join(state, controlSocket))
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// serveControl answers commands until ctx ends. It returns when nobody is answered any more.
func (a *Appliance) serveControl(ctx context.Context, l *net.UnixListener) {
	var group sync.WaitGroup
	defer group.Wait()
	defer os.Remove(filepath.Join(a.state, controlSocket))
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	server := &control.Server{
		Spool: a.spool, Accounts: func() *accounts.Table { return a.rules.Load().table }, Running: true,
		Limit: func(account string) int64 { return limitOf(a.spool, a.rules.Load().config, account) },
		Now:   a.now, Health: a.health,
		Reload: func() { a.Reload() }, // which logs
	}
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil { // no descriptors left: the clients of the mail have the spare one
			a.log.Warn("command could not be accepted", logbook.Error(err))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		group.Go(func() {
			if err := server.ServeConn(ctx, conn); err != nil {
				a.log.Info("command ended", logbook.Error(err))
			}
		})
	}
}
