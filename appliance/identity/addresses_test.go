package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pillarbox/appliance/config"
)

// contained returns a configuration as the image has it, with more environment variables.
func contained(t *testing.T, variables map[string]string) *config.Config {
	t.Helper()
	c, err := config.Builtin(config.Environment{Hostname: "nas", Getenv: func(name string) string {
		switch name {
		case "container":
			return "oci"
		case "STATE_DIRECTORY":
			return "/var/lib/pillarbox"
		}
		return variables[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServersOfContainers: the names of the configuration come first, and without them there is a
// warning, unless the container has an address on the network.
func TestServersOfContainers(t *testing.T) {
	c := contained(t, map[string]string{"PILLARBOX_TLS_NAMES": "192.168.1.2 nas.lan"})
	if got := fmt.Sprint(Servers(c)); !strings.HasPrefix(got, "[192.168.1.2 nas.lan ") {
		t.Errorf("clients are sent to %s", got)
	}
	if advice := Unnamed(c); advice != "" {
		t.Errorf("with names: %s", advice)
	}
	c = contained(t, nil)
	if got := len(Addresses(c)) == 0; got != strings.Contains(Unnamed(c), "PILLARBOX_TLS_NAMES") {
		t.Errorf("without addresses is %v, and the advice %q", got, Unnamed(c))
	}
	if len(Addresses(c)) == 0 && !slices.Equal(Servers(c), []string{"nas.home.arpa"}) {
		t.Errorf("without addresses clients are sent to %v", Servers(c))
	}
	if Unnamed(config.Default()) != "" {
		t.Error("outside of containers there is advice")
	}
}
