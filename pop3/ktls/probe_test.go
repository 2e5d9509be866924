package ktls_test

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"syscall"
	"testing"

	"pillarbox/pop3/ktls"
)

// records are what the probe expects, by cipher of linux/tls.h.
var records = map[uint16]string{51: ktls.KnownAESGCM, 54: ktls.KnownChaCha}

// A probed is a kernel that passes the probe, and replaces the keys of some ciphers.
type probed struct {
	replaces map[uint16]bool
	keyed    map[*net.TCPConn]bool
}

func (p *probed) Enable(*net.TCPConn) error { return nil }

// Install sends the known record in place of what the probe sends next.
func (p *probed) Install(conn *net.TCPConn, info []byte) error {
	cipher := binary.NativeEndian.Uint16(info[2:])
	if p.keyed[conn] {
		if !p.replaces[cipher] {
			return syscall.EBUSY
		}
		return nil
	}
	p.keyed[conn] = true
	record, err := hex.DecodeString(records[cipher])
	if err != nil {
		return err
	}
	_, err = conn.Write(record)
	return err
}

func (p *probed) Control(*net.TCPConn, byte, []byte) error { return nil }

// Keys are replaced only if the kernel replaces those of each suite.
func TestProbeRekeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ aes, chacha bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		p := &probed{map[uint16]bool{51: tt.aes, 54: tt.chacha}, map[*net.TCPConn]bool{}}
		rekeys, err := ktls.ProbeRekeys(p)
		if err != nil || rekeys != (tt.aes && tt.chacha) {
			t.Errorf("%+v: keys are replaced: %v, %v", tt, rekeys, err)
		}
	}
}
