package doctor

import "slices"

// A Level is how bad a finding is.
type Level int

// The levels.
const (
	OK Level = iota
	Warn
	Fail
)

func (l Level) String() string { return [...]string{"OK", "WARN", "FAIL"}[l] }

// A Finding is the result of a check.
type Finding struct {
	Level Level
	Check string
	Text  string
	Fix   string // what to do; "" for OK
}

func ok(check, text string) Finding        { return Finding{OK, check, text, ""} }
func warn(check, text, fix string) Finding { return Finding{Warn, check, text, fix} }
func fail(check, text, fix string) Finding { return Finding{Fail, check, text, fix} }

// Failed reports whether a check fails.
func Failed(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Level == Fail })
}
