// Turns does what makes Go unwind WebAssembly's stack: it switches between goroutines
// in the midst of loops, grows stacks, collects, panics and recovers. Finished or not,
// it prints the same.
package main

import (
	"iter"
	"runtime"
	"strconv"
)

func main() {
	println("channels", channels(50))
	println("select", choose(40))
	println("deep", deep(20000, 1))
	println("recovered", recovered(30))
	println("bounds", bounds([]int{3, 1, 2}))
	println("iterators", pulled(60))
	println("garbage", garbage(3000))
	println("goto", jumps(25))
	println("closures", closures(12))
	println("strings", words(300))
}

// channels: calls that are resumed within nested loops.
func channels(n int) (sum int) {
	in, out := make(chan int), make(chan int)
	for range 3 {
		go func() {
			for v := range in {
				for k := range 4 {
					if v%(k+2) == 0 {
						runtime.Gosched()
						v += k
						continue
					}
					v += 3
				}
				out <- v
			}
		}()
	}
	go func() {
		for i := range n {
			in <- i
			for j := 0; j < i%3; j++ {
				runtime.Gosched()
			}
		}
		close(in)
	}()
	for range n {
		sum += <-out
	}
	return sum
}

func choose(n int) (sum int) {
	a, b, done := make(chan int), make(chan string), make(chan struct{})
	go func() {
		for i := range n {
			if i%3 == 0 {
				b <- strconv.Itoa(i)
			} else {
				a <- i
			}
		}
		close(done)
	}()
	for {
		select {
		case v := <-a:
			sum += v
		case s := <-b:
			sum += 100 * len(s)
		case <-done:
			return sum
		}
	}
}

// deep outgrows its stack.
func deep(n, k int) int {
	var block [16]int
	for i := range block {
		block[i] = n ^ i*k
	}
	if n == 0 {
		return block[3]
	}
	sum := deep(n-1, k+1)
	for _, v := range block {
		sum = sum*31 + v
	}
	return sum + mixed(n, k)
}

// mixed and shuffled never unwind: at some depth they use what is left of the stack.
//
//go:noinline
func mixed(n, k int) (sum int) {
	var block [6]int
	for i := range block {
		block[(i+n)%6] = shuffled(n+i, k)
	}
	return block[0] - block[k%6]
}

//go:noinline
func shuffled(n, k int) int {
	var block [8]int
	for i := range block {
		block[(i*k+n)%8] += i
	}
	return block[n%8]
}

func recovered(n int) (sum int) {
	for i := range n {
		sum += func() (v int) {
			defer func() {
				if r := recover(); r != nil {
					runtime.Gosched()
					v = len(r.(runtime.Error).Error()) >> (i & 1)
					for range 3 {
						v++
					}
				}
			}()
			past(make([]int, 4), i)
			return 0
		}()
	}
	return sum
}

//go:noinline
func past(list []int, v int) {
	for k := 0; ; k++ {
		list[k] = v // k reaches 4
	}
}

func bounds(list []int) (why string) {
	defer func() { why = recover().(error).Error() }()
	for i := 0; ; i++ {
		list[0] += list[i]
	}
}

func pulled(n int) (sum int) {
	odd := func(yield func(int) bool) {
		for i := range n {
			if i&1 == 1 && !yield(i) {
				return
			}
		}
	}
	next, stop := iter.Pull(odd)
	defer stop()
	for k := 0; ; k++ {
		v, ok := next()
		if !ok {
			break
		}
		for v > 0 {
			sum += v * k
			v /= 3
		}
	}
	for v := range odd {
		if v > n/2 {
			break
		}
		sum -= v
	}
	return sum
}

type node struct {
	left, right *node
	value       [5]int
}

func (n *node) insert(v int) *node {
	if n == nil {
		return &node{value: [5]int{v, v + 1}}
	}
	if v < n.value[0] {
		n.left = n.left.insert(v)
	} else {
		n.right = n.right.insert(v)
	}
	return n
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.left.sum() + n.value[0]*n.value[1] - n.right.sum()
}

func garbage(n int) (sum int) {
	seen := map[string]*node{}
	for i := range n {
		var tree *node
		for k := range 1 + i%13 {
			tree = tree.insert((i*7919 + k*104729) % 97)
		}
		seen[strconv.Itoa(i%50)] = tree
		sum += tree.sum()
		if i%1000 == 0 {
			runtime.GC()
		}
	}
	for i := range 50 {
		sum ^= seen[strconv.Itoa(i)].sum()
	}
	return sum
}

// jumps enters a loop in its middle, which no straight code can.
func jumps(n int) (sum int) {
	if n&1 == 1 {
		goto middle
	}
again:
	sum += n
	runtime.Gosched()
middle:
	sum = sum*2 + 1
	sum %= 10007
	if n--; n > 0 {
		goto again
	}
	return sum
}

func closures(n int) (sum int) {
	var list []func(int) int
	for i := range n {
		list = append(list, func(v int) int {
			for range i {
				if v += i; v%5 == 0 {
					runtime.Gosched()
				}
			}
			return v
		})
	}
	for range n {
		for _, f := range list {
			sum = f(sum) % 65521
		}
	}
	return sum
}

func words(n int) (sum int) {
	var text []byte
	for i := range n {
		switch text = strconv.AppendInt(text, int64(i), 2+i%30); i % 5 {
		case 0:
			text = append(text, "lorem"...)
		case 3:
			text = text[:len(text)/2]
		}
		for k, c := range string(text) {
			if c == 'o' || k > 40 {
				break
			}
			sum += int(c) * k
		}
	}
	return sum
}
