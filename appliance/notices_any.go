//go:build !(mips || mipsle || mips64 || mips64le)

package appliance

// noticesSafe: see notices_aligned.go.
const noticesSafe = true
