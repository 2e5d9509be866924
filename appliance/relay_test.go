package appliance

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"pillarbox/appliance/access"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/smtpd"
)

// sources has one remote account, whose device is at an address.
type sources struct{ device string }

func (s sources) Accounts() []outbound.Account {
	return []outbound.Account{{
		Name: "anna-mail", Owner: "anna", Addresses: []string{"anna@example.org"},
		Devices: []netip.Prefix{netip.MustParsePrefix(s.device + "/32")},
	}}
}

func (sources) Generation(string) string { return "" }

// TestDeviceOverItsLimit: a device that has sent its messages of the day is told to come again, not
// that it may not send; another client is a stranger before and after.
func TestDeviceOverItsLimit(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	r := relay{outbound.New(outbound.Options{Accounts: sources{"192.168.1.20"}}), &access.Table{}}
	from := func(addr string) error {
		_, err := r.Outgoing(t.Context(), &smtpd.Envelope{Remote: netip.MustParseAddr(addr), Conn: near})
		return err
	}
	granted := 0
	var err error
	for err = from("192.168.1.20"); err == nil && granted < 1000; err = from("192.168.1.20") {
		granted++
	}
	var denied *smtpd.Denied
	if granted == 0 || !errors.As(err, &denied) || !denied.Temporary {
		t.Errorf("after %d messages: %v", granted, err)
	}
	if err := from("192.168.1.21"); err != smtpd.ErrForeign {
		t.Errorf("a stranger: %v", err)
	}
}
