package child

import "testing"

// FuzzTicket: octets that are no ticket are none.
func FuzzTicket(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("\x03abc\x03\x04"))
	f.Fuzz(func(t *testing.T, in []byte) {
		one := parseTicket(in)
		if state, ok := one.Get(""); ok != (state != nil) {
			t.Errorf("%v, %v", state, ok)
		}
		one.Ticket()
	})
}
