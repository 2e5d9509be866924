package transcript

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// How a word is put into a line.
func plainly(value string) string   { return value }
func asPattern(value string) string { return strings.ReplaceAll(value, "*", `\*`) }

var (
	// coded is {{"octets"}} or {{N "octets"}} in a line.
	coded = regexp.MustCompile(`\{\{(\d+ )?(".*?")\}\}`)
	// word is a name of what is captured.
	word = regexp.MustCompile(`\$[a-z][a-z0-9]*`)
)

// expand replaces the $words that are known, and {{...}}. An unknown word is an error, unless it
// can be captured here.
func (p *player) expand(line string, put func(string) string) (_ string, err error) {
	capturable := put("*") != "*"
	line = word.ReplaceAllStringFunc(line, func(name string) string {
		value, known := p.words[name[1:]]
		switch {
		case known:
			return put(value)
		case !capturable:
			err = p.differs("%s was not captured", name)
		}
		return name
	})
	line = coded.ReplaceAllStringFunc(line, func(s string) string {
		parts := coded.FindStringSubmatch(s)
		octets, faulty := strconv.Unquote(parts[2])
		if faulty != nil {
			err = p.differs("not quoted as in Go: %s", parts[2])
		}
		if parts[1] == "" {
			return base64.StdEncoding.EncodeToString([]byte(octets))
		}
		times, _ := strconv.Atoi(strings.TrimSpace(parts[1]))
		return put(strings.Repeat(octets, times))
	})
	return line, err
}

// glob compares; * in the pattern stands for anything, \* for a star, and $word for one word, which
// is put into captured.
func glob(pattern, line string, captured map[string]string) bool {
	for pattern != "" {
		switch {
		case strings.HasPrefix(pattern, `\*`):
			pattern = pattern[1:]
		case pattern[0] == '*':
			return globAny(pattern[1:], line, captured)
		case pattern[0] == '$':
			if name := word.FindString(pattern); strings.HasPrefix(pattern, name) && name != "" {
				return globWord(pattern, name, line, captured)
			}
		}
		if line == "" || line[0] != pattern[0] {
			return false
		}
		pattern, line = pattern[1:], line[1:]
	}
	return line == ""
}

// globAny compares what may begin anywhere in the line.
func globAny(pattern, line string, captured map[string]string) bool {
	for i := range len(line) + 1 {
		if glob(pattern, line[i:], captured) {
			return true
		}
	}
	return false
}

// globWord compares a line that begins with the word to be captured: at least one octet, none of
// them blank.
func globWord(pattern, name, line string, captured map[string]string) bool {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	for ; end > 0; end-- {
		if glob(pattern[len(name):], line[end:], captured) {
			captured[name[1:]] = line[:end]
			return true
		}
	}
	return false
}
