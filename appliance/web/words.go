package web

import (
	"strconv"
	"time"
)

// ago describes how long ago something was.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute ago"
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute") + " ago"
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour") + " ago"
	}
	return plural(int(d/(24*time.Hour)), "day") + " ago"
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// size writes octets in the largest unit that fits.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	digits := 0
	if unit > 0 && value < 10 {
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + units[unit]
}

// percent returns part of whole, from 0 to 100.
func percent(part, whole int64) int {
	if whole <= 0 {
		return 0
	}
	return int(min(max(part, 0)*100/whole, 100))
}

// lifetime describes how long flash lasts.
func lifetime(d time.Duration) string {
	const year = 365 * 24 * time.Hour
	switch years := int(d / year); {
	case d <= 0:
		return "not known yet"
	case years > 100:
		return "more than 100 years at this rate (estimate)"
	case years > 0:
		return plural(years, "year") + " at this rate (estimate)"
	}
	return plural(int(d/(24*time.Hour)), "day") + " at this rate (estimate)"
}

// last describes a log-in.
func last(at, now time.Time) string {
	if at.IsZero() {
		return "not since the start of the server"
	}
	return ago(now.Sub(at))
}

func number(n int) string { return strconv.Itoa(n) }
