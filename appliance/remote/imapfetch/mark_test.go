package imapfetch

import "testing"

// TestMark: a message that comes changes the mark, and one that is gone does, wherever the server
// names the next UID.
func TestMark(t *testing.T) {
	for _, nextless := range []bool{false, true} {
		d := newYahoo()
		d.boxes[0].name, d.nextless = "INBOX", nextless
		m, err := d.speak(t, "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		box, seen := d.boxes[0], map[string]bool{}
		for _, change := range []func(){
			func() {},
			func() { box.mails = append(box.mails, newMail(99, "M99")) },
			func() { box.mails = box.mails[1:] },
		} {
			change()
			mark, err := m.Mark()
			again, failed := m.Mark()
			if mark == "" || seen[mark] || again != mark || err != nil || failed != nil {
				t.Errorf("next UID in STATUS only: %v: %q and %q after %v, %v, %v", nextless, mark, again, seen, err, failed)
			}
			seen[mark] = true
		}
	}
}
