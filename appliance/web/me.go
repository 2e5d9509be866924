package web

import (
	"errors"
	"net/http"

	"go.uber.org/zap"
)

// A meView is what a user sees of the own account.
type meView struct {
	person  Person
	devices []Device
	code    string // of Thunderbird for Android, an element
	token   string
	done    string
	fault   string
	view    *request
}

func (s *Server) me(q *request) {
	s.showMe(q, http.StatusOK, note(q.URL.Query().Get("done")), "")
}

func (s *Server) showMe(q *request, status int, done, fault string) {
	name := q.session.login.Account
	v := meView{devices: s.Backend.Devices(name), token: q.session.token, done: done, fault: fault, view: q}
	v.person, _ = s.personOf(name)
	settings := q.settings()
	if text, err := settings.Code(q.account(name)); err == nil {
		v.code = code(text, "QR code for Thunderbird for Android, without the password")
	}
	s.page(q, status, "Your mail", mePage(v))
}

func (s *Server) personOf(name string) (Person, bool) {
	for _, p := range s.Backend.People() {
		if p.Name == name {
			return p, true
		}
	}
	return Person{}, false
}

// ownPassword changes the password of the session's account. It ends all sessions of the account,
// this one included, and those of mail clients.
func (s *Server) ownPassword(q *request) {
	name := q.session.login.Account
	if _, err := s.check(q, name, q.value("old")); err != nil {
		fault := tooMany + " Nothing was changed."
		if errors.Is(err, ErrWrong) {
			fault = "The old password is wrong. Nothing was changed."
		}
		s.showMe(q, http.StatusForbidden, "", fault)
		return
	}
	if q.value("new") == "" {
		s.showMe(q, http.StatusBadRequest, "", "The new password is missing. Nothing was changed.")
		return
	}
	if _, err := s.Backend.SetPassword(q.Context(), name, q.value("new")); err != nil {
		s.showMe(q, http.StatusBadRequest, "", "Nothing was changed: "+err.Error()+".")
		return
	}
	s.changed(q, "password changed", name)
	s.sessions.end(q.session, true)
	q.redirect("/log-in?done=password")
}

func (s *Server) testMessage(q *request) {
	if err := s.Backend.TestMessage(q.Context(), q.session.login.Account); err != nil {
		s.showMe(q, http.StatusInternalServerError, "", "The test message was not stored: "+err.Error()+".")
		return
	}
	q.redirect("/me?done=sent")
}

// changed logs a change: who, from where, what.
func (s *Server) changed(q *request, what, account string) {
	s.Log.Info("changed on the page: "+what, zap.Stringer("remote", remoteOf(q.Request)),
		zap.String("user", q.session.login.Account), zap.String("account", account))
}
