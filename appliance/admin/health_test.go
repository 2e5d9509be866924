package admin

import (
	"context"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestHealth(t *testing.T) {
	want := Health{
		Well: true, Device: "/dev/watchdog0", Timeout: time.Minute, Fed: 3 * time.Second, Late: time.Millisecond, Up: time.Hour,
		Last: "commits: mail waits, \"for\" 2m", Degraded: []string{"the spool is full", "x"}, Unreachable: []string{"port 1110"},
		Checks: []CheckResult{{"index", true, time.Hour, time.Second, 5, ""}, {"pop3.listen [::]:110", false, 0, time.Minute, 7, "no greeting: EOF"}},
	}
	near, far := net.Pipe()
	defer near.Close()
	go (&Server{Health: func(context.Context) Health { return want }}).ServeConn(t.Context(), far)
	got, err := NewClient(near, nil).Health()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v\nnot %+v", *got, want)
	}
}

func TestHealthOfNobody(t *testing.T) {
	d := open(t)
	if _, err := d.Health(); err == nil || !strings.Contains(err.Error(), "no server runs") {
		t.Errorf("got %v", err)
	}
}
