package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
)

// A logInView is what the log-in page shows.
type logInView struct {
	token string
	user  string // as it was typed
	fault string
	done  string
	https string // where to go from HTTP
	facts Facts
}

// notes are what a page says after a change, by the value of its query.
func note(word string) string {
	switch word {
	case "password":
		return "The password was changed. Log in with the new one."
	case "out":
		return "You are logged out."
	case "removed":
		return "The account was removed. Its messages stay in the spool: pillarbox spool stat lists them."
	case "sent":
		return "A test message is in your mailbox."
	}
	return ""
}

// logInForm shows the form on HTTPS; on HTTP it says how to get there, and what the warning of the
// browser means.
func (s *Server) logInForm(q *request) {
	s.showLogIn(q, http.StatusOK, logInView{done: note(q.URL.Query().Get("done"))})
}

func (s *Server) showLogIn(q *request, status int, v logInView) {
	v.facts = q.facts
	if !private(q.Request) {
		v.https = q.https("/log-in")
		s.page(q, status, "Log in", logInElsewhere(v))
		return
	}
	value := ""
	if c, err := q.Cookie(loginCookie); err == nil && len(c.Value) == 64 {
		value = c.Value
	} else {
		value = secret()
		http.SetCookie(q.w, cookie(loginCookie, value))
	}
	v.token = s.sessions.loginToken(value)
	s.page(q, status, "Log in", logInPage(v))
}

func (s *Server) logIn(q *request) {
	v := logInView{user: strings.TrimSpace(q.value("user"))}
	c, err := q.Cookie(loginCookie)
	if err != nil {
		v.fault = "This browser did not send the cookie of the form: allow cookies for this page and try again."
		s.showLogIn(q, http.StatusForbidden, v)
		return
	}
	if !equal(q.value("token"), s.sessions.loginToken(c.Value)) {
		v.fault = "The form was out of date: try again."
		s.showLogIn(q, http.StatusForbidden, v)
		return
	}
	login, err := s.check(q, v.user, q.value("password"))
	if err != nil {
		s.Log.Info("page log-in refused", zap.Stringer("remote", remoteOf(q.Request)), zap.Error(err))
		v.fault = tooMany
		if errors.Is(err, ErrWrong) {
			v.fault = "The user name or the password is wrong."
		}
		s.showLogIn(q, http.StatusForbidden, v)
		return
	}
	http.SetCookie(q.w, s.sessions.begin(login, q.value("keep") != "", q.now))
	s.Log.Info("page log-in", zap.Stringer("remote", remoteOf(q.Request)), zap.String("user", login.Account))
	q.redirect("/me")
}

// tooMany is what a user reads whose password was not looked at, which may be right.
const tooMany = "There were too many attempts: wait a minute and try again."

// checkWithin is how long a password may wait for its turn: the answer has to be sent in time.
const checkWithin = 15 * time.Second

// check decides about a password. Any error but ErrWrong says nothing about it.
func (s *Server) check(q *request, user, password string) (Login, error) {
	ctx, cancel := context.WithTimeout(q.Context(), checkWithin)
	defer cancel()
	return s.Backend.LogIn(ctx, q.conn(), user, password)
}

func (s *Server) logOut(q *request) {
	s.sessions.end(q.session, q.value("everywhere") != "")
	gone := cookie(sessionCookie, "")
	gone.MaxAge = -1
	http.SetCookie(q.w, gone)
	q.redirect("/log-in?done=out")
}
