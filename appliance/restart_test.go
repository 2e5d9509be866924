package appliance

import (
	"strings"
	"testing"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/secret"
)

// TestFirstRemoteAccount: a server that was confined without remote accounts says, wherever it is
// asked, by which command it is restarted.
func TestFirstRemoteAccount(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna", "otto")
	with, _ := withRemote(t, state, p)
	first := with.Remote["anna-mail"]
	first.Fetch, first.Incoming = config.FetchPOP3, p.addr
	with.Remote["anna-mail"] = first
	if err := secret.Save(state, "anna-mail", &secret.Secret{Incoming: p.addr, Outgoing: p.addr, Password: "app password"}); err != nil {
		t.Fatal(err)
	}
	c := settings(state)
	b := start(t, c, Options{})
	b.await("ready", 1) // remote add asks it by the control socket
	b.remote.confined, b.remote.restart = true, "systemctl restart pillarbox"
	b.opts.Reread = func() (*config.Config, error) { return with, nil }
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	health := strings.Join(b.degraded(), "\n")
	log := ""
	for _, entry := range b.log.FilterMessage("this change needs a restart").All() {
		for _, field := range entry.Context {
			log += field.String + "\n"
		}
	}
	for where, said := range map[string]string{
		"health": health, "what cannot be sent, in health": health[strings.Index(health, "cannot send")+1:], "remote add": admin.RemoteNeeds(with, "anna-mail"), "the log": log,
	} {
		if !strings.Contains(said, "systemctl restart pillarbox") {
			t.Errorf("%s says %q", where, said)
		}
	}
	if needs := admin.RemoteNeeds(with, "none"); needs != "" {
		t.Errorf("an account that is not there needs %q", needs)
	}
}

// TestConfines: a build that could not start its children, once it was confined, is confined only
// while it has none to start.
func TestConfines(t *testing.T) {
	c := settings(t.TempDir())
	if c.Service.Confine = true; !confines(c) {
		t.Error("a server without remote accounts is not confined")
	}
	c.Remote = map[string]config.Remote{"anna-mail": {}}
	if confines(c) == child.Linked {
		t.Errorf("with a remote account: confined %v, linked with a C library %v", confines(c), child.Linked)
	}
	if c.Service.Confine = false; confines(c) {
		t.Error("service.confine = false does nothing")
	}
}
