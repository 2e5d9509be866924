package admin

import (
	"context"
	"errors"
	"strconv"

	"pillarbox/appliance/doctor"
)

func (s *session) doctor(ctx context.Context, _ []string) error {
	if s.Doctor == nil {
		return errors.New("no server runs: pillarbox serve starts one")
	}
	for _, f := range s.Doctor(ctx) {
		s.talk.add("finding", int(f.Level), short(f.Check), short(f.Text), short(f.Fix))
	}
	return lost(s.talk.send("done"))
}

// Doctor returns what the server finds about itself.
func (c *Client) Doctor() (list []doctor.Finding, err error) {
	err = c.rows("doctor", func(verb string, words []string) error {
		if verb != "finding" || len(words) != 4 {
			return errProtocol
		}
		level, err := strconv.Atoi(words[0])
		if err != nil || level < int(doctor.OK) || level > int(doctor.Fail) {
			return errProtocol
		}
		list = append(list, doctor.Finding{Level: doctor.Level(level), Check: words[1], Text: words[2], Fix: words[3]})
		return nil
	})
	return list, err
}
