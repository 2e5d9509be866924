package smtpd

import "testing"

// FuzzCommandLine: no argument of a command that takes one makes its parser give out more than
// it was given, or a size that is none.
func FuzzCommandLine(f *testing.F) {
	for _, s := range []string{" SIZE=1 BODY=7BIT", " SMTPUTF8 AUTH=<>", "12 LAST", "0", " SIZE=99999999999999999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if p, err := parseMailParameters(in); p.size < 0 {
			t.Errorf("size %d, %v", p.size, err)
		}
		if size, _, err := parseChunk(in); size < 0 || err != nil && size > 0 {
			t.Errorf("chunk of %d, %v", size, err)
		}
		if response, err := decodeInitial(in); err == nil && (response == nil) != (len(in) == 0) {
			t.Errorf("response %q", response)
		}
		if rest, ok := cutPrefixFold(in, "FROM:"); ok && len(rest)+5 != len(in) {
			t.Errorf("%q behind FROM: of %q", rest, in)
		}
	})
}
