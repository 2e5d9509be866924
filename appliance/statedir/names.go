package statedir

// The names in the state directory.
const (
	AccountsFile   = "accounts"
	SecretFile     = "secret"
	KnownFile      = "known"
	CertsFolder    = "certs"
	SpoolFolder    = "spool"
	ClockFile      = "clock"
	RecordFile     = "watchdog"
	FirstLoginFile = "first-login"
	ControlSocket  = "control"
	PortsFile      = "ports"
	NoticeFile     = "noticed"
	AdminFile      = "admin"
	QueueFile      = "queue"       // what outgoing mail is held by
	ToldFile       = "remote-told" // what owners of remote accounts were told
)
