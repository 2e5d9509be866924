package outbound

import "testing"

// TestLimits: the words of providers, from their documentation and from reports of users. What is
// about the account makes it wait; what is about the recipient is a refusal like any other.
func TestLimits(t *testing.T) {
	for text, want := range map[string]bool{
		"421 4.7.0 Temporary System Problem. Try again later":                                       true,
		"454 4.7.0 Too many login attempts, please try again later":                                 true,
		"421 4.7.28 Our system has detected an unusual rate of unsolicited mail":                    true,
		"550 5.4.5 Daily user sending limit exceeded":                                               true,
		"550 5.1.90 Your message can't be sent because you've reached your daily limit for message": true,
		"432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded":                             true,
		"452 4.3.1 Request is throttled; retry in 300 seconds":                                      true,
		"550 5.7.1 Sending quota exceeded: hourly limit":                                            true,
		"550 5.1.1 The email account that you tried to reach does not exist":                        false,
		"552 5.2.2 Mailbox full: quota exceeded, limit exceeded":                                    false,
		"450 4.2.1 The user you are trying to contact is receiving mail at a rate limit":            false,
		"552 5.3.4 Message size rate limit exceeded":                                                false,
		"552 5.2.3 Message length limit exceeded":                                                   false,
		"452 4.3.4 Message size limit exceeded for now":                                             false,
		"451 4.3.0 Try later":                              false,
		"250 2.0.0 OK; rate limit exceeded is a nice name": false,
		"554 5.7.1 Spam":                                   false,
	} {
		if got := limits(reply(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
