package config

import (
	"fmt"
	"strings"
	"time"
)

// A key is one row of the table of keys.
type key struct {
	name string                // dotted, as it is reported
	set  func(value any) error // stores a value; the error names the expected type
}

// keys is the table of all keys, with c as the place for the values. The free names of [aliases]
// and of [retention.accounts] are the exceptions, see aliasesTable and Keeping.keys.
func (c *Config) keys() []key {
	return []key{
		{"hostname", text(&c.Hostname)},
		{"domains", texts(&c.Domains)},
		{"state", text(&c.State)},
		{"allow", prefixes(&c.Allow)},
		{"mdns", text(&c.MDNS)},
		{"pop3.listen", texts(&c.POP3.Listen)},
		{"pop3.listen_tls", texts(&c.POP3.ListenTLS)},
		{"pop3.plaintext_auth", from(&c.POP3.PlaintextAuth)},
		{"pop3.lock", oneOf(&c.POP3.Exclusive, locks)},
		{"pop3.login_delay", parsed(&c.POP3.LoginDelay, ParseDuration)},
		{"smtp.listen", texts(&c.SMTP.Listen)},
		{"smtp.listen_tls", texts(&c.SMTP.ListenTLS)},
		{"smtp.listen_lmtp", texts(&c.SMTP.ListenLMTP)},
		{"smtp.plaintext_auth", from(&c.SMTP.PlaintextAuth)},
		{"smtp.require_auth", oneOf(&c.SMTP.RequireAuth, demands)},
		{"smtp.own_address", boolean(&c.SMTP.OwnAddress)},
		{"smtp.max_message", parsed(&c.SMTP.MaxMessage, ParseSize)},
		{"web.listen", texts(&c.Web.Listen)},
		{"web.listen_tls", texts(&c.Web.ListenTLS)},
		{"web.names", texts(&c.Web.Names)},
		{"web.admins", texts(&c.Web.Admins)},
		{"tls.cert", text(&c.TLS.Cert)},
		{"tls.key", text(&c.TLS.Key)},
		{"tls.names", texts(&c.TLS.Names)},
		{"tls.kernel", oneOf(&c.TLS.Kernel, kernels)},
		{"spool.capacity", parsed(&c.Spool.Capacity, ParseSize)},
		{"spool.slot", parsed(&c.Spool.Slot, ParseSize)},
		{"spool.volatile", boolean(&c.Spool.Volatile)},
		{"retention.keep_days", number(&c.Retention.KeepDays)},
		{"retention.keep_days_after_fetch", number(&c.Retention.KeepDaysAfterFetch)},
		{"retention.bin_days", number(&c.Retention.BinDays)},
		{"retention.mailbox_share", parsed(&c.Retention.MailboxShare, ParsePercent)},
		{"watchdog.device", text(&c.Watchdog.Device)},
		{"watchdog.timeout", parsed(&c.Watchdog.Timeout, ParseDuration)},
		{"log.level", text(&c.Log.Level)},
		{"service.memory", parsed(&c.Service.Memory, ParseSize)},
		{"service.user", text(&c.Service.User)},
		{"service.confine", boolean(&c.Service.Confine)},
	}
}

// aliasesTable is the table whose keys are names of the user's choice.
const aliasesTable = "aliases"

// choices are the words of a key and what each means, in the order in which they are listed.
type choices[T any] []struct {
	word  string
	means T
}

// kernels are the words of tls.kernel.
var kernels = choices[KernelTLS]{{"auto", KernelFaster}, {"on", KernelAlways}, {"off", KernelNever}}

var locks = choices[bool]{{"none", false}, {"exclusive", true}}

// places are the words of plaintext_auth.
var places = choices[Prefixes]{{"never", Prefixes{words: "never"}}, {"private", Private()}, {"always", Anywhere()}}

func oneOf[T any](to *T, words choices[T]) func(any) error {
	return func(value any) error {
		var expected []string
		for _, choice := range words {
			if value == choice.word {
				*to = choice.means
				return nil
			}
			expected = append(expected, fmt.Sprintf("%q", choice.word))
		}
		last := len(expected) - 1
		return fmt.Errorf("expects %s or %s", strings.Join(expected[:last], ", "), expected[last])
	}
}

func from(to *Prefixes) func(any) error { return oneOf(to, places) }

func text(to *string) func(any) error {
	return func(value any) error {
		s, ok := value.(string)
		if !ok {
			return fmt.Errorf("expects a text in quotes, not %s", kind(value))
		}
		*to = s
		return nil
	}
}

func texts(to *[]string) func(any) error {
	return func(value any) error {
		list, ok := value.([]any)
		if !ok {
			return fmt.Errorf(`expects a list of texts, as ["one", "two"], not %s`, kind(value))
		}
		read := make([]string, 0, len(list))
		for _, one := range list {
			s, ok := one.(string)
			if !ok {
				return fmt.Errorf(`expects a list of texts, as ["one", "two"], not of %s`, kind(one))
			}
			read = append(read, s)
		}
		*to = read
		return nil
	}
}

func number(to *int) func(any) error {
	return func(value any) error {
		n, ok := value.(int64)
		if !ok {
			return fmt.Errorf("expects a whole number, not %s", kind(value))
		}
		if int64(int32(n)) != n {
			return fmt.Errorf("%d is out of range", n)
		}
		*to = int(n)
		return nil
	}
}

func boolean(to *bool) func(any) error {
	return func(value any) error {
		b, ok := value.(bool)
		if !ok {
			return fmt.Errorf("expects true or false, without quotes, not %s", kind(value))
		}
		*to = b
		return nil
	}
}

func prefixes(to *Prefixes) func(any) error {
	return func(value any) (err error) {
		var words []string
		if err := texts(&words)(value); err != nil {
			return err
		}
		*to, err = ParsePrefixes(words)
		return err
	}
}

// parsed is for values that are written as text with a unit.
func parsed[T any](to *T, parse func(string) (T, error)) func(any) error {
	return func(value any) error {
		s, ok := value.(string)
		if !ok {
			_, err := parse("")
			_, advice, _ := strings.Cut(err.Error(), "; ")
			return fmt.Errorf("expects a text in quotes, not %s; %s", kind(value), advice)
		}
		v, err := parse(s)
		if err == nil {
			*to = v
		}
		return err
	}
}

// kind names the type of a TOML value in words of its users.
func kind(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case int64:
		return "a number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case time.Time:
		return "a time"
	}
	return "a date or time"
}
