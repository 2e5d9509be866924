package grant

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
)

// TestMain is a server that is killed, if a test starts it with the environment variable kill: at
// the write of a refresh token ("before"), or right behind it ("after").
func TestMain(m *testing.M) {
	if when := os.Getenv("kill"); when != "" {
		k := overTLS(os.Getenv("state"))
		k.change = func(state, name string, change func(*secret.Secret) error) error {
			if when == "after" {
				if err := secret.Change(state, name, change); err != nil {
					fmt.Println(err)
				}
			}
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		token, _, err := k.Token(context.Background(), "anna", Fetch)
		fmt.Println("the token was given out:", token, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// overTLS is a keeper that sends its requests to the server of a test.
func overTLS(state string) *Keeper {
	return &Keeper{
		State: state, Log: zap.NewNop(), Clock: func() (time.Time, bool) { return time.Now(), true },
		Tell: func(context.Context, Notice) error { return nil },
		Send: func(ctx context.Context, q oauth.Request) (oauth.Reply, error) {
			u, err := url.Parse(q.URL)
			if err != nil {
				return oauth.Reply{}, err
			}
			conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", u.Host)
			if err != nil {
				return oauth.Reply{}, err
			}
			defer conn.Close()
			return oauth.Do(conn, q)
		},
	}
}

// TestKilled: a server that is killed between the answer and the write has used nothing of the
// answer, and has the old refresh token; one that is killed behind the write has the new one.
func TestKilled(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		var asked []string
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.FormValue("refresh_token"))
			fmt.Fprintf(w, `{"access_token":"at%d","refresh_token":"rt%[1]d","expires_in":3600}`, len(asked))
		}))
		state := t.TempDir()
		first := &secret.Secret{Grant: &secret.Grant{Refresh: "rt0", Client: "id", TokenURL: s.URL, Login: "L1"}}
		if err := secret.Save(state, "anna", first); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(os.Args[0])
		c.Env = []string{"kill=" + when, "state=" + state}
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(err.Error(), "killed") || len(out) > 0 {
			t.Fatalf("%s: %v, %s", when, err, out)
		}
		token, _, err := overTLS(state).Token(t.Context(), "anna", Fetch)
		if token != "at2" || err != nil {
			t.Errorf("%s: %q, %v", when, token, err)
		}
		if got, want := strings.Join(asked, " "), map[string]string{"before": "rt0 rt0", "after": "rt0 rt1"}[when]; got != want {
			t.Errorf("%s: asked for %s, want %s", when, got, want)
		}
		s.Close()
	}
}
