//go:build mips || mipsle || mips64 || mips64le

package appliance

// noticesSafe: fsnotify reads the kernel's notices as words wherever they lie in its buffer, which
// is a fault on a processor that wants words aligned, unless the kernel mends it. The look every
// minute and SIGHUP are left.
const noticesSafe = false
