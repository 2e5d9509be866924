package web

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// NewServer returns a Server. It starts no goroutine.
func NewServer(b Backend, log *zap.Logger) *Server {
	sum := sha256.Sum256(style)
	s := &Server{
		Backend: b, Log: log, sessions: newSessions(), conns: map[net.Conn]*connection{},
		stylePath: "/style." + hex.EncodeToString(sum[:4]) + ".css",
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       requestWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    mostHeader,
		Protocols:         protocols,
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // no HTTP/2
		ErrorLog:          zap.NewStdLog(zap.NewNop()),
		ConnState:         s.state,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
	}
	return s
}

// errServed ends the loop of net/http that accepts, after its one connection.
var errServed = errors.New("the connection is being served")

// A single is a net.Listener with one connection.
type single struct{ conn net.Conn }

func (l *single) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, errServed
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }

// ServeConn serves a connection and returns when it is closed. When ctx ends, it is closed after
// the request that is under way.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error {
	if implicitTLS {
		secured := tls.Server(conn, s.TLS)
		if err := s.handshake(ctx, secured); err != nil {
			conn.Close()
			return err
		}
		conn = secured
	}
	c := &connection{idle: true, closed: make(chan struct{})}
	s.mu.Lock()
	s.conns[conn] = c
	s.mu.Unlock()
	defer context.AfterFunc(ctx, func() { s.closeIdle(conn) })()
	s.http.Serve(&single{conn}) // which returns errServed
	<-c.closed
	return nil
}

func (s *Server) handshake(ctx context.Context, conn *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	if s.Handshake != nil {
		return s.Handshake(ctx, conn)
	}
	return conn.HandshakeContext(ctx)
}

// state is called by net/http when the state of a connection changes.
func (s *Server) state(conn net.Conn, to http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conns[conn]
	if c == nil {
		return
	}
	c.idle = to == http.StateNew || to == http.StateIdle
	if to == http.StateClosed || to == http.StateHijacked {
		delete(s.conns, conn)
		close(c.closed)
	}
}

// closeIdle closes a connection at the end of the server, unless a request is under way: its answer
// says that the connection closes.
func (s *Server) closeIdle(conn net.Conn) {
	s.http.SetKeepAlivesEnabled(false)
	s.mu.Lock()
	c := s.conns[conn]
	idle := c != nil && c.idle
	s.mu.Unlock()
	if idle {
		conn.Close()
	}
}

// Refuse answers a connection that is not admitted, and closes it.
func (s *Server) Refuse(conn net.Conn, text string) {
	conn.SetDeadline(time.Now().Add(time.Second))
	conn.Write([]byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 30\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\n"))
	conn.Close()
}
