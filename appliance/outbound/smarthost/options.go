package smarthost

import "crypto/tls"

// Options of a session.
type Options struct {
	// Hello is what the client calls itself: a domain or an address literal. Default "[127.0.0.1]",
	// which tells the provider, and through its Received field every recipient, nothing.
	Hello string
	// TLS is the configuration with the server's name; its certificates are the caller's choice.
	// Required.
	TLS *tls.Config
	// Implicit begins with the TLS handshake (port 465); otherwise STARTTLS is required.
	Implicit bool
	// Login is how the client proves who it is.
	Login Login
	// Timeouts bound every wait.
	Timeouts Timeouts
}

// A Login is a user with a password or an OAuth 2.0 access token. One of the two is set.
type Login struct {
	User, Password, Token string
}
