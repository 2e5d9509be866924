package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"time"

	"pillarbox/cmd/pillarbench/siege"
)

// pageMemory is by how much private memory may grow while clients are stuck at the page: it has 16
// connections, and each has buffers.
const pageMemory = 4 << 20

// offerPage makes the server serve the page to the local network.
func (h *run) offerPage() error {
	if err := h.server.OfferPage(); err != nil {
		return err
	}
	return h.server.Reconfigure(h.server.Page, everywhere(h.server.Page), h.server.PageTLS, everywhere(h.server.PageTLS))
}

// pageAnswers returns an error if the page is not served soon after the attack.
func (h *run) pageAnswers() (err error) {
	reader := knownClient{from: siege.Address(3), patience: h.Patience}
	for began := time.Now(); time.Since(began) < releaseTime; time.Sleep(pollPause) {
		if err = reader.read(nearby(h.server.Page)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("the page does not answer %v after the attack: %w", releaseTime, err)
}

// read opens the first page.
func (c *knownClient) read(page string) error {
	conn, err := c.dial(page)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Time{}) // that is, in its patience
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answers %s", answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
