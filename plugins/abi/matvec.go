package abi

// Matvec is the kernel that engines offer as tiercel.matvec:
//
//	dst[i] = ((s0 + s1) + (s2 + s3)) + t
//
// where s_k sums x[i][j]*w[j] over the j below 4*floor(d/4) with j mod 4 = k,
// in rising j, and t sums the rest; d = len(w). A missing value, x[i][j] NaN, is
// left out. Each product and each sum is rounded to float32, so that every
// engine computes the same bits. x has len(dst) rows of d columns.
func Matvec(dst, x, w []float32) {
	d := len(w)
	for i := range dst {
		row := x[i*d : i*d+d : i*d+d]
		w := w[:len(row)]
		var s0, s1, s2, s3, t float32
		j := 0
		for ; j+4 <= len(row); j += 4 {
			r, v := row[j:j+4:j+4], w[j:j+4:j+4]
			if x := r[0]; x == x {
				s0 += float32(x * v[0])
			}
			if x := r[1]; x == x {
				s1 += float32(x * v[1])
			}
			if x := r[2]; x == x {
				s2 += float32(x * v[2])
			}
			if x := r[3]; x == x {
				s3 += float32(x * v[3])
			}
		}
		for ; j < len(row); j++ {
			if x := row[j]; x == x {
				t += float32(x * w[j])
			}
		}
		dst[i] = ((s0 + s1) + (s2 + s3)) + t
	}
}

// MatvecBytes is Matvec on the memory of a guest: dst, x and w are float32 in
// the frame's byte order, w of d columns, dst of n rows. It reports false when
// the lengths do not fit or the memory is not aligned to 4 bytes.
func MatvecBytes(dst, x, w []byte, n, d int) bool {
	if len(dst) != 4*n || len(w) != 4*d || uint64(len(x)) != 4*uint64(n)*uint64(d) || !aligned(dst) || !aligned(x) || !aligned(w) {
		return false
	}
	if n == 0 {
		return true
	}
	if littleEndian {
		Matvec(floats(dst), floats(x), floats(w))
		return true
	}
	out := make([]float32, n)
	Matvec(out, floats(x), floats(w))
	copyFloats(dst, out)
	return true
}
