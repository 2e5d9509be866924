package oauth

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/remote/flatjson"
	"pillarbox/appliance/remote/session"
)

// mostAnswer bounds an answer with its header, in octets.
const mostAnswer = 64 << 10

// Do sends one request over a connection that has TLS, and reads the answer. The connection is not
// used any more then.
func Do(conn io.ReadWriter, q Request) (Reply, error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return Reply{}, session.Errorf(session.Protocol, "%q is not an address", session.Printable(q.URL))
	}
	var b strings.Builder
	method := "GET"
	if q.Form != "" {
		method = "POST"
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nConnection: close\r\n", method, u.RequestURI(), u.Host)
	if q.User != "" {
		fmt.Fprintf(&b, "Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(q.User+":"+q.Secret)))
	}
	if q.Form != "" {
		fmt.Fprintf(&b, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(q.Form))
	}
	b.WriteString("\r\n" + q.Form)
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return Reply{}, err
	}
	return read(conn)
}

// read reads an answer. What came before it (100 Continue, 103 Early Hints) is none.
func read(conn io.Reader) (Reply, error) {
	limited := &io.LimitedReader{R: conn, N: mostAnswer}
	in := bufio.NewReader(limited)
	for {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return Reply{}, broken(limited, err)
		}
		if answer.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || limited.N <= 0 {
			return Reply{}, broken(limited, err)
		}
		r := Reply{Status: answer.StatusCode}
		if n, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && n > 0 {
			r.Wait = time.Duration(min(n, 86400)) * time.Second
		}
		if fields, err := flatjson.Fields(body); err == nil {
			r.Fields = fields
		}
		return r, nil
	}
}

// broken returns the error of an answer that was not read to its end: the line is at fault, or what
// came over it.
func broken(limited *io.LimitedReader, err error) error {
	if limited.N <= 0 {
		return session.Errorf(session.Protocol, "the answer of the provider is longer than %d octets", mostAnswer)
	}
	if e := session.As(err); e.Kind == session.Network || errors.Is(err, io.ErrUnexpectedEOF) {
		return e
	}
	return session.Errorf(session.Protocol, "the answer of the provider is not HTTP")
}
