package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// with returns the environment of the tests with some variables more.
func with(variables ...string) Environment {
	env := home
	env.Variables = variables
	env.Getenv = func(name string) string {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return home.Getenv(name)
	}
	return env
}

// TestVariables: an environment variable stands in for each key that the file does not write.
func TestVariables(t *testing.T) {
	env := with("PILLARBOX_TLS_NAMES=192.168.1.2, NAS.lan", "PILLARBOX_POP3_LISTEN=:110", "PILLARBOX_SMTP_LISTEN_TLS=[]",
		"PILLARBOX_RETENTION_BIN_DAYS=7", "PILLARBOX_SMTP_OWN_ADDRESS=true", "PILLARBOX_SMTP_MAX_MESSAGE=20MiB",
		"PILLARBOX_POP3_LOCK=exclusive", "PILLARBOX_LOG_LEVEL=", "PILLARBOX_ALLOW=192.168.7.0/24")
	same, err := Parse("f.toml", []byte(`
allow = ["192.168.7.0/24"]
[pop3]
listen = [":110"]
lock = "exclusive"
[smtp]
listen_tls = []
own_address = true
max_message = "20MiB"
[tls]
names = ["192.168.1.2", "nas.lan"]
[retention]
bin_days = 7
`), home)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (*Config, error){
		"without a file": func() (*Config, error) { return Builtin(env) },
		"with one":       func() (*Config, error) { return Parse("f.toml", nil, env) },
	} {
		got, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.variables["tls.names"] != "PILLARBOX_TLS_NAMES" || len(got.variables) != 8 {
			t.Errorf("%s: set by variables: %v", name, got.variables)
		}
		got.variables, got.File = nil, same.File
		if !reflect.DeepEqual(got, same) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, same)
		}
	}
}

// TestFileComesFirst: what the file writes is not changed by a variable, as with $STATE_DIRECTORY.
func TestFileComesFirst(t *testing.T) {
	c, err := Parse("f.toml", []byte("[tls]\nnames = [\"nas.lan\"]\n"), with("PILLARBOX_TLS_NAMES=other.lan", "PILLARBOX_STATE=/mail", "STATE_DIRECTORY=/state"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.TLS.Names, []string{"nas.lan"}) || c.State != "/mail" || c.PersonalState() {
		t.Errorf("names %q, state %q", c.TLS.Names, c.State)
	}
	for _, s := range c.Settings() {
		if want := map[string]string{"state": "PILLARBOX_STATE"}[s.Key]; s.Variable != want {
			t.Errorf("%s is said to come from %q, want %q", s.Key, s.Variable, want)
		}
	}
}

// TestWrongVariables: a problem with a variable names the variable, not the file.
func TestWrongVariables(t *testing.T) {
	for _, tt := range []struct{ name, variable, want string }{
		{"a text for a number", "PILLARBOX_RETENTION_BIN_DAYS=week", "PILLARBOX_RETENTION_BIN_DAYS: expects a whole number"},
		{"a value that is not valid", "PILLARBOX_TLS_NAMES=192.168.1", "PILLARBOX_TLS_NAMES: tls.names: \"192.168.1\" is neither"},
		{"an address without a port", "PILLARBOX_POP3_LISTEN=110", "PILLARBOX_POP3_LISTEN: pop3.listen: "},
		{"a misspelt name", "PILLARBOX_TLS_NAME=nas.lan", "PILLARBOX_TLS_NAME: no key has this name; did you mean PILLARBOX_TLS_NAMES?"},
		{"a choice", "PILLARBOX_POP3_LOCK=both", `PILLARBOX_POP3_LOCK: expects "none" or "exclusive"`},
		{"the service of Kubernetes", "PILLARBOX_SERVICE_HOST=10.0.0.1", ""},
		{"a port of Kubernetes", "PILLARBOX_PORT_110_TCP=tcp://10.0.0.1:110", ""},
		{"a port of a service pillarbox-tls", "PILLARBOX_TLS_PORT=tcp://10.0.0.1:995", ""},
		{"another program's", "PILLARBOXES=1", ""},
	} {
		_, err := Builtin(with(tt.variable))
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		_, err = Parse("f.toml", []byte("domains = []\n"), with(tt.variable))
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s, with a file: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// TestVariableNames: no variable stands for two keys, and each key has one.
func TestVariableNames(t *testing.T) {
	seen := map[string]string{}
	for _, k := range Default().keys() {
		name := variableOf(k.name)
		if seen[name] != "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			t.Errorf("%s: variable %q, which %q has", k.name, name, seen[name])
		}
		seen[name] = k.name
	}
}
