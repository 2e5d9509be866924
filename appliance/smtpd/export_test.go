package smtpd

// SetQuickAck replaces setsockopt(2) with TCP_QUICKACK by f.
func (s *Server) SetQuickAck(f func(socket int) error) { s.quickAck = f }
