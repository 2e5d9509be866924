package device

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// procdSockets are the sockets of ubusd, in current versions of OpenWrt and in older ones.
var procdSockets = []string{"var/run/ubus/ubus.sock", "var/run/ubus.sock"}

const (
	procdService  = "pillarbox"     // the name of the init script
	procdInstance = "instance1"     // the name that procd gives the first instance
	procdOff      = 0               // the mode in which the timer is stopped
	procdActive   = 2               // the mode in which the service itself feeds
	procdTimeout  = 2 * time.Second // of a connection to ubusd and of a call
)

// ErrNoProcd is returned if there is no socket of ubus: this system is not OpenWrt, or the jail of
// the service does not contain the socket.
var ErrNoProcd = errors.New("procd was not found: no socket of ubus is here " +
	`(in a jail it takes the option "ubus")`)

// errHidden is returned if a lookup does not find procd's object. ubusd hides an object from a
// caller that may call none of its methods.
var errHidden = errors.New(`ubus: no access to the object "service": ` +
	`this user needs an ACL in /usr/share/acl.d that permits its method "watchdog"; ` +
	"after a change there, killall -HUP ubusd")

// A ProcdTimer is the watchdog that procd has for an instance of a service. A call of the method
// "watchdog" of the ubus object "service" restarts the timer. When the timer expires, procd ends
// the instance, and starts it again if the init script has "respawn".
type ProcdTimer struct {
	path    string
	timeout time.Duration
	bus     *ubus  // nil if the connection was lost
	object  uint32 // the id of "service"; 0 before the lookup
}

// DialProcd finds procd below root and starts the timer. It fails if this process is not a service
// of procd or has no permission for the call.
func DialProcd(root string, timeout time.Duration) (*ProcdTimer, error) {
	p, err := findProcd(root, timeout)
	if err != nil {
		return nil, err
	}
	if err := p.Feed(); err != nil {
		return nil, err
	}
	return p, nil
}

// PauseProcd stops the timer until the first feed. procd keeps the mode of an instance that it
// restarts, and restarts its timer too: if opening the spool took longer than the timeout, procd
// would end each start of the server.
func PauseProcd(root string, timeout time.Duration) error {
	p, err := findProcd(root, timeout)
	if err != nil {
		return err
	}
	return p.Disarm()
}

func findProcd(root string, timeout time.Duration) (*ProcdTimer, error) {
	for _, path := range procdSockets {
		path = filepath.Join(root, path)
		if _, err := os.Stat(path); err == nil {
			return &ProcdTimer{path: path, timeout: timeout / time.Second * time.Second}, nil
		}
	}
	return nil, ErrNoProcd
}

// Feed restarts the timer. It connects again if ubusd was restarted since the last call.
func (p *ProcdTimer) Feed() error { return p.call(procdActive) }

// Timeout returns the timeout that DialProcd was called with. procd does not bound it.
func (p *ProcdTimer) Timeout() time.Duration { return p.timeout }

// Disarm stops the timer and closes the connection. It succeeds if procd is stopping the instance:
// procd has removed the instance and its timer then.
func (p *ProcdTimer) Disarm() error {
	err := p.call(procdOff)
	p.disconnect()
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// call sets the mode. It repeats a call that fails on a connection that was open before.
func (p *ProcdTimer) call(mode uint32) error {
	reused := p.bus != nil
	err := p.try(mode)
	if err != nil && reused {
		p.disconnect()
		err = p.try(mode)
	}
	if err != nil {
		p.disconnect()
	}
	return err
}

func (p *ProcdTimer) disconnect() {
	if p.bus != nil {
		p.bus.conn.Close()
		p.bus = nil
	}
}

// try makes one call, and connects before it if there is no connection.
func (p *ProcdTimer) try(mode uint32) (err error) {
	if p.bus == nil {
		if p.bus, err = dialUbus(p.path, procdTimeout); err != nil {
			return err
		}
		p.object = 0
	}
	p.bus.conn.SetDeadline(time.Now().Add(procdTimeout))
	if p.object == 0 {
		if err := p.lookup(); err != nil {
			return err
		}
	}
	arguments := appendStringArgument(nil, "name", procdService)
	arguments = appendStringArgument(arguments, "instance", procdInstance)
	arguments = appendIntArgument(arguments, "mode", mode)
	arguments = appendIntArgument(arguments, "timeout", uint32(p.timeout/time.Second))
	content := appendUint32(nil, attrObject, p.object)
	content = appendString(content, attrMethod, "watchdog")
	content = appendAttribute(content, attrData, arguments)
	return p.bus.call(ubusInvoke, p.object, content, func(byte, []byte) {})
}

// lookup sets the id of the object.
func (p *ProcdTimer) lookup() error {
	path := appendString(nil, attrPath, "service")
	err := p.bus.call(ubusLookup, 0, path, func(id byte, value []byte) {
		if id == attrObject && len(value) == 4 {
			p.object = binary.BigEndian.Uint32(value)
		}
	})
	if err == nil && p.object == 0 {
		return errHidden
	}
	return err
}
