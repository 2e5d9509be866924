package appliance

import "runtime"

// alone is how many sessions one thread for Go code serves as well as several do.
const alone = 1

// threads is whether the number of threads for Go code (GOMAXPROCS) is that of the machine only
// while there are several sessions, and 1 otherwise. If it is false the number stays as it is.
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
