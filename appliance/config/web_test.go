package config

import (
	"errors"
	"strings"
	"testing"
)

// What is wrong with the page and with multicast DNS is said with its key and what to do.
func TestPageMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`web.listen = ["80"]`:                                `web.listen: "80" is not an address to listen on`,
		"web.listen = [\":80\"]\nweb.listen_tls = [\":80\"]": `web.listen_tls: ":80" is already used by web.listen`,
		"web.listen = [\":80\"]\nweb.listen_tls = []":        `web.listen_tls: is empty, so nobody could log in`,
		"pop3.listen = [\":80\"]\nweb.listen = [\":80\"]":    `web.listen: ":80" is already used by pop3.listen`,
		`web.names = ["http://nas"]`:                         `web.names: "http://nas" is not a host name`,
		`web.names = ["nas:80"]`:                             "without a port",
		`web.names = ["192.168.7.2"]`:                        "is an address: the page answers by every address",
		`web.admins = ["anna@home.arpa"]`:                    `web.admins: "anna@home.arpa" is not the name of an account`,
		`web.admins = [""]`:                                  "is not the name of an account",
		`web.admin = ["anna"]`:                               `did you mean "web.admins"?`,
		`mdns = "yes"`:                                       `mdns: "yes" is not one of auto, on, off`,
		`mdns = true`:                                        "mdns: expects a text in quotes",
	} {
		_, err := Parse("page.toml", []byte(text), home)
		var report *Report
		if !errors.As(err, &report) || len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Text, want) {
			t.Errorf("%s:\n%v\nwant %q", text, err, want)
		}
	}
	for _, text := range []string{"web.listen = []\nweb.listen_tls = []", `web.listen = []`, `web.names = ["NAS.lan."]`} {
		if _, err := Parse("page.toml", []byte(text), home); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
