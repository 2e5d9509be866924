package mailhost

import (
	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"pillarbox/cmd/pillarbench/client"
)

// imapServer returns a server with the mailboxes that are read by IMAP.
func (p *Provider) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			p.begin(nil)
			return &imapSession{provider: p}, nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}},
		// The listener has TLS.
		InsecureAuth: true,
		// A session that is cut off is no error here.
		Logger: silent{},
	})
}

// silent logs nothing.
type silent struct{}

func (silent) Printf(string, ...any) {}

// An imapSession is one session. The memory server has the texts.
type imapSession struct {
	*imapmemserver.UserSession
	provider *Provider
	mailbox  *Mailbox
}

func (s *imapSession) Login(user, password string) error {
	m := s.provider.mailboxes[user]
	if m == nil || m.protocol != IMAP || password != client.Password {
		return imapserver.ErrAuthFailed
	}
	s.mailbox, s.UserSession = m, imapmemserver.NewUserSession(m.imap)
	return nil
}

// Close ends a session, which may not have logged in.
func (s *imapSession) Close() error {
	defer s.provider.end(nil)
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

// Fetch counts the messages whose text is read from the first octet on.
func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	for _, section := range o.BodySection {
		if section.Specifier == imap.PartSpecifierNone && (section.Partial == nil || section.Partial.Offset == 0) {
			s.mailbox.retrieve()
		}
	}
	return s.UserSession.Fetch(w, set, o)
}

// Expunge deletes. A client that names unique-ids (RFC 4315) has marked them before, and one that
// names none has marked what it means; that one is taken to delete everything.
func (s *imapSession) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	s.mailbox.remove(func(h held) bool { return uids == nil || uids.Contains(imap.UID(h.uid)) })
	return s.UserSession.Expunge(w, uids)
}
