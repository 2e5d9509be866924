package suite

import (
	"embed"
	"path"
	"strings"
)

//go:embed pop3/*.txt smtp/*.txt lmtp/*.txt
var transcripts embed.FS

// A Case is a transcript.
type Case struct {
	Protocol string // "pop3", "smtp" or "lmtp"
	Name     string // name of the file without ".txt"
	Section  string // its source, such as "RFC 1939 §5"
	Why      string // what must hold, in a sentence
	text     string
}

// Cases returns the cases whose "protocol/name" contains one of the words, in order. Without
// words it returns all.
func Cases(words ...string) []Case {
	var found []Case
	for _, protocol := range []string{"pop3", "smtp", "lmtp"} {
		files, err := transcripts.ReadDir(protocol)
		if err != nil {
			panic(err) // the files are embedded
		}
		for _, file := range files {
			name := strings.TrimSuffix(file.Name(), ".txt")
			if !holdsOne(protocol+"/"+name, words) {
				continue
			}
			text, err := transcripts.ReadFile(path.Join(protocol, file.Name()))
			if err != nil {
				panic(err)
			}
			found = append(found, newCase(protocol, name, string(text)))
		}
	}
	return found
}

func holdsOne(name string, words []string) bool {
	for _, word := range words {
		if strings.Contains(name, word) {
			return true
		}
	}
	return len(words) == 0
}

// newCase parses the first line of a transcript: "# RFC 1939 §5: why".
func newCase(protocol, name, text string) Case {
	first, _, _ := strings.Cut(text, "\n")
	section, why, _ := strings.Cut(strings.TrimPrefix(first, "# "), ": ")
	return Case{Protocol: protocol, Name: name, Section: section, Why: why, text: text}
}
