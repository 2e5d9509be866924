package web

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

//go:embed style.css
var style []byte

// The limits of a connection.
const (
	mostHeader      = 8 << 10
	mostForm        = 64 << 10
	handshakeWithin = 10 * time.Second
	headerWithin    = 10 * time.Second
	requestWithin   = 20 * time.Second
	answerWithin    = 30 * time.Second
	keepAlive       = 30 * time.Second
)

// A Server serves the pages. The exported fields are set before the first connection.
type Server struct {
	Backend Backend
	// TLS is the configuration of connections with TLS; its protocol is http/1.1.
	TLS *tls.Config
	// Handshake runs a TLS handshake; nil: as it comes.
	Handshake func(context.Context, *tls.Conn) error
	// LoggedIn is called when a request over a connection has proved who it is, so that the
	// connection does not make room for others; nil: nothing is.
	LoggedIn func(net.Conn, Login)
	Log      *zap.Logger

	http      *http.Server
	sessions  *sessions
	stylePath string

	mu    sync.Mutex
	conns map[net.Conn]*connection
	told  time.Time // when a panic was logged
}

// Revoke ends the sessions whose logins do not hold any more.
func (s *Server) Revoke() { s.sessions.revoke(s.Backend.Holds) }

// A connection is one that is served.
type connection struct {
	idle   bool // no request has begun
	closed chan struct{}
}
