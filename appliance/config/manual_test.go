package config

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestManual compares the manual page and the file that packages install with the table of keys:
// each key is in both, and nothing else, with its default.
func TestManual(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		read       func(text string) (names []string, lines []string)
	}{
		{"the manual page", "../../scripts/package/man/pillarbox.toml.5", manualKeys},
		{"the file of the packages", "../../scripts/package/pillarbox.toml", sampleKeys},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := os.ReadFile(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			names, lines := tt.read(string(text))
			var keys []string
			for _, key := range Default().keys() {
				keys = append(keys, key.name)
				if !slices.Contains(names, key.name) {
					t.Errorf("%s does not tell of %s", tt.file, key.name)
				}
			}
			for _, name := range names {
				if !slices.Contains(keys, name) {
					t.Errorf("%s tells of %s, which is no key", tt.file, name)
				}
			}
			env := Environment{Hostname: "nas", Getenv: func(string) string { return "" }}
			got, err := Parse(tt.file, []byte(strings.Join(lines, "\n")), env)
			if err != nil {
				t.Fatal(err)
			}
			want := Default()
			want.File = tt.file
			want.POP3.Listen, want.POP3.ListenTLS = []string{":110"}, []string{":995"}
			want.SMTP.Listen, want.SMTP.ListenTLS, want.SMTP.ListenLMTP = []string{":25", ":587"}, []string{":465"}, []string{}
			want.Web.Listen, want.Web.ListenTLS = []string{":80"}, []string{":443"}
			want.Complete(env)
			want.Spool.Capacity, want.Spool.Slot = got.Spool.Capacity, got.Spool.Slot
			if !reflect.DeepEqual(got, want) {
				t.Errorf("what %s calls defaults is\n%+v, and what holds is\n%+v", tt.file, got, want)
			}
		})
	}
}

// TestReadme compares the tables of settings in README and OPERATIONS with the table of keys.
// OPERATIONS has each key; the defaults that they state are those in force.
func TestReadme(t *testing.T) {
	for _, tt := range []struct {
		file string
		all  bool
	}{
		{"../../README.md", false},
		{"../../cmd/pillarbox/OPERATIONS.md", true},
	} {
		t.Run(tt.file, func(t *testing.T) {
			text, err := os.ReadFile(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			names, lines := tableKeys(string(text))
			var keys []string
			for _, key := range Default().keys() {
				keys = append(keys, key.name)
				if tt.all && !slices.Contains(names, key.name) {
					t.Errorf("%s does not list %s", tt.file, key.name)
				}
			}
			for _, name := range names {
				if !slices.Contains(keys, name) {
					t.Errorf("%s lists %s, which is not a key", tt.file, name)
				}
			}
			if len(lines) < 4 {
				t.Fatalf("%s states %d defaults", tt.file, len(lines))
			}
			env := Environment{Hostname: "nas", Getenv: func(string) string { return "" }}
			want, err := Parse("", nil, env)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse("", []byte(strings.Join(lines, "\n")), env)
			if err != nil {
				t.Fatal(err)
			}
			got.POP3.Listen, got.POP3.ListenTLS = want.POP3.Listen, want.POP3.ListenTLS
			got.SMTP.Listen, got.SMTP.ListenTLS = want.SMTP.Listen, want.SMTP.ListenTLS
			got.SMTP.ListenLMTP = want.SMTP.ListenLMTP
			got.Web.Listen, got.Web.ListenTLS = want.Web.Listen, want.Web.ListenTLS
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s states as defaults\n%+v, and in force is\n%+v", tt.file, got, want)
			}
		})
	}
}

// tableKeys finds the rows of keys in a table of settings: | `key`, `key` | `default`, `default` |.
// A default that is not one literal for each key is left out.
func tableKeys(text string) (names, lines []string) {
	code := regexp.MustCompile("`([^`]*)`")
	only := regexp.MustCompile("^(`[^`]*`(, )?)+$")
	inTable := false
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			inTable = false
			continue
		}
		if strings.TrimSpace(cells[1]) == "Key" {
			inTable = true
			continue
		}
		if !inTable || strings.HasPrefix(line, "| ---") {
			continue
		}
		keys := code.FindAllStringSubmatch(cells[1], -1)
		defaults := code.FindAllStringSubmatch(cells[2], -1)
		literal := only.MatchString(strings.TrimSpace(cells[2])) && len(defaults) == len(keys)
		for i, key := range keys {
			names = append(names, key[1])
			if literal {
				lines = append(lines, key[1]+" = "+defaults[i][1])
			}
		}
	}
	return names, lines
}

// TestOpenWrtKeys holds the table of the script that makes the file out of UCI against the table of
// keys.
func TestOpenWrtKeys(t *testing.T) {
	const file = "../../scripts/package/openwrt/pillarbox/files/uci.sh"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var told, want []string
	for _, found := range regexp.MustCompile(`(?m)^(\w+) (\w+) (?:texts?|boolean|number)$`).FindAllStringSubmatch(string(text), -1) {
		told = append(told, strings.TrimPrefix(found[1]+"."+found[2], "main."))
	}
	for _, key := range Default().keys() {
		want = append(want, key.name)
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s knows\n%q, and these are the keys:\n%q", file, told, want)
	}
}

// manualKeys finds the lines of keys in the manual page.
func manualKeys(text string) (names, lines []string) {
	text = strings.NewReplacer(`\(dq`, `"`, `\ `, " ").Replace(text)
	for _, found := range regexp.MustCompile(`(?m)^\.It Va (\S+)(?: No = Li (.*))?$`).FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
		if found[2] != "" {
			lines = append(lines, found[1]+" = "+found[2])
		}
	}
	return names, lines
}

// sampleKeys finds the keys in the file of the packages, where each follows a number sign.
func sampleKeys(text string) (names, lines []string) {
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[]") + "."
		}
		if key, value, found := strings.Cut(line, " = "); found && regexp.MustCompile(`^#[a-z]`).MatchString(key) {
			name := table + key[1:]
			names = append(names, name)
			if name != "hostname" && name != "service.memory" { // these depend on the machine
				lines = append(lines, name+" = "+value)
			}
		}
	}
	return names, lines
}
