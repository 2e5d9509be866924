package ktls

import "crypto/tls"

// Parse is parseKeyLog, for the tests.
func Parse(line string) ([32]byte, bool) { return parseKeyLog(line) }

// Info returns the structure for AES-128-GCM under a secret.
func Info(s [32]byte, sequence uint64) []byte { return suites[0].info(s, sequence) }

// Next returns the secret that follows.
func Next(s [32]byte) [32]byte { return secret(s).next() }

// What the probe expects.
const (
	ProbeText   = probeText
	ProbeNumber = probeNumber
	KnownAESGCM = knownAESGCM
	KnownChaCha = knownChaCha
)

// ProbeSecret is the secret of the probe.
func ProbeSecret() [32]byte { return probeSecret() }

// Probe probes a kernel.
func Probe(s Socket) error { return (&offer{socket: s}).probe() }

// ProbeRekeys probes a kernel, and reports whether it replaces keys.
func ProbeRekeys(s Socket) (bool, error) {
	o := &offer{socket: s}
	err := o.probe()
	return o.rekeys, err
}

// Rekeys reports whether keys of a socket can be replaced.
func (k *Kernel) Rekeys() bool { return k.rekeys }

// Uncertain is returned by Switch when the number of the next record is not certain.
var Uncertain = errUncertain

// Count lets a new Tap count records, and returns how many and what is in them.
func Count(pieces ...[]byte) (records uint64, inside int64, whole bool) {
	var t Tap
	for _, b := range pieces {
		t.count(b)
	}
	return t.records, t.inside, t.have == 0 && t.body == 0
}

// Kept returns the configuration and the sending cipher that crypto/tls has, or nil for a field
// that it does not have.
func Kept(c *tls.Conn) (config **tls.Config, sender *any) { return configOf(c), senderOf(c) }

// Config returns the configuration of the connections of k.
func (k *Kernel) Config() *tls.Config { return k.config }
