package config

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestManual holds the manual page and the file that packages install against the table of keys: each key is in both, nothing
// else is, and the defaults that they tell are those that hold.
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
			want.Complete(env)
			want.Spool.Capacity, want.Spool.Slot = got.Spool.Capacity, got.Spool.Slot // they depend on the device
			if !reflect.DeepEqual(got, want) {
				t.Errorf("what %s calls defaults is\n%+v, and what holds is\n%+v", tt.file, got, want)
			}
		})
	}
}

// TestOpenWrtKeys holds the table of the script that makes the file out of UCI against the table of keys.
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

// sampleKeys finds the keys in the file of the packages, where each stands behind a number sign.
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
			if name != "hostname" && name != "service.memory" { // examples: what holds depends on the machine
				lines = append(lines, name+" = "+value)
			}
		}
	}
	return names, lines
}
