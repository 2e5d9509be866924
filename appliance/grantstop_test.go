package appliance

import (
	"testing"

	"pillarbox/appliance/remote/secret"
)

// TestGrantAtAStop: a stop waits for the answer with the next refresh token, and stores it.
func TestGrantAtAStop(t *testing.T) {
	g, state := startGranter(t), t.TempDir()
	family(t, state, "anna")
	asked, answer := make(chan struct{}), make(chan struct{})
	g.refreshing = func() {
		close(asked)
		<-answer
	}
	b, _ := g.loggedIn(t, state)
	client := b.ask()
	defer client.Close()
	fetched, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(fetched)
		_, _ = client.Fetch("anna-mail", false) // it fails: the server stops
	}()
	<-asked
	go func() { stopped <- b.stop() }()
	b.await("stopping", 1)
	close(answer)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	<-fetched
	if got := refreshToken(t, state); got != "rt2" || !g.refresh[got] {
		t.Errorf("the file has %s, the provider %v", got, g.refresh)
	}
}

func refreshToken(t *testing.T, state string) string {
	t.Helper()
	kept, err := secret.Load(state, "anna-mail")
	if err != nil {
		t.Fatal(err)
	}
	return kept.Grant.Refresh
}
