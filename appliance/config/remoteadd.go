package config

import (
	"maps"
	"slices"
	"strings"
)

// WithRemote returns a copy of the configuration that has one more remote account, whose keys are
// lines of TOML. A table of that name in the file comes first: then the copy is the same. The error
// is a *Report.
func (c *Config) WithRemote(name string, lines []string) (*Config, error) {
	if _, written := c.Remote[name]; written {
		return c, nil
	}
	text := []byte("[" + remoteTable + "." + quoted(name) + "]\n" + strings.Join(lines, "\n") + "\n")
	file := remoteTable + "/" + name
	read, err := readDocument(text)
	if err != nil {
		return nil, &Report{File: file, Problems: []Problem{syntaxProblem(text, err)}}
	}
	for _, at := range read.where {
		if len(at.path) < 2 || at.path[0] != remoteTable || at.path[1] != name {
			p := Problem{Key: at.name(), Text: "an account has only its own keys"}
			return nil, &Report{File: file, Problems: []Problem{p.place(text, at.key)}}
		}
	}
	more := *c
	more.Remote = maps.Clone(c.Remote)
	problems := more.fill(text, read.values, read.where)
	if len(problems) == 0 {
		var v verdict
		v.remotes(&more)
		for _, p := range v.problems {
			i := slices.IndexFunc(read.where, func(at position) bool { return at.name() == p.Key })
			switch {
			case i >= 0:
				problems = append(problems, p.place(text, read.where[i].value))
			case strings.HasPrefix(p.Key, remoteTable+"."+name):
				problems = append(problems, p)
			}
		}
	}
	if len(problems) > 0 {
		return nil, &Report{File: file, Problems: problems}
	}
	return &more, nil
}
