package watchdog

import (
	"cmp"
	"encoding/binary"
	"errors"
	"os"
	"time"
)

// procdSockets are where ubusd listens, in today's OpenWrt and in older ones.
var procdSockets = []string{"/var/run/ubus/ubus.sock", "/var/run/ubus.sock"}

const (
	procdService  = "pillarbox" // the name of the init script
	procdInstance = "instance1" // what procd calls the first one
	procdActive   = 2           // the mode in which the service itself feeds; 0 is off
	procdPatience = 2 * time.Second
)

// A procd is the watchdog that procd keeps for each service that asks for it: a call of "service watchdog" over ubus starts its timer
// anew, and when it runs out the instance is started again if the init script has "respawn".
type procd struct {
	path    string
	timeout time.Duration
	bus     *ubus // nil: the connection was lost
	object  uint32
}

// DialProcd finds procd and starts the timer. It fails where this is no service of procd, or may not call it.
func DialProcd(timeout time.Duration) (Device, error) { return dialProcd(procdSockets, timeout) }

func dialProcd(paths []string, timeout time.Duration) (Device, error) {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		p := &procd{path: path, timeout: timeout / time.Second * time.Second}
		return p, p.Feed()
	}
	return nil, errors.New("procd is not here: there is no socket of ubus")
}

// Feed starts the timer anew. procd may have been started again meanwhile.
func (p *procd) Feed() error { return p.call(procdActive) }

// Timeout is what was asked for: procd has no bounds.
func (p *procd) Timeout() time.Duration { return p.timeout }

// Disarm stops the timer and hangs up.
func (p *procd) Disarm() error {
	err := p.call(0)
	p.hangUp()
	return err
}

func (p *procd) call(mode uint32) error {
	kept := p.bus != nil
	err := p.try(mode)
	if err != nil && kept {
		p.hangUp()
		err = p.try(mode)
	}
	if err != nil {
		p.hangUp()
	}
	return err
}

func (p *procd) hangUp() {
	if p.bus != nil {
		p.bus.conn.Close()
		p.bus = nil
	}
}

// try makes one call, connecting before it where it has to.
func (p *procd) try(mode uint32) (err error) {
	if p.bus == nil {
		if p.bus, err = dialUbus(p.path, procdPatience); err != nil {
			return err
		}
		p.object = 0
	}
	p.bus.conn.SetDeadline(time.Now().Add(procdPatience))
	if p.object == 0 {
		err := p.bus.ask(ubusLookup, 0, attributeText(nil, attrPath, "service"), func(id byte, value []byte) {
			if id == attrObject && len(value) == 4 {
				p.object = binary.BigEndian.Uint32(value)
			}
		})
		if err = cmp.Or(err, p.known()); err != nil {
			return err
		}
	}
	text := func(s string) []byte { return append([]byte(s), 0) }
	number := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	arguments := argument(nil, namedString, "name", text(procdService))
	arguments = argument(arguments, namedString, "instance", text(procdInstance))
	arguments = argument(arguments, namedInt, "mode", number(mode))
	arguments = argument(arguments, namedInt, "timeout", number(uint32(p.timeout/time.Second)))
	content := attribute32(nil, attrObject, p.object)
	content = attributeText(content, attrMethod, "watchdog")
	content = attributeOf(content, attrData, arguments)
	return p.bus.ask(ubusInvoke, p.object, content, func(byte, []byte) {})
}

func (p *procd) known() error {
	if p.object == 0 {
		return errors.New("ubus: it does not know procd's services")
	}
	return nil
}
