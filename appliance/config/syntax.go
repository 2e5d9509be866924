package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"pillarbox/appliance/names"
)

// syntaxWords are the texts for the errors of the TOML parser, by a part of its message. The first
// row that matches is used, and the last row matches all: no message of the parser is shown,
// because they are about the grammar and not about what to write.
var syntaxWords = []struct{ parser, ours string }{
	{"unicode", `\u and \U in a text are followed by 4 and 8 hexadecimal digits; write '...' to keep a \ as it is`},
	{"escape", `a \ in "..." begins an escape; write \\, or '...' to keep it as it is`},
	{`character after \`, `a \ in "..." begins an escape; write \\, or '...' to keep it as it is`},
	{"terminated by '''", "the closing ''' of a text is missing"},
	{`terminated by """`, `the closing """ of a text is missing`},
	{"too many quotes", "there are too many quotes at the end of a text"},
	{"new lines", quoteMissing},
	{"unterminated", quoteMissing},
	{"carriage return", "the line ends with CR alone; save the file with Unix (LF) or Windows (CRLF) line ends"},
	{"control characters", "there is a control character here; delete it"},
	{"close table name", "the ] after the name of a table is missing, as in [pop3]"},
	{"close array table", "the ]] after the name of a list of tables is missing"},
	{"'=' after key", `a key is followed by = and a value, as in level = "info"`},
	{"start of key", "a key is expected here: small letters, digits and _"},
	{"expected keyword", valueExpected},
	{"expected key", "a key is expected here: small letters, digits and _"},
	{"not end of input", valueMissing},
	{"nested more", "there are too many brackets inside each other"},
	{"array", `the list is not complete: it is written ["one", "two"]`},
	{"expected value but", `the list is not complete: it is written ["one", "two"]`},
	{"inline table", `the table in { } is not complete: it is written { quota = "1GiB" }`},
	{"start of value", valueExpected},
	{"leading zero", "a number does not begin with 0"},
	{"digit", "the number is not complete"},
	{"underscore", "the number is not complete"},
	{"number", "the number is not complete"},
	{"radix", "the number is not complete"},
	{"expected newline", "one key stands on a line; after its value only a comment (#) may follow"},
	{"", "this cannot be read as a configuration (TOML)"},
}

const (
	quoteMissing  = "the closing quote of a text is missing"
	valueMissing  = "a value is missing after ="
	valueExpected = "a value is expected here: a text in quotes, a number, true or false, or a list"
)

// invisible are the blanks and zero-width characters that come with text from web pages.
const invisible = "\u00A0\u00AD\u2002\u2003\u2009\u200A\u200B\u200C\u200D\u200E\u200F\u202F\u2060\u3000\uFEFF"

// explain returns the words for an error of the parser at an offset of the file.
func explain(file []byte, parser string, offset int) string {
	start := bytes.LastIndexByte(file[:offset], '\n') + 1
	line, _, _ := bytes.Cut(file[start:], []byte("\n"))
	at, _ := utf8.DecodeRune(file[offset:])
	quote := typographic(string(at))
	if quote == 0 && (strings.Contains(parser, "new lines") || strings.Contains(parser, "unterminated")) {
		quote = typographic(string(line))
	}
	if quote != 0 {
		return fmt.Sprintf(`%c is a typographic quote; texts have straight ones ("), as code editors write them`, quote)
	}
	if strings.ContainsRune(invisible, at) {
		return fmt.Sprintf("there is an invisible character (%U) here; delete it", at)
	}
	if words := explainValue(string(line), offset-start); words != "" {
		return words
	}
	for _, row := range syntaxWords {
		if strings.Contains(parser, row.parser) {
			return row.ours
		}
	}
	return "" // not reached: the last row fits
}

// typographic returns the first typographic quote of a text, or 0.
func typographic(text string) rune {
	if i := strings.IndexAny(text, "“”„‟‘’‚‛«»"); i >= 0 {
		quote, _ := utf8.DecodeRuneInString(text[i:])
		return quote
	}
	return 0
}

// explainValue returns the words for an error at a column of a line "key = value" whose value is
// missing or has no quotes but needs them, "" for another error.
func explainValue(line string, column int) string {
	key, value, assigned := strings.Cut(line, "=")
	if !assigned || column < len(key)+1 || strings.ContainsAny(key, `"'[{`) {
		return ""
	}
	value, _, _ = strings.Cut(value, "#")
	value = strings.TrimSpace(value)
	switch word := names.Fold(value); {
	case value == "":
		return valueMissing
	case word == "true" || word == "false":
		return fmt.Sprintf("%s is written in small letters: %s", value, word)
	case word == "yes" || word == "no" || word == "on" || word == "off":
		return fmt.Sprintf("%s is not a value; write true or false, or a text in quotes", value)
	case value[0] == '[' && column < len(line) && strings.IndexByte("\"'[]{}, ", line[column]) < 0:
		return `the texts of a list are written in quotes: ["one", "two"]`
	case strings.ContainsAny(value, "\"'[]{},"):
		return ""
	case strings.Trim(value, "0123456789+-_.") != "" || strings.Count(value, ".") > 1:
		return fmt.Sprintf("a text is written in quotes: %q", value)
	}
	return ""
}
