package smtpd

import (
	"strconv"

	"pillarbox/appliance/smtpd/conn"
	"pillarbox/pop3/sasl"
)

// An offer is what a client may use now.
type offer struct {
	server *Server
	client *client
	conn   *conn.Conn
}

// A capability is a line of the reply to EHLO.
type capability struct {
	name    string
	offered func(offer) bool                 // if nil, always
	value   func(o offer, dst []byte) []byte // if nil, none
}

// capabilities is the table of the announced extensions; HELP follows it.
var capabilities = [...]capability{
	{"PIPELINING", nil, nil},          // RFC 2920
	{"SIZE", nil, offer.sizeValue},    // RFC 1870
	{"8BITMIME", nil, nil},            // RFC 6152
	{"SMTPUTF8", nil, nil},            // RFC 6531
	{"CHUNKING", nil, nil},            // RFC 3030
	{"ENHANCEDSTATUSCODES", nil, nil}, // RFC 2034
	{"DSN", offer.reports, nil},       // RFC 3461
	{"STARTTLS", offer.upgrade, nil},
	{"AUTH", offer.login, offer.authValue},      // RFC 4954
	{"AUTH", offer.binding, offer.unboundValue}, // a second time: see [sasl.Unbound]
}

// lines appends the lines of all that is offered.
func (o offer) lines(dst []byte) []byte {
	for _, k := range capabilities {
		if k.offered == nil || k.offered(o) {
			dst = append(append(dst, "250-"...), k.name...)
			if k.value != nil {
				dst = k.value(o, dst)
			}
			dst = append(dst, '\r', '\n')
		}
	}
	return dst
}

func (o offer) sizeValue(dst []byte) []byte {
	return strconv.AppendInt(append(dst, ' '), o.server.maxMessage(), 10)
}

// authValue lists the mechanisms that can be used now.
func (o offer) authValue(dst []byte) []byte {
	return appendNames(dst, sasl.Kinds(o.questions(nil, nil)))
}

func (o offer) unboundValue(dst []byte) []byte {
	return appendNames(dst, sasl.Unbound(o.questions(nil, nil)))
}

func appendNames(dst []byte, kinds []sasl.Kind) []byte {
	for _, k := range kinds {
		dst = append(append(dst, ' '), k.Name...)
	}
	return dst
}

// reports reports whether a delivery report can be promised, see client.reports.
func (o offer) reports() bool { return o.client.reports() }

// upgrade reports whether STARTTLS is possible.
func (o offer) upgrade() bool { return o.server.TLS != nil && !o.client.tls }

// login reports whether the client may authenticate now: under TLS, or from where it may send its
// password without.
func (o offer) login() bool {
	s := o.server
	return s.Auth != nil && (o.client.tls || s.PlaintextAuth != nil && s.PlaintextAuth(o.client.remote))
}

// binding reports whether a login may be bound to the connection.
func (o offer) binding() bool { return o.login() && sasl.Unbound(o.questions(nil, nil)) != nil }

// loginFirst returns what a client without a login has to do before it may send mail (RFC 4954 §6).
func (o offer) loginFirst() error {
	if o.login() || !o.upgrade() {
		return errLoginFirst
	}
	return errTLSFirst
}

// questions returns the callbacks of the mechanisms: they store the client's answers in who and
// call ask.
func (o offer) questions(who *Credentials, ask func() error) sasl.Questions {
	q := sasl.Questions{Password: func(user, password string) error {
		who.User, who.Password = user, password
		return ask()
	}}
	if namer, ok := o.server.Auth.(Namer); ok {
		q.Same = namer.SameUser
	}
	if keeper, ok := o.server.Auth.(Keeper); ok {
		q.Secret = keeper.Secret
		q.Proof = func(user string, p sasl.Proof) error {
			who.User, who.Proof = user, &p
			return ask()
		}
		if state, ok := o.conn.TLS(); ok {
			q.Binding = sasl.Binding(state)
		}
	}
	return q
}
