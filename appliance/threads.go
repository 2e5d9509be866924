package appliance

import "runtime"

// alone is how many sessions one thread for Go code serves as well as several do.
const alone = 1

// threads reports whether to use all processors of the machine (GOMAXPROCS) only while there are
// several sessions, and one otherwise. If it is false, GOMAXPROCS stays as it is.
type threads bool

// rise lets all processors work if there are sessions for them.
func (t threads) rise(sessions int) {
	if t && sessions > alone && runtime.GOMAXPROCS(0) == 1 {
		runtime.SetDefaultGOMAXPROCS()
	}
}

// fall leaves one, unless there are sessions for more.
func (t threads) fall(sessions int) {
	if t && sessions <= alone && runtime.GOMAXPROCS(0) > 1 {
		runtime.GOMAXPROCS(1)
	}
}
