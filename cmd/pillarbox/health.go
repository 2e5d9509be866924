package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance"
	"pillarbox/appliance/control"
)

// healthPatience is how long a box may take to prove that it works.
const healthPatience = 15 * time.Second

// health asks the box that runs what it has proven. Exit code 1: it has not, or none runs.
func health(c *call) error {
	file, json := "", false
	flags := flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	flags.StringVar(&file, "config", "", "")
	flags.BoolVar(&json, "json", false, "")
	if _, err := parseFlags(flags, c.args, 0); err != nil {
		return err
	}
	on, err := find(file)
	if err != nil {
		return err
	}
	h, err := appliance.AskHealth(on, healthPatience)
	if err != nil {
		return err
	}
	if json {
		_, err = io.WriteString(c.stdout, healthJSON(h))
	} else {
		_, err = io.WriteString(c.stdout, healthText(h))
	}
	if err == nil && !h.Well {
		err = errors.New("the box does not prove that it works")
	}
	return err
}

// healthText tells people.
func healthText(h *control.Health) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-24s "+format+"\n", append([]any{name}, args...)...)
	}
	for _, p := range h.Proofs {
		switch {
		case !p.Holds:
			row(p.Name, "NOT PROVEN: %s", p.Fault)
		case p.Since == 0:
			row(p.Name, "not proven yet; its time is not up")
		default:
			row(p.Name, "proven for %v, last %v ago", p.Since.Round(time.Second), p.Age.Round(time.Second))
		}
	}
	if h.Timeout > 0 {
		row("watchdog", "%s, %v; fed %v ago, at most %v late", h.Device, h.Timeout, h.Fed.Round(time.Second), h.Late.Round(time.Millisecond))
	} else {
		row("watchdog", "none is fed; what is above was proven for this question")
	}
	for _, text := range h.Degraded {
		row("degraded", "%s", text)
	}
	if h.Last != "" {
		row("before this start", "%s", h.Last)
	}
	row("up", "%v", h.Up.Round(time.Second))
	return b.String()
}

// healthJSON tells programs: names are added in later versions, never changed. Times are in seconds.
func healthJSON(h *control.Health) string {
	var proofs, degraded []string
	for _, p := range h.Proofs {
		proofs = append(proofs, fmt.Sprintf(`{"name":%s,"proven":%t,"since":%.3f,"age":%.3f,"took":%.6f,"fault":%s}`,
			jsonText(p.Name), p.Holds, p.Since.Seconds(), p.Age.Seconds(), p.Took.Seconds(), jsonText(p.Fault)))
	}
	for _, text := range h.Degraded {
		degraded = append(degraded, jsonText(text))
	}
	return fmt.Sprintf(`{"well":%t,"up":%.3f,"device":%s,"timeout":%.3f,"fed":%.3f,"late":%.3f,"last":%s,"degraded":[%s],"proofs":[%s]}`+"\n",
		h.Well, h.Up.Seconds(), jsonText(h.Device), h.Timeout.Seconds(), h.Fed.Seconds(), h.Late.Seconds(), jsonText(h.Last),
		strings.Join(degraded, ","), strings.Join(proofs, ","))
}
