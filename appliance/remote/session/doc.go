// Package session has what a session with a provider's server is made of, whatever its protocol:
// the messages that it lists, and the errors that decide what happens next.
//
// It opens no connection. Packages popclient and imapfetch speak the protocols, package link
// carries these values between the server and its child process.
//
// # Errors
//
// An error of a session is an [Error] with a kind, because the kind and not the text decides:
//
//	Network      no route, no name, a broken line       the account waits, and nothing is reported
//	Busy         [IN-USE], LOGIN-DELAY, throttling      the account waits as long as the server says
//	Auth         the login was refused                  two attempts, then a person has to act
//	Certificate  the server cannot be trusted           no login is sent
//	Protocol     the server breaks the protocol         the account waits
//	Refused      the server refuses one command         the message is left out
//	Full         there is no room here                  the account waits, its owner is notified
//	Expired      by the date here no certificate holds  the clock decides: Network, or Certificate
//	Ended        the consent of OAuth has ended         a person has to act, at once
package session
