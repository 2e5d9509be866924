package logging

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
)

// TestOpen: priorities go to the journal only where standard error is its stream.
func TestOpen(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	own := fmt.Sprintf("%d:%d", st.Dev, st.Ino)
	for _, tt := range []struct {
		name, variable, value string
		stderr                io.Writer
		want                  string
	}{
		{"a file", "", "", file, "logging.Plain"},
		{"the journal", "JOURNAL_STREAM", own, file, "logging.Journal"},
		{"a file of a service", "JOURNAL_STREAM", "8:1", file, "logging.Plain"},
		{"no file", "JOURNAL_STREAM", own, io.Discard, "logging.Plain"},
		{"a log daemon", "PILLARBOX_LOG", "syslog", file, "*logging.syslog"},
		{"another word", "PILLARBOX_LOG", "stderr", file, "logging.Plain"},
	} {
		getenv := func(name string) string {
			if name == tt.variable {
				return tt.value
			}
			return ""
		}
		if got := fmt.Sprintf("%T", Open(tt.stderr, getenv)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// debug returns the level at which everything is logged.
func debug() *Level {
	level := new(Level)
	level.Set(zap.DebugLevel)
	return level
}

// eachLevel logs one line of each level.
func eachLevel(log *zap.Logger) {
	log.Debug("one")
	log.Info("two")
	log.Warn("three")
	log.Error("four", zap.String("user", "anna"))
}

// TestJournal: each line begins with its priority, has no time, and so has an error that ends the
// server, in several lines.
func TestJournal(t *testing.T) {
	var out bytes.Buffer
	d := Journal{&out}
	eachLevel(New(d, debug(), access.NewTable()))
	fmt.Fprintf(Errors(d, &out), "five\nsix\n")
	if got, want := out.String(), "<7>one\n<6>two\n<4>three\n<3>four user=anna\n<3>five\n<3>six\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	fmt.Fprint(Errors(Plain{&out}, &out), "five\n")
	if out.String() != "five\n" {
		t.Errorf("without a journal %q", out.String())
	}
}

// logDaemon listens as a log daemon does.
func logDaemon(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	os.Remove(path)
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// datagram returns the next line that a daemon got, without the time.
func datagram(t *testing.T, daemon *net.UnixConn) string {
	t.Helper()
	buf := make([]byte, 2048)
	daemon.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := daemon.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	priority, rest, _ := strings.Cut(string(buf[:n]), ">")
	if _, err := time.Parse(time.Stamp, rest[:15]); err != nil || rest[15] != ' ' {
		t.Errorf("no time in %q: %v", rest, err)
	}
	return priority + ">" + rest[16:]
}

// TestSyslog: a datagram for each line, with facility mail and the priority of its level; a daemon
// that was restarted gets the next line, and without one it is on standard error.
func TestSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	daemon := logDaemon(t, path)
	var stderr bytes.Buffer
	s := newSyslog(path, &stderr)
	log := New(s, debug(), access.NewTable())
	eachLevel(log)
	for _, want := range []string{"<23>", "<22>", "<20>", "<19>"} {
		want += "pillarbox[" + fmt.Sprint(os.Getpid()) + "]: "
		if got := datagram(t, daemon); !strings.HasPrefix(got, want) || strings.HasSuffix(got, "\n") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	daemon.Close()
	daemon = logDaemon(t, path)
	log.Info("after a restart")
	if got := datagram(t, daemon); !strings.HasSuffix(got, ": after a restart") {
		t.Errorf("got %q", got)
	}
	daemon.Close()
	os.Remove(path)
	log.Info("without a daemon")
	if got := stderr.String(); !strings.HasSuffix(got, ": without a daemon\n") {
		t.Errorf("standard error has %q", got)
	}
}

// TestSyslogThatHangs: a daemon that does not read delays one line, not each.
func TestSyslogThatHangs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	logDaemon(t, path)
	var stderr bytes.Buffer
	s := newSyslog(path, &stderr)
	log := New(s, debug(), access.NewTable())
	for stderr.Len() == 0 {
		log.Info("a line")
	}
	if s.failed.IsZero() {
		t.Fatal("no line failed")
	}
	s.failed = time.Now()
	failed, before := s.failed, stderr.Len()
	log.Info("the next line")
	if got := stderr.String()[before:]; !strings.Contains(got, "the next line") {
		t.Errorf("standard error has %q", got)
	}
	if s.failed != failed {
		t.Error("the next line waited for the daemon, too")
	}
}
