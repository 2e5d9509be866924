package web

import (
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// A peopleView is what an administrator sees of all accounts.
type peopleView struct {
	people []Person
	token  string
	name   string // as it was typed
	done   string
	fault  string
	view   *request
}

func (s *Server) people(q *request) {
	s.showPeople(q, http.StatusOK, peopleView{done: note(q.URL.Query().Get("done"))})
}

func (s *Server) showPeople(q *request, status int, v peopleView) {
	v.people, v.token, v.view = s.Backend.People(), q.session.token, q
	s.page(q, status, "People", peoplePage(v))
}

// addPerson adds an account and shows its sheet, on the answer to the POST and never again.
func (s *Server) addPerson(q *request) {
	name := strings.TrimSpace(q.value("name"))
	password, err := s.Backend.Add(q.Context(), name, q.value("password"))
	if err != nil {
		s.showPeople(q, http.StatusBadRequest, peopleView{name: name, fault: "No account was added: " + err.Error() + "."})
		return
	}
	s.changed(q, "account added", name)
	s.showSheet(q, name, password)
}

// A personView is the page of one account.
type personView struct {
	person Person
	token  string
	fault  string
	view   *request
}

func (s *Server) person(q *request) { s.showPerson(q, http.StatusOK, "") }

func (s *Server) showPerson(q *request, status int, fault string) {
	p, ok := s.personOf(q.below)
	if !ok {
		s.refuse(q, http.StatusNotFound, "There is no such account", "")
		return
	}
	s.page(q, status, p.Name, personPage(personView{p, q.session.token, fault, q}))
}

// changePerson gives an account a new password, or removes it.
func (s *Server) changePerson(q *request) {
	p, ok := s.personOf(q.below)
	if !ok {
		s.refuse(q, http.StatusNotFound, "There is no such account", "")
		return
	}
	switch q.value("do") {
	case "password":
		password, err := s.Backend.SetPassword(q.Context(), p.Name, "")
		if err != nil {
			s.showPerson(q, http.StatusBadRequest, "Nothing was changed: "+err.Error()+".")
			return
		}
		s.changed(q, "password reset", p.Name)
		s.showSheet(q, p.Name, password)
	case "remove":
		if q.value("name") != p.Name {
			s.showPerson(q, http.StatusBadRequest, "Nothing was removed: type the name of the account to confirm.")
			return
		}
		if p.Admin && administrators(s.Backend.People()) < 2 {
			s.showPerson(q, http.StatusBadRequest, "Nothing was removed: this is the only administrator. Name another one in the key web.admins of the configuration first.")
			return
		}
		if err := s.Backend.Remove(q.Context(), p.Name); err != nil {
			s.showPerson(q, http.StatusBadRequest, "Nothing was removed: "+err.Error()+".")
			return
		}
		s.changed(q, "account removed", p.Name)
		q.redirect("/people?done=removed")
	default:
		s.showPerson(q, http.StatusBadRequest, "Nothing was changed: choose what to do.")
	}
}

// administrators returns how many accounts may change those of others.
func administrators(people []Person) (n int) {
	for _, p := range people {
		if p.Admin {
			n++
		}
	}
	return n
}

// A sheetView is what a person needs to set up mail. It is shown once, and printed.
type sheetView struct {
	name, address, password string
	view                    *request
	page                    string // address of the page
	pageCode                string
	withPassword            string // code of Thunderbird for Android, with the password
}

func (s *Server) showSheet(q *request, name, password string) {
	settings, account := q.settings(), q.account(name)
	account.Password = password
	v := sheetView{name: name, address: account.Address, password: password, view: q}
	v.page = q.plainPage()
	v.pageCode = code(v.page, "QR code with the address of this page")
	if text, err := settings.Code(account); err == nil {
		v.withPassword = code(text, "QR code for Thunderbird for Android, with the password")
	} else {
		s.Log.Debug("no code for an account", zap.Error(err))
	}
	s.page(q, http.StatusOK, "Mail for "+name, sheetPage(v))
}
