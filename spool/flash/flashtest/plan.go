package flashtest

import "fmt"

// Ops returns how many operations have begun since the device was made: Create, WriteAt,
// Sync, Remove and Store; with Options.CountReads also Names, Open, Load, ReadAt and
// ReadUncached. The next one has number Ops()+1.
func (d *Device) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// FailAt makes operation k return err, once. What it does besides depends on err:
// io.ErrShortWrite and ENOSPC stop a write half way; EROFS does nothing; all others, EIO
// first among them, leave open what the device has of it. A Sync that fails has marked
// the pages clean, whatever the error.
func (d *Device) FailAt(k int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ahead(k)
	if d.faults.once == nil {
		d.faults.once = make(map[int]error)
	}
	d.faults.once[k] = err
}

// FailFrom makes operation k and all that follow return err as FailAt does, until Heal.
func (d *Device) FailFrom(k int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ahead(k)
	d.faults.from, d.faults.every = k, err
}

// Heal cancels every planned fault, but not a cut that has happened.
func (d *Device) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = faults{dead: d.faults.dead}
}

// CutAt cuts the power in operation k: it may have happened, in part too, and returns
// ErrPowerCut, as does everything after it. Outcomes then yields the devices that may come
// back.
func (d *Device) CutAt(k int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ahead(k)
	d.faults.cut = k
}

// Cut cuts the power now, between two operations.
func (d *Device) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults.dead = true
}

// Dead reports whether the power was cut.
func (d *Device) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults.dead
}

// ahead panics when operation k has passed: a test that plans it would prove nothing.
func (d *Device) ahead(k int) {
	if k <= d.ops {
		panic(fmt.Sprintf("flashtest: operation %d has passed, the last one was %d", k, d.ops))
	}
}

// begin starts a changing operation. It returns what the operation does and its error.
func (d *Device) begin(op, name string) (effect, error) {
	if d.faults.dead {
		return none, refusal(op, name, ErrPowerCut)
	}
	d.ops++
	f := &d.faults
	if d.ops == f.cut {
		f.dead = true
		return unsure, refusal(op, name, ErrPowerCut)
	}
	err := f.once[d.ops]
	if err == nil && f.from != 0 && d.ops >= f.from {
		err = f.every
	}
	if err != nil {
		return effectOf(err), refusal(op, name, err)
	}
	return done, nil
}

// look starts a reading operation.
func (d *Device) look(op, name string) error {
	if d.opt.CountReads {
		_, err := d.begin(op, name)
		return err
	}
	if d.faults.dead {
		return refusal(op, name, ErrPowerCut)
	}
	return nil
}
