module pillarbox

go 1.25.0

require (
	github.com/CycloneDX/cyclonedx-go v0.12.0
	github.com/emersion/go-imap/v2 v2.0.0-beta.8
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6
	github.com/fsnotify/fsnotify v1.10.1
	github.com/klauspost/compress v1.20.3
	github.com/landlock-lsm/go-landlock v0.10.1
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/rogpeppe/go-internal v1.16.0
	github.com/tinylib/msgp v1.6.5
	go.uber.org/zap v1.28.0
	golang.org/x/oauth2 v0.36.0
	golang.org/x/sys v0.42.0
	kernel.org/pub/linux/libs/security/libcap/psx v1.2.77
	rsc.io/qr v0.2.0
)

require (
	github.com/emersion/go-message v0.18.2 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/tools v0.35.0 // indirect
)
