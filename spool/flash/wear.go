package flash

// A Wear is what an eMMC reports of its own age (JEDEC eMMC 5.0: DEVICE_LIFE_TIME_EST and
// PRE_EOL_INFO).
type Wear struct {
	// LifeTime are the used tenths of the life, rounded up, of the two kinds of memory: 1 to 10; 11
	// is more than all; 0 is not reported.
	LifeTime [2]int
	// PreEOL is the state of the reserve: 1 normal, 2 four fifths are used, 3 urgent; 0 is not
	// reported.
	PreEOL int
}
