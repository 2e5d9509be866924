package config

import (
	"os"

	"pillarbox/appliance/names"
)

// Locate returns err as the problem of a key whose value turned out to be wrong only when it was
// used, as the path of a file that is missing: a *Report with the place of the value in the file
// that c was read from. The file is read again, because the places are not kept in memory; if it
// cannot be read or the key is not written in it, the report has no place.
func (c *Config) Locate(key string, err error) error {
	p := Problem{Key: key, Text: key + ": " + err.Error()}
	report := &Report{File: c.File, cause: err}
	if c.File != "" {
		p = p.find(c.File)
	}
	report.Problems = []Problem{p}
	return report
}

// find returns the problem with the place of its key in a file, if it is written there.
func (p Problem) find(file string) Problem {
	content, err := os.ReadFile(file)
	if err != nil {
		return p
	}
	text, problem := utf8Text(content)
	if problem != nil {
		return p
	}
	read, err := readDocument(text)
	if err != nil {
		return p
	}
	for _, at := range read.where {
		if at.name() == p.Key {
			return p.place(text, at.value)
		}
	}
	return p
}

// lines returns the line of each key that the file has.
func (c *Config) lines() map[string]int {
	found := map[string]int{}
	content, err := os.ReadFile(c.File)
	if c.File == "" || err != nil {
		return found
	}
	text, problem := utf8Text(content)
	if problem != nil {
		return found
	}
	read, err := readDocument(text)
	if err != nil {
		return found
	}
	for _, at := range read.where {
		if !at.table {
			found[names.Fold(at.name())] = Problem{}.place(text, at.key).Line
		}
	}
	return found
}
