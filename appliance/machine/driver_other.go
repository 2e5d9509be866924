//go:build !linux

package machine

// driverOf returns the driver of an interface. Containers have Linux.
func driverOf(string) string { return "" }
