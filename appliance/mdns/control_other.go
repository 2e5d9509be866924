//go:build !linux

package mdns

const controlSize = 64

func destination([]byte, bool) (index int, group bool)    { return 0, false }
func appendControl(b []byte, index int, wide bool) []byte { return b }
