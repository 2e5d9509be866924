// Package pop3 is a POP3 server (RFC 1939 with RFC 2449, 2595, 3206 and 5034).
package pop3
