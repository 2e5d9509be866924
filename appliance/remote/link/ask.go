package link

import (
	"time"

	"pillarbox/appliance/remote/oauth"
)

// Ask has the child send a request to an authorization server.
func (c *Client) Ask(q oauth.Request, bundle string) (oauth.Reply, error) {
	var none oauth.Reply
	err := c.send(kindAsk, []byte(q.URL), []byte(q.Form), []byte(q.User), []byte(q.Secret), []byte(q.Pin), []byte(bundle))
	if err != nil {
		return none, err
	}
	k, f, err := c.next()
	switch {
	case err != nil:
		return none, err
	case k == kindError:
		return none, answered(f)
	case k != kindReply:
		return none, errFrame
	}
	r := oauth.Reply{Status: int(f.number() % 1000), Wait: time.Duration(min(f.number(), 86400)) * time.Second}
	if f.number() == 1 {
		r.Fields = map[string]string{}
	}
	for f.more() {
		name, value := f.text(), f.text()
		if r.Fields == nil {
			return none, errFrame
		}
		r.Fields[name] = value
	}
	if err := f.end(); err != nil {
		return none, err
	}
	return r, nil
}
