package grant

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/remote/session"
)

const (
	// rewrite is how often a refresh token is written whose predecessors stay valid.
	rewrite = 24 * time.Hour
	// early is how long before its end an access token is not used any more.
	early = time.Minute
	// longest bounds a request that uses up a refresh token: 45 s to connect, 60 s for the answer.
	// lastly is how long it goes on at a stop, which service managers end after 20 s or more.
	longest = 105 * time.Second
	lastly  = 15 * time.Second
	// warning is how long before a known end the owner is told; warningShort, if that would be at
	// the beginning.
	warning      = 7 * 24 * time.Hour
	warningShort = 24 * time.Hour
)

// mayWrite is W_OK of access(2), by which a file system that has become read-only is found before a
// refresh token is used up.
const mayWrite = 2

// A Purpose is what an access token is for.
type Purpose int

// The purposes.
const (
	Fetch Purpose = iota
	Send
)

// A Keeper gives out access tokens. Its fields are set before the first call and not changed.
type Keeper struct {
	State string // directory
	Send  oauth.Exchange
	// Tell stores a message for the owner of an account.
	Tell  func(ctx context.Context, n Notice) error
	Clock func() (now time.Time, trusted bool)
	Log   *zap.Logger

	// change changes a file in the place of secret.Change; set by tests alone.
	change func(state, name string, change func(*secret.Secret) error) error

	mu       sync.Mutex
	accounts map[string]*held
}

// held is what is in memory of an account.
type held struct {
	sync.Mutex
	login   string // of the grant that the others are from
	refresh string // the newest token, which may be newer than that of the file
	unsaved bool   // it has to be written before anything else
	ends    time.Time
	access  [Send + 1]access
}

type access struct {
	token string
	until time.Time
}

func (k *Keeper) held(name string) *held {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.accounts == nil {
		k.accounts = map[string]*held{}
	}
	if k.accounts[name] == nil {
		k.accounts[name] = &held{}
	}
	return k.accounts[name]
}

// Token returns an access token of an account. fresh says that it was got just now. The error has
// the kind session.Ended if the owner has to log in again.
func (k *Keeper) Token(ctx context.Context, name string, purpose Purpose) (token string, fresh bool, err error) {
	h := k.held(name)
	h.Lock()
	defer h.Unlock()
	kept, err := secret.Load(k.State, name)
	if err != nil {
		return "", false, &session.Error{Kind: session.Protocol, Text: err.Error()}
	}
	g := kept.Grant
	if g == nil {
		return "", false, session.Errorf(session.Ended, "it has no login by OAuth 2.0")
	}
	if h.login != g.Login {
		h.login, h.refresh, h.unsaved, h.ends, h.access = g.Login, g.Refresh, false, g.Ends, [Send + 1]access{}
	}
	if g.Ended != "" {
		if !g.Told {
			k.end(ctx, name, g)
		}
		return "", false, session.Errorf(session.Ended, "%s", g.Ended)
	}
	k.warn(ctx, name, g)
	if h.unsaved {
		if err := k.store(name, h); err != nil {
			return "", false, err
		}
	}
	if a := h.access[purpose]; a.token != "" && time.Now().Before(a.until) {
		return a.token, false, nil
	}
	err = k.refresh(ctx, name, h, g, purpose)
	if err != nil {
		return "", false, err
	}
	return h.access[purpose].token, true, nil
}

