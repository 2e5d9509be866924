#!/bin/sh
# javamail.sh plain|auth|stls|tls FILE RCPT, or plain|stls|tls keep|delete OUT
#
# JavaMail.java, compiled once for all cases, which trusts the CA through a key store.
set -eu
here=$(dirname "$0")
built=${CA%/*}/java jars=/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar
if ! [ -d "$built" ]; then
	mkdir "$built"
	javac -cp "$jars" -d "$built" "$here/JavaMail.java"
	keytool -importcert -noprompt -alias ca -file "$CA" -keystore "$built/trusted" -storepass changeit >/dev/null 2>&1
fi
case $2 in keep | delete) what=fetch ;; *) what=send ;; esac
java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$built:$jars" -Djavax.net.ssl.trustStore="$built/trusted" \
	-Djavax.net.ssl.trustStorePassword=changeit -Dmail.mime.allowutf8=true JavaMail "$what" "$@"
