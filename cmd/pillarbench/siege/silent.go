package siege

import "context"

// silentConnections is how many connections one device holds.
const silentConnections = 32

// silent holds connections from one address that send nothing.
func silent(ctx context.Context, t Target, c *Counts) {
	together(silentConnections, func(int) {
		for ctx.Err() == nil { // reconnect when the server closes it
			if conn := connect(ctx, c, neighbour(0), t.POP3); conn != nil {
				drain(conn)
				pause(ctx, refusedPause)
			}
		}
	})
}
