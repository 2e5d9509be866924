// Package link lets the server send mail by a session that another process has: the child, which
// speaks with the outgoing server of a provider. The two have a stream between them, a socket pair.
//
//	server: open TARGET              child: offers … | error
//	server: send MESSAGE             child: body                 as often as it needs the content
//	server: size, data … | fail      child: results … [error]
//	server: quit                     the child ends the session, then the stream
//
// A frame is a kind, a length of four octets, little endian, and fields: a length as a varint,
// octets. It has at most 256 KiB. The secret is a field of "open", so that it is neither in the
// arguments of the child nor in its environment.
//
// The server believes nothing of the child but the results of its own messages: a child that was
// taken over can claim that mail was sent, and see what it sends, and no more.
//
// # Invariants
//
//	L1  A frame that is too long, cut short or of another kind ends the session with an error.
//	L2  Neither side holds more than a frame of the content.
//	L3  The child sends results for as many recipients as the message has, or the session ends.
//	L4  An error keeps its meaning: the sentinels of package smarthost are found by
//	    errors.Is on the server's side, a *smarthost.Refusal by errors.As.
//
//	frame.go   frames and fields        values.go  what is in them
//	client.go  the server's side        serve.go   the child's side
package link
