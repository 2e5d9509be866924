package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/doctor"
)

// examine runs the checks of the server and says what to do about each that is not OK. Exit code 1:
// one fails.
func examine(c *call, o *options) error {
	on, err := find(o.config)
	all := admin.Doctor(context.Background(), on, err, buildDate())
	text := admin.DoctorText(all)
	if o.json {
		text = doctorJSON(all)
	}
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return err
	}
	if doctor.Failed(all) {
		return errors.New("a check fails")
	}
	return nil
}

// doctorJSON is what doctor writes for programs: later versions add names and change none.
func doctorJSON(all []doctor.Finding) string {
	rows := make([]string, len(all))
	for i, f := range all {
		rows[i] = fmt.Sprintf(`{"level":%s,"check":%s,"text":%s,"fix":%s}`,
			jsonText(f.Level.String()), jsonText(f.Check), jsonText(f.Text), jsonText(f.Fix))
	}
	return fmt.Sprintf(`{"failed":%t,"checks":[%s]}`+"\n", doctor.Failed(all), strings.Join(rows, ","))
}
