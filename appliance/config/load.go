package config

import (
	"errors"
	"os"
	"path/filepath"

	"pillarbox/appliance/names"
)

// SystemFile is the configuration file unless another one is named.
const SystemFile = "/etc/pillarbox/pillarbox.toml"

// Find reads the configuration: path unless it is "", otherwise SystemFile if it exists, otherwise
// no file. A mistake in the file is returned as *Report.
func Find(path string, env Environment) (*Config, error) {
	if path != "" {
		return load(path, env)
	}
	system := filepath.Join(env.Root, SystemFile)
	if _, err := os.Stat(system); errors.Is(err, os.ErrNotExist) {
		return Builtin(env)
	}
	return load(system, env) // a file that cannot be read is an error, not a default
}

func load(path string, env Environment) (*Config, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, env)
}

// Builtin returns the defaults, with what environment variables set, completed.
func Builtin(env Environment) (*Config, error) {
	c := Default()
	problems := c.fillVariables(env, nil)
	c.Complete(env)
	for _, p := range c.byVariable(c.Validate()) {
		if !about(problems, p.Key) {
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return nil, &Report{Problems: problems}
	}
	return c, nil
}

// Parse reads the text of a file and completes it with env; file is its name for the report.
// The error is a *Report.
func Parse(file string, text []byte, env Environment) (*Config, error) {
	text, problem := utf8Text(text)
	if problem != nil {
		return nil, &Report{File: file, Problems: []Problem{*problem}}
	}
	read, err := readDocument(text)
	if err != nil {
		return nil, &Report{File: file, Problems: []Problem{syntaxProblem(text, err)}}
	}
	c := Default()
	c.File = file
	problems := c.fill(text, read.values, read.where)
	marks := make(map[string]span, len(read.where))
	for _, p := range read.where {
		marks[names.Fold(p.name())] = p.value
	}
	problems = append(problems, c.fillVariables(env, marks)...)
	c.Complete(env)
	for _, p := range c.byVariable(c.Validate()) {
		mark, written := marks[p.Key]
		if written {
			p = p.place(text, mark)
		}
		if !written || !about(problems, p.Key) { // a value that could not be read has a problem already
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		sortByLine(problems)
		return nil, &Report{File: file, Problems: problems}
	}
	return c, nil
}

// syntaxProblem returns the problem for an error of readDocument.
func syntaxProblem(text []byte, err error) Problem {
	p := Problem{Text: err.Error()}
	var wrong *syntaxError
	if !errors.As(err, &wrong) {
		return p
	}
	return p.place(text, span{wrong.at.offset, 1})
}

// about reports whether there is a problem of key already.
func about(problems []Problem, key string) bool {
	for _, p := range problems {
		if p.Key == key {
			return true
		}
	}
	return false
}
