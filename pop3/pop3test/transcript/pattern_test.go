package transcript

import "testing"

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, line string
		want          bool
	}{
		{"+OK", "+OK", true},
		{"+OK", "+OK ", false},
		{"+OK*", "+OK", true},
		{"+OK *", "+OK 3 messages", true},
		{"+OK *", "-ERR", false},
		{"*", "", true},
		{"", "x", false},
		{"+OK * (* octets)", "+OK 3 messages (98 octets)", true},
		{"+OK * (* octets)", "+OK 3 messages (98 octets) and more", false},
		{`\*`, "*", true},
		{`\*`, "x", false},
		{`1 \* *`, "1 * 2", true},
		{"1 $uid", "1 abc", true},
		{"1 $uid", "1 ", false},
		{"1 $uid", "1 a b", false},
		{"($n octets)", "(12 octets)", true},
		{"$", "$", true},
		{"$5", "$5", true},
	}
	for _, tt := range tests {
		if got := glob(tt.pattern, tt.line, make(map[string]string)); got != tt.want {
			t.Errorf("glob(%q, %q) = %v, want %v", tt.pattern, tt.line, got, tt.want)
		}
	}
}

func TestGlobCaptures(t *testing.T) {
	captured := make(map[string]string)
	if !glob("+OK $n $octets*", "+OK 3 (98) and so on", captured) || captured["n"] != "3" || captured["octets"] != "(98)" {
		t.Errorf("captured %q", captured)
	}
}
