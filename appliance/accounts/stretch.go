package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// stretch returns PBKDF2-HMAC-SHA-256 with one block of output (RFC 8018 §5.2). It is for armv6 and
// armv7, where the library's SHA-256 is plain Go: 15,000 iterations take 99 million instructions
// here and 185 million with crypto/pbkdf2, a difference of about 130 ms at 1 GHz for each login
// that is not cached and each wrong password. On MIPS there is no difference, and other processors
// have an assembler version.
//
// Every block that it hashes except the first few has the same shape, 32 octets and their padding
// after 64 known ones, so that nothing is buffered, padded or cleared between the 2*iterations
// compressions.
func stretch(password string, salt []byte, iterations int) []byte {
	inner, outer := padded(password)
	first := hmac.New(sha256.New, []byte(password))
	first.Write(binary.BigEndian.AppendUint32(append([]byte(nil), salt...), 1))
	var u, sum [8]uint32
	for i, b := 0, first.Sum(nil); i < len(u); i++ {
		u[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	sum = u
	var block [64]uint32
	for range iterations - 1 {
		u = digest(&inner, &u, &block)
		u = digest(&outer, &u, &block)
		for i := range sum {
			sum[i] ^= u[i]
		}
	}
	key := make([]byte, 0, sha256.Size)
	for _, word := range sum {
		key = binary.BigEndian.AppendUint32(key, word)
	}
	return key
}

// padded returns the states of SHA-256 after the key of an HMAC, xored with its two paddings (RFC
// 2104 §2).
func padded(password string) (inner, outer [8]uint32) {
	var key [sha256.BlockSize]byte
	if len(password) > len(key) {
		hashed := sha256.Sum256([]byte(password))
		copy(key[:], hashed[:])
	} else {
		copy(key[:], password)
	}
	state := func(pad uint32) [8]uint32 {
		var block [64]uint32
		for i := range 16 {
			block[i] = binary.BigEndian.Uint32(key[4*i:]) ^ pad
		}
		return compress(&initial, &block)
	}
	return state(0x36363636), state(0x5c5c5c5c)
}

// digest hashes 8 words after a block whose state is known. block is room for the schedule.
func digest(state, words *[8]uint32, block *[64]uint32) [8]uint32 {
	copy(block[:8], words[:])
	block[8] = 1 << 31 // the padding: a bit, zeros, and 768 bits in all
	clear(block[9:15])
	block[15] = 8 * (sha256.BlockSize + sha256.Size)
	return compress(state, block)
}

// compress is the compression function of SHA-256 (FIPS 180-4 §6.2.2). The first 16 words of w are
// the block, big-endian. The constants are added to the words before the rounds, so that a round
// loads one word instead of two.
func compress(state *[8]uint32, w *[64]uint32) [8]uint32 {
	for i := 0; i < len(w)-16; i++ {
		v := (*[16]uint32)(w[i:])
		x, y := v[1], v[14]
		w[i+16] = v[0] + v[9] +
			(bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3) +
			(bits.RotateLeft32(y, -17) ^ bits.RotateLeft32(y, -19) ^ y>>10)
		v[0] += constants[i]
	}
	for i := len(w) - 16; i < len(w); i++ {
		w[i] += constants[i]
	}
	a, b, c, d, e, f, g, h := state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
	for i := 0; i < len(w); i += 8 { // each round renames the words instead of moving them
		v := (*[8]uint32)(w[i:])
		d, h = round(a, b, c, d, e, f, g, h+v[0])
		c, g = round(h, a, b, c, d, e, f, g+v[1])
		b, f = round(g, h, a, b, c, d, e, f+v[2])
		a, e = round(f, g, h, a, b, c, d, e+v[3])
		h, d = round(e, f, g, h, a, b, c, d+v[4])
		g, c = round(d, e, f, g, h, a, b, c+v[5])
		f, b = round(c, d, e, f, g, h, a, b+v[6])
		e, a = round(b, c, d, e, f, g, h, a+v[7])
	}
	return [8]uint32{state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e, state[5] + f, state[6] + g, state[7] + h}
}

// round returns the new d and h. The constant and the word are already added to h.
func round(a, b, c, d, e, f, g, h uint32) (uint32, uint32) {
	h += (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) + ((f^g)&e ^ g)
	return d + h, h + (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) + ((a|b)&c | a&b)
}

// initial is the state of SHA-256 before the first block (FIPS 180-4 §5.3.3).
var initial = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

// constants are the constants of its rounds (FIPS 180-4 §4.2.2): the first 32 bits of the
// fractional parts of the cube roots of the first 64 primes.
var constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}
