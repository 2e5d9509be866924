package watchdog_test

import (
	"context"
	"testing"

	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

// TestFirstFeed: the first feed has no time at which it is due, so it is not counted as a feed in
// time. The test runs outside of a synctest bubble, where two readings of the clock differ.
func TestFirstFeed(t *testing.T) {
	fed := make(chan struct{}, 1)
	f := watchdog.New(watchdog.Options{Device: signalling{watchdogtest.New(timeout), fed}})
	ctx, stop := context.WithCancel(t.Context())
	ended, result := make(chan struct{}), make(chan error)
	go func() { result <- f.Run(ctx, ended) }()
	<-fed
	stop()
	close(ended)
	if err := <-result; err != nil {
		t.Error(err)
	}
	if late := f.Report(t.Context()).Late; late.Feeds != 0 {
		t.Errorf("counted %+v", late)
	}
}

// A signalling device sends on a channel when it is fed.
type signalling struct {
	*watchdogtest.Device
	fed chan<- struct{}
}

func (s signalling) Feed() error {
	err := s.Device.Feed()
	select {
	case s.fed <- struct{}{}:
	default:
	}
	return err
}
