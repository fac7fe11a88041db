package event_test

import (
	"fmt"

	"github.com/tiercel/tiercel/core/event"
)

func ExampleParseTime() {
	for _, stamp := range []string{"17/May/2015:10:05:03 +0200", "1431849903.5", "Jun 14 15:16:01", "yesterday"} {
		ns, ok := event.ParseTime([]byte(stamp), 2005)
		if !ok {
			fmt.Println(stamp, "is no time stamp")
			continue
		}
		fmt.Println(ns)
	}
	// Output:
	// 1431849903000000000
	// 1431849903500000000
	// 1118762161000000000
	// yesterday is no time stamp
}
