package qr

import (
	"encoding/xml"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// finder is the pattern in three corners of every code.
var finder = [...]string{"#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######"}

func TestCode(t *testing.T) {
	for _, text := range []string{"https://nas.local/", strings.Repeat("x", 166), strings.Repeat("y", 800)} {
		c, err := New(text)
		if err != nil {
			t.Fatal(err)
		}
		const quiet = 4 // modules (ISO/IEC 18004)
		last := c.Size() - quiet
		for _, corner := range [][2]int{{quiet, quiet}, {last - 7, quiet}, {quiet, last - 7}} {
			for y, row := range finder {
				for x, module := range row {
					if c.Dark(corner[0]+x, corner[1]+y) != (module == '#') {
						t.Fatalf("%d octets: no finder pattern at %v", len(text), corner)
					}
				}
			}
		}
		for i := range c.Size() {
			for edge := range quiet {
				if c.Dark(i, edge) || c.Dark(edge, i) || c.Dark(i, c.Size()-1-edge) || c.Dark(c.Size()-1-edge, i) {
					t.Fatalf("%d octets: no quiet zone", len(text))
				}
			}
		}
		svg := c.SVG("a code")
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Error(err)
		}
		if strings.Contains(svg, "style") {
			t.Error("the policy of the page permits no style in an element")
		}
		if rows := strings.Count(c.Text(), "\n"); rows != (c.Size()+1)/2 {
			t.Errorf("%d rows for %d modules", rows, c.Size())
		}
	}
	if _, err := New(strings.Repeat("z", 3000)); !errors.Is(err, ErrTooLong) {
		t.Errorf("3000 octets: %v", err)
	}
}

// zbarimg reads the code, where it is installed.
func TestIsRead(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("no zbarimg")
	}
	const text = `[1,[1,1],[1,"nas.local",995,3,1,"anna","",""]]`
	c, err := New(text)
	if err != nil {
		t.Fatal(err)
	}
	const scale = 4
	var pgm strings.Builder // portable bitmap (pbm(5))
	pgm.WriteString("P1\n")
	side := c.Size() * scale
	pgm.WriteString(strconv.Itoa(side) + " " + strconv.Itoa(side) + "\n")
	for y := range side {
		for x := range side {
			if c.Dark(x/scale, y/scale) {
				pgm.WriteString("1")
			} else {
				pgm.WriteString("0")
			}
		}
		pgm.WriteString("\n")
	}
	command := exec.Command(zbar, "--quiet", "--raw", "-")
	command.Stdin = strings.NewReader(pgm.String())
	out, err := command.Output()
	if err != nil || strings.TrimSpace(string(out)) != text {
		t.Errorf("%q, %v", out, err)
	}
}
