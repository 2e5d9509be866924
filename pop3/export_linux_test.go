package pop3

// Dozing returns how many sessions doze.
func (s *Server) Dozing() int {
	s.dormitory.mu.Lock()
	defer s.dormitory.mu.Unlock()
	return s.dormitory.dozing
}
