package smarthost

import (
	"strconv"
	"strings"
)

// Offers are the extensions that EHLO listed (RFC 5321 section 4.1.1.1).
type Offers struct {
	StartTLS   bool
	Pipelining bool
	Size       bool
	MaxSize    int64 // octets that the server takes; 0: not told
	EightBit   bool
	UTF8       bool
	DSN        bool
	Mechanisms []string // of AUTH, in capitals
}

// parseOffers reads the reply to EHLO. What it does not know it passes over.
func parseOffers(r Reply) (o Offers) {
	for i, line := range r.Lines {
		if i == 0 { // the server's name
			continue
		}
		// Old servers write "AUTH=LOGIN" beside "AUTH LOGIN".
		if word, rest, found := strings.Cut(line, "="); found && strings.EqualFold(word, "AUTH") {
			line = "AUTH " + rest
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "STARTTLS":
			o.StartTLS = true
		case "PIPELINING":
			o.Pipelining = true
		case "8BITMIME":
			o.EightBit = true
		case "SMTPUTF8":
			o.UTF8 = true
		case "DSN":
			o.DSN = true
		case "SIZE":
			o.Size = true
			if len(words) > 1 {
				o.MaxSize, _ = strconv.ParseInt(words[1], 10, 64) // 0 if it is no number
				o.MaxSize = max(o.MaxSize, 0)
			}
		case "AUTH":
			for _, word := range words[1:] {
				o.Mechanisms = append(o.Mechanisms, strings.ToUpper(word))
			}
		}
	}
	return o
}
