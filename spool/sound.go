package spool

// Sound says whether message n verifies, which is read past the page cache for it, whole, however often it was verified
// before: for who takes mail away and will not ask again. A message that was expunged meanwhile is sound.
func (v *View) Sound(n int) (bool, error) {
	_, damage, err := v.verify(n, 0)
	return damage == nil, err
}
