package accounts

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func family(t *testing.T, aliases map[string][]string) *Routing {
	t.Helper()
	_, err := Parse("a", []byte(lineOf("anna", 1)+lineOf("otto", 2)+lineOf("c+x", 3)+lineOf("first.last", 4)))
	if err == nil {
		t.Fatal("a name with a plus was read")
	}
	table, err := Parse("a", []byte(lineOf("anna", 1)+lineOf("otto", 2)+lineOf("first.last", 4)))
	if err != nil {
		t.Fatal(err)
	}
	return NewRouting(table, "nas.home.arpa", []string{"home.arpa", "family.example"}, aliases)
}

func TestRoute(t *testing.T) {
	aliases := map[string][]string{
		"parents": {"anna", "otto"}, "all": {"parents", "kids"}, "kids": {"nobody"},
		"otto": {"otto", "anna"}, "info+news": {"otto"}, "ring": {"anna", "first.last"},
		"a": {"b"}, "b": {"a", "first.last"}, // no valid file has a cycle; none may cause a hang
		"office": {"postmaster"},
	}
	withCatchAll := map[string][]string{"*": {"otto"}, "root": {"first.last"}}
	tests := []struct {
		name    string
		aliases map[string][]string
		address string
		want    string // accounts, or the error
	}{
		{"an account", aliases, "anna@home.arpa", "anna"},
		{"in any letter case", aliases, "ANNA@Home.Arpa", "anna"},
		{"a domain with its last dot", aliases, "anna@home.arpa.", "anna"},
		{"at the host's name", aliases, "anna@nas.home.arpa", "anna"},
		{"at the host's short name", aliases, "anna@nas", "anna"},
		{"at localhost", aliases, "anna@localhost", "anna"},
		{"at a second domain", aliases, "anna@family.example", "anna"},
		{"a bare name", aliases, "anna", "anna"},
		{"with a plus", aliases, "anna+shop@home.arpa", "anna"},
		{"with two", aliases, "anna+a+b", "anna"},
		{"nothing before the plus", aliases, "+anna", "nobody"},
		{"an alias that has a plus", aliases, "info+news", "otto anna"},
		{"a name with a dot", aliases, "first.last", "first.last"},
		{"an alias", aliases, "ring", "anna first.last"},
		{"an alias with a plus behind", aliases, "ring+x", "anna first.last"},
		{"an alias beside its account", aliases, "otto", "otto anna"},
		{"a chain, each once", aliases, "all", "anna otto"},
		{"an alias of nobody", aliases, "kids", "nobody"},
		{"a circle", aliases, "a", "first.last"},
		{"an alias to postmaster", aliases, "office", "anna"},
		{"postmaster", aliases, "postmaster@home.arpa", "anna"},
		{"Postmaster without a domain", aliases, "Postmaster", "anna"},
		{"root", aliases, "root@localhost", "anna"},
		{"root with an alias", withCatchAll, "root", "first.last"},
		{"unknown", aliases, "hugo", "nobody"},
		{"the star itself", aliases, "*", "nobody"},
		{"unknown with a catch-all", withCatchAll, "hugo", "otto"},
		{"known with a catch-all", withCatchAll, "anna", "anna"},
		{"a foreign domain", withCatchAll, "anna@example.com", "foreign"},
		{"a domain below ours", withCatchAll, "anna@x.home.arpa", "foreign"},
		{"letters beyond ASCII", aliases, "ännä", "nobody"},
		{"empty", aliases, "", "nobody"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			local, domain, _ := strings.Cut(tt.address, "@")
			to, err := family(t, tt.aliases).Route(local, domain)
			got := strings.Join(to, " ")
			switch {
			case errors.Is(err, ErrNobody):
				got = "nobody"
			case errors.Is(err, ErrForeign):
				got = "foreign"
			case err != nil:
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRouteWithoutAccounts(t *testing.T) {
	table, _ := Parse("a", nil)
	if to, err := NewRouting(table, "nas.home.arpa", nil, nil).Route("postmaster", ""); !errors.Is(err, ErrNobody) {
		t.Errorf("got %v, %v", to, err)
	}
}

// TestRouteOfManyAliases: aliases that lead to the same names do not multiply the work.
func TestRouteOfManyAliases(t *testing.T) {
	aliases := map[string][]string{}
	last := "anna"
	for n := range 64 {
		a, b, c := "a"+string(rune('A'+n)), "b"+string(rune('A'+n)), "c"+string(rune('A'+n))
		aliases[a], aliases[b], aliases[c] = []string{last}, []string{last}, []string{a, b}
		last = c
	}
	r := family(t, aliases)
	w := walk{Routing: r}
	if w.resolve(last); !slices.Equal(w.to, []string{"anna"}) {
		t.Errorf("got %v", w.to)
	}
}

func TestLogin(t *testing.T) {
	r := family(t, map[string][]string{"boss": {"anna"}})
	tests := []struct {
		user, want string
		ok         bool
	}{
		{"anna", "anna", true}, {"Anna", "anna", true}, {"anna@home.arpa", "anna", true}, {"ANNA@NAS.Home.Arpa", "anna", true},
		{"anna@example.com", "anna", false}, {"anna@", "", false}, {"boss", "boss", true}, {"", "", true},
	}
	for _, tt := range tests {
		if got, ok := r.Login(tt.user); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.user, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSameAccount(t *testing.T) {
	r := family(t, map[string][]string{"boss": {"anna"}})
	tests := []struct {
		a, b          string
		account, view bool
	}{
		{"anna", "ANNA@NAS.Home.Arpa", true, true},
		{"anna+phone", "Anna+Phone@home.arpa", true, true},
		{"anna+phone", "anna", true, false},
		{"recent:anna", "anna", true, false},
		{"otto", "anna", false, false},
		{"boss", "anna", false, false}, // an alias is no account
		{"anna@example.com", "anna", false, false},
		{"anna@", "anna", false, false},
		{"anna@example.com", "anna@example.com", false, false},
	}
	for _, tt := range tests {
		if got := r.SameAccount(tt.a, tt.b); got != tt.account {
			t.Errorf("SameAccount(%q, %q) = %v", tt.a, tt.b, got)
		}
		if got := r.SameView(tt.a, tt.b); got != tt.view {
			t.Errorf("SameView(%q, %q) = %v", tt.a, tt.b, got)
		}
	}
}

func TestDangling(t *testing.T) {
	r := family(t, map[string][]string{"all": {"anna", "gone", "list"}, "list": {"lost", "gone"}, "self": {"self"}, "root": {"postmaster"}})
	if got, want := r.Dangling(), []string{"gone", "list", "lost", "self"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
