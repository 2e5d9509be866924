package provider

import (
	"errors"
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// Protocols by which mail is fetched.
const (
	POP3 = "pop3"
	IMAP = "imap"
)

// An Account is a mailbox at the provider. Any password is right.
type Account struct {
	Protocol string // POP3 or IMAP
	Address  string // of the server, or of a Proxy before it
	User     string
	Polled   bool // by a server that polls by itself, as often as it can
}

// A Provider is a running Dovecot.
type Provider struct {
	peer *server.Peer
}

// Start starts a provider by a script (scripts/peers.sh), with its files in a folder.
func Start(script, folder, log string) (*Provider, error) {
	p := &Provider{server.NewPeer(script, "dovecot-provider", folder, log)}
	if err := p.peer.Start(); err != nil {
		return nil, fmt.Errorf("the provider: %w", err)
	}
	if p.address(POP3) == "" || p.address(IMAP) == "" {
		return nil, errors.Join(errors.New("the provider has no POP3 or no IMAP"), p.Stop())
	}
	return p, nil
}

// Stop ends it.
func (p *Provider) Stop() error { return p.peer.Stop() }

// Certificate is the file with its certificate, which is for localhost.
func (p *Provider) Certificate() string { return p.peer.Certificate() }

func (p *Provider) address(protocol string) string {
	if protocol == IMAP {
		return p.peer.IMAPS()
	}
	return p.peer.MaildropTLS()
}

// Account is a mailbox that is reached without a proxy.
func (p *Provider) Account(protocol, user string) Account {
	return Account{Protocol: protocol, Address: p.address(protocol), User: user}
}

// Through is a mailbox that is reached through a new proxy.
func (p *Provider) Through(protocol, user string) (Account, *Proxy, error) {
	proxy, err := NewProxy(p.address(protocol))
	if err != nil {
		return Account{}, nil, err
	}
	return Account{Protocol: protocol, Address: proxy.Address(), User: user}, proxy, nil
}

// Remove removes a mailbox.
func (p *Provider) Remove(user string) error { return p.peer.RemoveMaildir(user) }

// Fill adds messages to a mailbox.
func (p *Provider) Fill(user string, l client.Load, first uint64, messages int) error {
	return p.peer.FillMaildir(user, l, first, messages)
}
