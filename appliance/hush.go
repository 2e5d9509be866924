package appliance

import (
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

const (
	hushWindow = time.Minute
	hushLines  = 5    // of one client's troubles, in a window
	hushAll    = 60   // of all clients' troubles together
	hushPeers  = 1024 // clients counted at a time; more are hushed
)

// A hush keeps the log from being flooded from outside. A line is a trouble of a client when it tells an address and an error,
// or a login that was not made: of those it lets a few pass a window, and the first line of the next window says how many
// it kept. Lines of who is served are never kept, nor are those that tell no address.
type hush struct {
	mu    sync.Mutex
	began time.Time      // the window
	lines map[string]int // by address
	all   int            // that passed
	kept  int
}

// pass says whether a line about remote may pass, and how many were kept in the window that is over.
func (h *hush) pass(remote string, now time.Time) (yes bool, kept int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lines == nil || now.Sub(h.began) >= hushWindow || now.Before(h.began) {
		kept = h.kept
		h.began, h.lines, h.all, h.kept = now, map[string]int{}, 0, 0
	}
	n, counted := h.lines[remote]
	if n >= hushLines || h.all >= hushAll || !counted && len(h.lines) >= hushPeers {
		h.kept++
		return false, kept
	}
	h.lines[remote] = n + 1
	h.all++
	return true, kept
}

// troubleOf returns whose trouble a line tells; "": nobody's. of is what the fields before have told.
func troubleOf(of string, level zapcore.Level, fields []zapcore.Field) (remote string, trouble bool) {
	remote = of
	for _, f := range fields {
		switch {
		case f.Key == "remote" && f.Type == zapcore.StringType:
			remote = f.String
		case f.Key == "remote" && f.Type == zapcore.StringerType:
			remote = f.Interface.(interface{ String() string }).String()
		case f.Key == "login" && f.Type == zapcore.BoolType && f.Integer == 0,
			(f.Key == "err" || f.Key == "error") && f.Type == zapcore.ErrorType:
			trouble = true
		}
	}
	return remote, trouble && level <= zapcore.WarnLevel && remote != "" && remote != "local"
}
