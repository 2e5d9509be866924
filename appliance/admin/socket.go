package admin

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/statedir"
)

// Listen opens the control socket in a state directory, for the owner of this process and root
// alone. One that was left by a crash gives way: the process that has the spool is the server. The
// socket is made under another name first, so that no client finds it before its mode is right.
func Listen(state string) (l *net.UnixListener, err error) {
	const aside = statedir.ControlSocket + ".new"
	os.Remove(filepath.Join(state, aside)) // if it stays, the listen will say so
	err = statedir.SocketAt(state, aside, func(path string) error {
		private := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) (err error) {
			if closed := socket.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), 0o600) }); closed != nil {
				return closed
			}
			return err // what the socket has is what its name gets (unix(7))
		}}
		opened, err := private.Listen(context.Background(), "unix", path)
		if err == nil {
			l = opened.(*net.UnixListener)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it goes by another name then
	if err := os.Rename(filepath.Join(state, aside), filepath.Join(state, statedir.ControlSocket)); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Serve answers commands until ctx ends. It returns when none is being answered any more.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener, state string, log *zap.Logger) {
	var group sync.WaitGroup
	defer group.Wait()
	defer os.Remove(filepath.Join(state, statedir.ControlSocket))
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil { // no descriptors left: mail clients have the spare one
			log.Warn("accepting a connection to the control socket failed", zap.Error(err))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		group.Go(func() {
			if err := s.ServeConn(ctx, conn); err != nil {
				log.Info("control command failed", zap.Error(err))
			}
		})
	}
}
