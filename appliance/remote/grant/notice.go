package grant

import (
	"fmt"
	"time"

	"pillarbox/appliance/remote/session"
)

// A Notice is a message to the owner of an account.
type Notice struct {
	Account string
	Ended   string    // why; "": it has not
	Ends    time.Time // when it will
}

// Text returns a notice in words: a subject, and lines without their ends.
func (n Notice) Text(address string) (subject string, lines []string) {
	do := []string{"", "On the server, run", "", "    pillarbox remote login " + n.Account, "", "Nothing is lost: mail stays at the provider until then, and what you send waits here."}
	if n.Ended != "" {
		return "The login at the provider of " + n.Account + " has ended", append([]string{
			fmt.Sprintf("This server can no longer fetch or send mail of %s:", address), "    " + session.Printable(n.Ended)}, do...)
	}
	return "The login at the provider of " + n.Account + " ends soon", append([]string{
		fmt.Sprintf("The provider lets this server fetch and send mail of %s", address), "until " + n.Ends.UTC().Format(time.RFC1123) + "."}, do...)
}
