package appliance

import (
	"sync"
	"time"
)

const (
	floodWindow = time.Minute
	floodLines  = 3         // refusals of a peer that are logged in a window; the rest is counted
	floodAt     = 60        // connections of a stranger in a window that are a flood
	floodAtAll  = 600       // of all strangers together
	floodTold   = time.Hour // how long a flood that was told is not told again
	floodPeers  = 384       // counted at a time: a map of 512 places, 48 KiB
)

// floods counts who comes without ever logging in, so that the log says it once and not with every connection: the
// log is on flash, too.
type floods struct {
	mu    sync.Mutex
	peers map[peer]tide // by value, as in throttle
	all   tide          // of all peers
}

// A tide is the connections of one peer in a window.
type tide struct {
	began time.Time // the window
	count int
	told  time.Time // zero: never
}

func newFloods() *floods { return &floods{peers: map[peer]tide{}} }

// A notice is what there is to say of one connection.
type notice struct {
	line bool // this one is worth a line of its own
	peer bool // its peer has begun a flood
	all  bool // many peers together have
}

// count counts a connection of a stranger.
func (f *floods) count(p peer) (says notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	_, says.all = f.all.rise(now, floodAtAll)
	t, ok := f.peers[p]
	if !ok && len(f.peers) >= floodPeers && !f.forget(now) {
		return says
	}
	says.line, says.peer = t.rise(now, floodAt)
	f.peers[p] = t
	return says
}

// rise counts one more; line: it is among the first of its window; told: it makes a flood that was not told yet.
func (t *tide) rise(now time.Time, at int) (line, told bool) {
	if now.Sub(t.began) >= floodWindow {
		t.began, t.count = now, 0
	}
	t.count++
	if t.count == at && (t.told.IsZero() || now.Sub(t.told) >= floodTold) {
		t.told = now
		told = true
	}
	return t.count <= floodLines, told
}

// forget drops who has not come for a while, and says whether there was one. mu is held.
func (f *floods) forget(now time.Time) (room bool) {
	for p, t := range f.peers {
		if now.Sub(t.began) >= floodWindow {
			delete(f.peers, p)
			room = true
		}
	}
	return room
}
