package fetcher

import (
	"fmt"
	"net"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/provider"
)

// ldaProgram is Dovecot's delivery program.
const ldaProgram = "/usr/lib/dovecot/dovecot-lda"

// A target is where fetchmail or getmail hand mail over, and which provider they trust.
type target struct {
	trusted string // file with the certificate of the provider
	lmtp    string // address
	lda     string // "", or the program in place of it; its configuration is lda.conf in the home
}

// silence is how many seconds they wait for the provider.
const silence = 60

// fetchmailConfig leaves the mail at the provider, and hands it over by LMTP.
func fetchmailConfig(to target, a provider.Account) string {
	_, port, _ := net.SplitHostPort(a.Address)
	uidl := " uidl"
	if a.Protocol == provider.IMAP {
		uidl = ""
	}
	how := fmt.Sprintf("mda \"%s -c lda.conf\"", to.lda)
	if to.lda == "" {
		host, lmtp, _ := net.SplitHostPort(to.lmtp)
		how = fmt.Sprintf("smtphost \"%s/%s\" smtpaddress home.arpa lmtp", host, lmtp)
	}
	return fmt.Sprintf("poll 127.0.0.1 protocol %s service %s%s timeout %d\n  user \"%s\" password \"%s\" is \"%s\" here keep ssl sslcertck sslcertfile \"%s\" sslcommonname localhost\n  %s\n",
		a.Protocol, port, uidl, silence, a.User, client.Password, Mailbox, to.trusted, how)
}

// getmailConfig leaves the mail at the provider, and hands it over by LMTP.
func getmailConfig(to target, a provider.Account) string {
	_, port, _ := net.SplitHostPort(a.Address)
	class, more := "SimplePOP3SSLRetriever", ""
	if a.Protocol == provider.IMAP {
		class, more = "SimpleIMAPSSLRetriever", "mailboxes = (\"INBOX\",)\n"
	}
	host, lmtp, _ := net.SplitHostPort(to.lmtp)
	how := fmt.Sprintf("type = MDA_lmtp\nhost = %s\nport = %s\noverride = %s@home.arpa\n", host, lmtp, Mailbox)
	return fmt.Sprintf("[retriever]\ntype = %s\nserver = 127.0.0.1\nport = %s\nusername = %s\npassword = %s\ntimeout = %d\n%s[destination]\n%s[options]\ndelete = false\nread_all = false\n",
		class, port, a.User, client.Password, silence, more, how)
}
