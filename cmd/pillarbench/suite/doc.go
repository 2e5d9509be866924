// Package suite holds a server of POP3, SMTP or LMTP, whoever made it, to the RFCs: transcripts that are played against it over
// the network, each a case with its section, many of them for a mistake that some server has made.
//
//	pop3/*.txt   what a client may rely on who fetches mail
//	smtp/*.txt   what a client may rely on who sends mail, and what reaches the maildrop of it
//	lmtp/*.txt   the same where the client is a mail server
//
// A case says "must" of a server only where an RFC does, or where another answer loses mail, shows it to others or deletes it.
// What a server does not offer is not held against it: the verdict is "absent". A case ends at the first line that differs.
//
// # What a server needs
//
// One account whose maildrop the suite may empty, again and again. Mail is made by the suite itself: by SMTP, else by LMTP, else by a
// command that is told. The account's address is delivered to, nobody else's is; mail for example.com is not taken from
// loopback. Mail that was answered 250 is in the maildrop within ten seconds.
//
// # What a case is
//
//	# D9, RFC 1939 §5: a message that is marked is in no listing.     the section, then the reason
//	[[mail one]]               empties the maildrop, the first time, and delivers a letter (letters.go)
//	[[mail one 3]]             three of them
//	[[empty]]                  empties the maildrop
//	[[arrived 1]]              waits until so many messages are in the maildrop
//	[[needs pop3 STLS]]        the verdict is "absent" unless a line of CAPA, or of EHLO's reply, begins so
//	[[slow]]                   takes minutes; played only when asked for
//	[[on smtp]] [[on pop3s b]] the first word of a party's name is the port it connects to; without, the suite's
//	$user $password $address   what the account is called
//
// All else is a transcript (package transcript). The numbers D1 to D20 are those of mistakes found in other servers; D15, sizes
// above 32 bits, is not among the cases, for it needs a mail of 4 GiB.
package suite
