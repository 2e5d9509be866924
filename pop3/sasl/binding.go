package sasl

import "crypto/tls"

// bindingSize is the length of a channel binding in octets (RFC 9266 §2).
const bindingSize = 32

// Binding returns the tls-exporter value of a connection (RFC 9266), nil below TLS 1.3.
func Binding(state tls.ConnectionState) []byte {
	if state.Version < tls.VersionTLS13 {
		return nil
	}
	value, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, bindingSize)
	if err != nil {
		return nil
	}
	return value
}
