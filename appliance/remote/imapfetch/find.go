package imapfetch

import (
	"github.com/emersion/go-imap/v2"
)

// ownTrace is in the Received field of what this server sends (package smtpd).
const ownTrace = "by localhost (pillarbox)"

// Find reports whether one of the folders has a message with a Message-ID that this server has
// sent: the copy that a mail client leaves there itself has no trace of it, and says nothing.
func (m *Mailbox) Find(messageID string) (_ bool, err error) {
	defer m.cause(&err)
	criteria := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{
		{Key: "Message-ID", Value: messageID}, {Key: "Received", Value: ownTrace},
	}}
	for i := range m.folders {
		if _, err := m.open(i, false); err != nil {
			return false, err
		}
		data, err := m.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return false, failed("SEARCH", err, false)
		}
		if len(data.AllUIDs()) > 0 {
			return true, nil
		}
	}
	return false, nil
}
