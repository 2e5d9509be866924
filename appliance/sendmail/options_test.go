package sendmail

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestParse: the calls that other programs make.
func TestParse(t *testing.T) {
	root := []string{"root"}
	for _, tt := range []struct {
		name, called, args string
		want               Options
	}{
		{"cron of Debian", "sendmail", "-FCronDaemon -i -odi -oem -oi -t -f root",
			Options{FullName: "CronDaemon", KeepDots: true, FromHeader: true, Sender: "root", Named: true}},
		{"cron of Debian, with 8 bits", "sendmail", "-FCronDaemon -i -B8BITMIME -oem root", Options{FullName: "CronDaemon", KeepDots: true, Recipients: root}},
		{"cronie", "sendmail", "-FCronDaemon -i -odi -oem -oi -t -f root@nas", Options{FullName: "CronDaemon", KeepDots: true, FromHeader: true, Sender: "root@nas", Named: true}},
		{"cron of busybox", "sendmail", "-ti root", Options{FromHeader: true, KeepDots: true, Recipients: root}},
		{"mdadm", "sendmail", "-t", Options{FromHeader: true}},
		{"bsd-mailx", "sendmail", "-i root", Options{KeepDots: true, Recipients: root}},
		{"s-nail", "sendmail", "-i -r anna root", Options{KeepDots: true, Sender: "anna", Named: true, Recipients: root}},
		{"PHP", "sendmail", "-t -i", Options{FromHeader: true, KeepDots: true}},
		{"PHP with a sender", "sendmail", "-t -i -fanna@home.arpa", Options{FromHeader: true, KeepDots: true, Sender: "anna@home.arpa", Named: true}},
		{"git send-email", "sendmail", "-i anna@home.arpa bert@home.arpa", Options{KeepDots: true, Recipients: []string{"anna@home.arpa", "bert@home.arpa"}}},
		{"mutt", "sendmail", "-oem -oi -- root", Options{KeepDots: true, Recipients: root}},
		{"mutt with a receipt", "sendmail", "-oem -oi -f anna -N success,failure -R hdrs -- root",
			Options{KeepDots: true, Sender: "anna", Named: true, Notify: "success,failure", Return: "hdrs", Recipients: root}},
		{"everything glued", "sendmail", "-tifanna", Options{FromHeader: true, KeepDots: true, Sender: "anna", Named: true}},
		{"options behind the recipient", "sendmail", "root -f anna", Options{Sender: "anna", Named: true, Recipients: root}},
		{"a recipient like an option", "sendmail", "-- -t", Options{Recipients: []string{"-t"}}},
		{"old options", "sendmail", "-om -oo -Am -L tag -h 3 -O IgnoreDots=true -O ErrorMode=q -X /dev/null -v root", Options{KeepDots: true, Recipients: root}},
		{"a dot option that is off", "sendmail", "-O IgnoreDots=false root", Options{Recipients: root}},
		{"the queue", "sendmail", "-bp", Options{Mode: ShowQueue}},
		{"a run of the queue", "sendmail", "-q", Options{Mode: Nothing}},
		{"a run of the queue each half hour", "sendmail", "-q30m", Options{Mode: Nothing}},
		{"the queue by its name", "mailq", "", Options{Mode: ShowQueue}},
		{"aliases", "newaliases", "", Options{Mode: Nothing}},
		{"a dialogue", "sendmail", "-bs", Options{Mode: Dialogue}},
		{"delivery, said", "sendmail", "-bm root", Options{Recipients: root}},
		{"a configuration", "sendmail", "-C /etc/other.toml root", Options{Config: "/etc/other.toml", Recipients: root}},
		{"a configuration, as the other commands", "sendmail", "-config /etc/other.toml root", Options{Config: "/etc/other.toml", Recipients: root}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.called, strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range []string{"-Z", "-f", "-t -F", "-bd", "-bv root", "-bt", "-b"} {
		_, err := Parse("sendmail", strings.Fields(args))
		var e *Error
		if !errors.As(err, &e) || e.Code != ExUsage {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// FuzzParse: every command line is parsed or refused, and what is not an option is a recipient.
func FuzzParse(f *testing.F) {
	f.Add("-FCronDaemon\x00-i\x00-odi\x00-t\x00-f\x00root")
	f.Add("-tifx\x00--\x00-t")
	f.Fuzz(func(t *testing.T, line string) {
		o, err := Parse("sendmail", strings.Split(line, "\x00"))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Code != ExUsage) || err == nil && o == nil {
			t.Errorf("%q: %v", line, err)
		}
	})
}
