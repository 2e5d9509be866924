// Package web serves the pages of the server: set-up facts for mail clients on HTTP, and log-in,
// status and changes on HTTPS only. It also serves what clients read to set themselves up (package
// autoconfig).
//
// It stores nothing and opens no mailbox: all that it shows or changes goes through Backend. It
// refuses to show a subject, a sender or text of a message; to log anybody in over HTTP, except on
// this machine; and to make a first administrator: the password of the first start opens it.
//
//	              ┌ Host of ours? ┐   ┌ table of ┐   ┌ POST: same origin? ┐
//	ServeConn ──► │ else 421      ├──►│ paths    ├──►│ session? token?    ├──► handler ──► Backend
//	 one session  └───────────────┘   └──────────┘   └────────────────────┘
//
// Invariants:
//
//	W1  Nothing is answered before the Host check, on HTTP and HTTPS alike: a name that is not one of
//	    the server (DNS rebinding) gets 421 and a page without data. IP literals are safe, because a
//	    rebound page carries the name of its attacker.
//	W2  A GET changes nothing, and no page view writes to the state directory.
//	W3  A POST needs all of: Sec-Fetch-Site, where there, is same-origin or none; Origin, where
//	    there, is scheme and Host of the request; one of the two is there; the token of the session
//	    is in the form; the cookie is SameSite=Strict. Autodiscover is the exception: it changes
//	    nothing.
//	W4  On HTTP there is no cookie, and no POST but Autodiscover's and those of this machine itself.
//	W5  Every answer has the headers of guard.go: no script, no frame, no third party, and no HSTS,
//	    which would make an own certificate impossible to accept.
//	W6  Sessions are in memory: 16 in all, 4 of an account, the oldest ends. One ends after 20
//	    minutes without a request or 12 hours (30 days if the user said so), with a change of the
//	    password, and with the account. Only the SHA-256 of a cookie is kept.
//	W7  A password is judged by Backend.LogIn, which has the limits of the mail protocols.
//	W8  A handler that panics ends its request. It never ends a mail session: the caller gives this
//	    package connections of a share of its own.
//	W9  A page with its style is at most 12 KB in 2 requests, without script.
//
// # Life of a connection
//
// ServeConn runs the TLS handshake, serves requests until the client or the context ends the
// connection, and returns when it is closed. At rest there is no goroutine.
//
// # What it costs
//
// The page, what sets clients up, multicast DNS and doctor add 0.8 MB to the program for flash. At
// rest they add about 0.2 MiB of private memory.
//
//	connection.go        NewServer, connections
//	route.go             the table of paths
//	guard.go             headers, Host, Origin (Fetch Metadata, RFC 6454)
//	session.go           cookies, tokens (RFC 6265bis §4.1.2)
//	backend.go           what the pages ask of the server
//	server.go            what the handlers share
//	request.go           a request, and the answer with a page
//	words.go             times, sizes and counts in words
//	public.go machine.go pages and documents without a log-in
//	login.go me.go people.go system.go
//	*.templ style.css    how pages look (WCAG 2.2 AA); *_templ.go is generated: go generate
//	component            what the generated code calls, in place of templ's own packages
package web

//go:generate ../../scripts/templ.sh
