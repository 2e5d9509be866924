package report

import "time"

// subject returns the subject of the report.
func (r *Report) subject() string {
	switch r.Action {
	case Failed:
		return "Undelivered: your message was returned"
	case Delayed:
		return "Delayed: your message has not been delivered yet"
	}
	return "Delivered: your message was sent"
}

// words writes the text for people.
func (r *Report) words(w *writer) {
	switch r.Action {
	case Failed:
		w.line("Your message could not be delivered to:")
	case Delayed:
		w.line("Your message has not been delivered yet to:")
	case Relayed:
		w.line("Your message was accepted by the outgoing mail server for:")
	default:
		w.line("Your message is in the mailbox of:")
	}
	for _, to := range r.Recipients {
		w.line("")
		w.wrap("   ", "    ", "<"+clean(to.Address)+">")
		switch {
		case r.Action == Relayed || r.Action == Delivered:
		case to.Diagnostic != "":
			if to.Server != "" {
				w.line("    The mail server %s answered:", clean(to.Server))
			}
			w.wrap("   ", "    ", clean(to.Diagnostic))
		case to.Reason != "":
			w.wrap("   ", "    ", clean(to.Reason))
		}
	}
	w.line("")
	switch r.Action {
	case Failed:
		w.line("It will not be tried again. The header of the message is attached; to send the")
		w.line("message again, open it in your sent mail.")
	case Delayed:
		w.line("You do not need to do anything: the server tries again by itself.")
		if !r.Until.IsZero() {
			w.line("If the message cannot be delivered by %s, it is returned.", r.Until.Format(time.RFC1123))
		}
	case Relayed:
		w.line("That server sends no reports about what happens to the message from here on.")
	default:
		w.line("Whether it was read is not known.")
	}
}
