package report

import (
	"cmp"
	"time"
)

// fields writes the fields about the message, and a group of them for each recipient.
func (r *Report) fields(w *writer) {
	if r.EnvelopeID != "" {
		w.field("Original-Envelope-Id", r.EnvelopeID)
	}
	w.field("Reporting-MTA", "dns; "+cmp.Or(r.Hostname, "localhost"))
	if !r.Arrival.IsZero() {
		w.field("Arrival-Date", r.Arrival.Format(time.RFC1123Z))
	}
	for _, to := range r.Recipients {
		w.line("")
		if to.Original != "" {
			w.field("Original-Recipient", to.Original)
		}
		kind := "rfc822; "
		if !isASCII(to.Address) {
			kind = "utf-8; "
		}
		w.field("Final-Recipient", kind+to.Address)
		w.field("Action", string(r.Action))
		w.field("Status", to.Status)
		if to.Server != "" {
			w.field("Remote-MTA", "dns; "+to.Server)
		}
		if to.Diagnostic != "" {
			w.field("Diagnostic-Code", "smtp; "+to.Diagnostic)
		}
		if !to.Last.IsZero() {
			w.field("Last-Attempt-Date", to.Last.Format(time.RFC1123Z))
		}
		if r.Action == Delayed && !r.Until.IsZero() {
			w.field("Will-Retry-Until", r.Until.Format(time.RFC1123Z))
		}
	}
}
