// Package suite holds any server of POP3, SMTP or LMTP to the RFCs. It plays transcripts against
// it over the network, each a case with its section. Many of them are for a mistake that some
// server has made.
//
//	pop3/*.txt   what a client that retrieves mail may rely on
//	smtp/*.txt   what a client that sends mail may rely on, and what arrives in the maildrop
//	lmtp/*.txt   the same for a mail server as the client
//
// A case requires something of a server only if an RFC does, or if other behaviour loses mail,
// shows it to others or deletes it. What a server does not offer is no failure: the verdict is
// "absent". A case ends at the first line that differs.
//
// # What a server needs
//
// An account whose maildrop the suite may empty, again and again. The suite delivers its own
// messages, by SMTP, by LMTP, or by a command. The server accepts mail for the account's address,
// rejects mail for other local addresses, and does not accept mail for example.com from loopback.
// An acknowledged message is in the maildrop within ten seconds.
//
// # What a case is
//
//	# D9, RFC 1939 §5: a message that is marked is in no listing.     the section, then the reason
//	[[mail one]]               empties the maildrop, the first time, and delivers a message
//	[[mail one 3]]             delivers three of them
//	[[empty]]                  empties the maildrop
//	[[arrived 1]]              waits until there are as many messages in the maildrop
//	[[needs pop3 STLS]]        is "absent" unless a line of the reply to CAPA or EHLO begins so
//	[[slow]]                   takes minutes; played only on request
//	[[on smtp]] [[on pop3s b]] the first word of a party's name is its port, if it is one
//	$user $password $address   of the account
//
// All else is a transcript (package transcript). The numbers D1 to D20 are those of mistakes
// found in other servers. D15, sizes above 32 bits, has no case, because it needs a message of 4
// GiB.
package suite