// refresh gets an access token. h is locked.
func (k *Keeper) refresh(ctx context.Context, name string, h *held, g *secret.Grant, purpose Purpose) error {
	c := oauth.Client{ID: g.Client, Secret: g.Secret, Header: g.Header, Token: g.TokenURL, Pin: g.Pin}
	scope := g.Fetch
	if purpose == Send {
		scope = g.Send
	}
	if !g.Stays && syscall.Access(filepath.Join(k.State, secret.Folder), mayWrite) != nil {
		return session.Errorf(session.Busy, "the state directory cannot be written, so that the login is not used: the provider may replace its refresh token")
	}
	if ctx.Err() != nil {
		return session.As(ctx.Err())
	}
	if !g.Stays {
		var cancel context.CancelFunc
		ctx, cancel = outlasting(ctx)
		defer cancel()
	}
	t, err := c.Refresh(ctx, k.Send, h.refresh, scope)
	if e := session.As(err); e != nil {
		if e.Kind == session.Ended {
			g.Ended = e.Text
			k.end(ctx, name, g)
		}
		return e
	}
	lasts := t.Lasts - min(early, t.Lasts/2)
	h.access[purpose] = access{t.Access, time.Now().Add(lasts)}
	if t.Ends > 0 {
		now, _ := k.Clock()
		h.ends = now.Add(t.Ends)
	}
	if t.Refresh == "" || t.Refresh == h.refresh {
		return nil
	}
	h.refresh = t.Refresh
	if !g.Stays {
		h.unsaved = true
		return k.store(name, h)
	}
	if age := time.Since(secret.Written(k.State, name)); age >= 0 && age < rewrite {
		return nil
	}
	if err := k.store(name, h); err != nil {
		k.Log.Warn("storing a refresh token failed; the one before it stays valid", zap.String("remote_account", name), zap.Error(err))
	}
	return nil
}

// outlasting returns the context of a request that uses up a refresh token. The next one is in the
// answer alone, so that the request goes on for a while when ctx has ended, as the server stops.
func outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastly, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}

// store writes the refresh token. h is locked.
func (k *Keeper) store(name string, h *held) error {
	err := k.update(name, h.login, func(g *secret.Grant) {
		g.Refresh, g.Ends = h.refresh, h.ends
		if now, _ := k.Clock(); g.Ends.IsZero() || g.Ends.Sub(now) > warning {
			g.Warned = false
		}
	})
	if err != nil {
		return session.Errorf(session.Busy, "the new refresh token of the provider cannot be stored, so that the login is not used: %v", err)
	}
	h.unsaved = false
	return nil
}

// Forget drops an access token that a server did not accept.
func (k *Keeper) Forget(name, token string) {
	h := k.held(name)
	h.Lock()
	defer h.Unlock()
	for i := range h.access {
		if h.access[i].token == token {
			h.access[i] = access{}
		}
	}
}

// errReplaced is returned for a login in whose place there is another one.
var errReplaced = errors.New("another login was made meanwhile")

// update changes the grant in the file of an account, if it still belongs to a login.
func (k *Keeper) update(name, login string, change func(*secret.Grant)) error {
	write := k.change
	if write == nil {
		write = secret.Change
	}
	return write(k.State, name, func(kept *secret.Secret) error {
		if kept.Grant == nil || kept.Grant.Login != login {
			return errReplaced
		}
		change(kept.Grant)
		return nil
	})
}

// end notifies the owner that a login has ended, and records it.
func (k *Keeper) end(ctx context.Context, name string, g *secret.Grant) {
	told := k.tell(ctx, Notice{Account: name, Ended: g.Ended})
	err := k.update(name, g.Login, func(now *secret.Grant) { now.Ended, now.Told = g.Ended, told })
	if err != nil && !errors.Is(err, errReplaced) {
		k.Log.Error("noting the end of a login failed: the owner may be told again", zap.String("remote_account", name), zap.Error(err))
	}
}

// warn notifies the owner that a login will end.
func (k *Keeper) warn(ctx context.Context, name string, g *secret.Grant) {
	now, trusted := k.Clock()
	before := warning
	if g.Short {
		before = warningShort
	}
	if g.Ends.IsZero() || g.Warned || !trusted || g.Ends.Sub(now) > before {
		return
	}
	if !k.tell(ctx, Notice{Account: name, Ends: g.Ends}) {
		return
	}
	if err := k.update(name, g.Login, func(now *secret.Grant) { now.Warned = true }); err != nil {
		k.Log.Error("noting the message about the end of a login failed: it will be sent again", zap.String("remote_account", name), zap.Error(err))
	}
}

// tell stores a message, and reports whether that was possible.
func (k *Keeper) tell(ctx context.Context, n Notice) bool {
	err := k.Tell(context.WithoutCancel(ctx), n)
	if err != nil {
		k.Log.Error("telling the owner of a remote account failed", zap.String("remote_account", n.Account), zap.Error(err))
	}
	return err == nil
}
