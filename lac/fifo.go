package lac

// fifo holds values in the order they came, with no room for those that have
// left, even if it is never empty.
type fifo[T any] struct {
	list  []T
	first int
}

func (q *fifo[T]) len() int { return len(q.list) - q.first }

func (q *fifo[T]) push(v T) { q.list = append(q.list, v) }

// head returns the value that came first.
func (q *fifo[T]) head() (v T, ok bool) {
	if q.len() == 0 {
		return v, false
	}
	return q.list[q.first], true
}

// pop removes what head returns. There must be something.
func (q *fifo[T]) pop() {
	clear(q.list[q.first : q.first+1]) // keep nothing of it alive
	if q.first++; 2*q.first >= len(q.list) {
		n := copy(q.list, q.list[q.first:])
		clear(q.list[n:])
		q.list, q.first = q.list[:n], 0
	}
}
