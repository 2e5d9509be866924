package component

import (
	"errors"
	"strings"
)

// JoinStringErrs returns the value of an expression and the errors that came with it.
func JoinStringErrs(s string, errs ...error) (string, error) {
	if len(errs) == 0 {
		return s, nil
	}
	return s, errors.Join(errs...)
}

// ResolveAttributeValue returns the value of an attribute, escaped.
func ResolveAttributeValue(s string, errs ...error) (string, error) {
	s, err := JoinStringErrs(s, errs...)
	return EscapeString(s), err
}

// SafeURL is a URL of an attribute such as href. JoinURLErrs checks its scheme.
type SafeURL string

// failedURL is what a browser opens instead of a URL that is refused: nothing.
const failedURL SafeURL = "about:invalid"

// JoinURLErrs returns the URL of an expression, not yet escaped, and the errors that came with it.
// A URL that is neither relative nor of the schemes http and https is replaced.
func JoinURLErrs[URL ~string](url URL, errs ...error) (SafeURL, error) {
	s, err := JoinStringErrs(string(url), errs...)
	return checkURL(s), err
}

// checkURL returns s if it is relative, or of the schemes http and https. A browser takes what is
// before the first colon as the scheme unless a slash comes first, and skips spaces and control
// characters in it; such a scheme equals neither of the two.
func checkURL(s string) SafeURL {
	scheme, _, found := strings.Cut(s, ":")
	if !found || strings.Contains(scheme, "/") {
		return SafeURL(s)
	}
	switch strings.ToLower(scheme) { // strings.EqualFold would take other letters for an s
	case "http", "https":
		return SafeURL(s)
	}
	return failedURL
}

// EscapeString returns s with < > & " and ' as references.
func EscapeString[Text ~string](text Text) string {
	s := string(text)
	special := strings.IndexAny(s, `<>&"'`)
	if special < 0 {
		return s
	}
	var b strings.Builder
	for special >= 0 {
		b.WriteString(s[:special])
		b.WriteString(reference(s[special]))
		s = s[special+1:]
		special = strings.IndexAny(s, `<>&"'`)
	}
	b.WriteString(s)
	return b.String()
}

// reference returns the character reference of a special character. Numbers are understood by
// every parser of HTML; &apos; is not, and &quot; is longer.
func reference(c byte) string {
	switch c {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '"':
		return "&#34;"
	default:
		return "&#39;"
	}
}
