#!/bin/sh
# nodemailer.sh plain|auth|stls|tls FILE RCPT
#
# The sender of Node.js, from npm, in a version that is pinned. It pipelines nothing, and ends lines
# itself.
set -eu
built=${CA%/*}/nodemailer
if ! [ -d "$built" ]; then
	mkdir "$built"
	npm install --silent --no-audit --no-fund --prefix "$built" nodemailer@10.6.0 >/dev/null
fi
NODE_PATH=$built/node_modules NODE_EXTRA_CA_CERTS=$CA node - "$@" <<'JS'
const [tls, file, to] = process.argv.slice(2), env = process.env;
require("nodemailer").createTransport({
	host: env.HOST,
	port: tls === "tls" ? env.SMTPS_PORT : env.SMTP_PORT,
	secure: tls === "tls",
	requireTLS: tls === "stls",
	ignoreTLS: tls === "plain" || tls === "auth",
	auth: tls === "plain" ? undefined : { user: env.ACCOUNT, pass: env.PASSWORD },
	authMethod: tls === "stls" ? "LOGIN" : "PLAIN",
}).sendMail({ envelope: { from: "anna@home.arpa", to }, raw: require("fs").readFileSync(file) })
	.catch((e) => { console.error(e); process.exit(1); });
JS
