package report

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"
)

// ErrNoSender is returned for a report to the null reverse-path.
var ErrNoSender = errors.New("report: a message with the null reverse-path is not answered")

// Compose returns the report as a message in lines that end in CRLF, without byte-stuffing.
func (r *Report) Compose() ([]byte, error) {
	if r.To == "" {
		return nil, ErrNoSender
	}
	var random [16]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	host := cmp.Or(clean(r.Hostname), "localhost")
	status, header := r.types()
	w := &writer{}

	w.line("From: Mail delivery <postmaster@%s>", host)
	w.field("To", "<"+r.To+">")
	w.line("Date: %s", r.Now.Format(time.RFC1123Z))
	w.line("Message-ID: <%s@%s>", id, host)
	w.line("Subject: %s", r.subject())
	w.line("Auto-Submitted: auto-replied")
	w.line("MIME-Version: 1.0")
	w.line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", id)
	w.line("")
	part := func(kind string) {
		w.line("--%s", id)
		w.line("Content-Type: %s", kind)
		w.line("Content-Transfer-Encoding: 8bit")
		w.line("")
	}
	part("text/plain; charset=utf-8")
	r.words(w)
	w.line("")
	part(status)
	r.fields(w)
	w.line("")
	part(header)
	w.Write(r.Header)
	if !bytes.HasSuffix(r.Header, []byte("\r\n")) {
		w.line("")
	}
	w.line("")
	w.line("--%s--", id)
	return w.Bytes(), nil
}

// types returns the types of the two parts for programs.
func (r *Report) types() (status, header string) {
	status, header = "message/delivery-status", "text/rfc822-headers"
	for _, to := range r.Recipients {
		if !isASCII(to.Address) || !isASCII(to.Original) || !isASCII(to.Diagnostic) {
			status = "message/global-delivery-status"
		}
	}
	if !isASCII(string(r.Header)) {
		header = "message/global-headers"
	}
	return status, header
}
