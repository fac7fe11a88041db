//go:build !wasip1

package sdk

import (
	"os"

	"github.com/tiercel/tiercel/plugins/abi"
)

// Log writes a line to standard error, which the host reads as the log: at most
// abi.MaxLog bytes; the host limits how many it keeps.
func Log(level Level, text string) {
	os.Stderr.WriteString(level.String() + ": " + text + "\n")
}

// Matvec computes dst[i] = sum over j of x[i*len(w)+j] * w[j] for each of
// len(dst) rows, leaving out missing values (NaN); see abi.Matvec.
func Matvec(dst, x, w []float32) { abi.Matvec(dst, x, w) }
