// Package qr draws QR codes: as SVG for a page, and as text for a terminal.
//
// The code itself is made by rsc.io/qr/coding. A code is always dark on light with a quiet zone of
// four modules, whatever the colours of the page or the terminal are, because many cameras do not
// read an inverted code. It holds bytes, with error correction level L: a screen is clean, and
// fewer modules are read from farther away.
package qr
