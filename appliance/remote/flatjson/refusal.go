package flatjson

import "strings"

// Refusal returns in words why a server refuses an access token: its last challenge is a JSON
// object in XOAUTH2 and in OAUTHBEARER (RFC 7628 §3.2.2). "" if the challenge is none.
func Refusal(challenge []byte) string {
	fields, err := Fields(challenge)
	if err != nil {
		return ""
	}
	var words []string
	switch status := fields["status"]; status {
	case "":
	case "invalid_token":
		words = append(words, "the access token has expired or was withdrawn")
	case "insufficient_scope":
		words = append(words, "the access token is not for mail")
	default:
		words = append(words, "status "+printable(status))
	}
	if scope := fields["scope"]; scope != "" {
		words = append(words, "the scope "+printable(scope)+" is needed")
	}
	return strings.Join(words, ", ")
}

// printable returns at most 200 octets of a text, without those that are no printable ASCII.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text[:min(len(text), 200)])
}
