package config

import (
	"fmt"
	"strconv"
	"strings"
)

// variablePrefix is what the environment variables begin with that stand in for keys: tls.names is
// PILLARBOX_TLS_NAMES.
const variablePrefix = "PILLARBOX_"

// variableOf returns the environment variable for a key that is not in the file. The free names of
// [aliases] and of [retention.accounts] have none.
func variableOf(key string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// fillVariables stores the values of environment variables in c, and notes from which keys they
// come. written are the keys of the file, which come first, as they do for $STATE_DIRECTORY: an
// image brings defaults of its own, and a file may change them. An empty variable is one that is
// not set, because a compose file cannot leave one out.
func (c *Config) fillVariables(env Environment, written map[string]span) (problems []Problem) {
	kinds := c.values()
	for _, k := range c.keys() {
		name := variableOf(k.name)
		text := strings.TrimSpace(env.Getenv(name))
		if _, inFile := written[k.name]; inFile || text == "" {
			continue
		}
		if c.variables == nil {
			c.variables = map[string]string{}
		}
		c.variables[k.name] = name
		if err := k.set(variableValue(kinds[k.name], text)); err != nil {
			problems = append(problems, Problem{Key: k.name, Variable: name, Text: err.Error()})
		}
	}
	return append(problems, misspelt(env.Variables, c.keys())...)
}

// variableValue reads a variable as the TOML value that a key of that kind expects. A list is
// written as its parts with commas or spaces between, and an empty one as [].
func variableValue(kind any, text string) any {
	switch kind.(type) {
	case []string:
		parts := []any{}
		if text == "[]" {
			return parts
		}
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
			parts = append(parts, part)
		}
		return parts
	case bool:
		if text == "true" || text == "false" {
			return text == "true"
		}
	case int:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}

// misspelt reports variables whose names are nearly those of keys. Others are left alone:
// Kubernetes, for one, sets PILLARBOX_SERVICE_HOST for a service of that name, and for one that is
// named pillarbox-tls PILLARBOX_TLS_PORT, to "tcp://10.0.0.1:995".
func misspelt(variables []string, table []key) (problems []Problem) {
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, variablePrefix) || strings.HasPrefix(value, "tcp://") {
			continue
		}
		best, distance := "", 3
		for _, k := range table {
			if d := edits(name, variableOf(k.name)); d < distance {
				best, distance = variableOf(k.name), d
			}
		}
		if distance > 0 && best != "" {
			problems = append(problems, Problem{Variable: name, Text: fmt.Sprintf("no key has this name; did you mean %s?", best)})
		}
	}
	return problems
}

// byVariable adds to problems with values from environment variables which variable it was.
func (c *Config) byVariable(problems []Problem) []Problem {
	for i, p := range problems {
		problems[i].Variable = c.variables[p.Key]
	}
	return problems
}
