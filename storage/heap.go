package storage

import "container/heap"

// A heapOf is a heap whose elements know where in it they are, so that any of
// them can be removed.
type heapOf[T any] struct {
	list []T
	less func(a, b T) bool
	at   func(T) *int // where an element keeps its position
}

func (h *heapOf[T]) Len() int           { return len(h.list) }
func (h *heapOf[T]) Less(i, j int) bool { return h.less(h.list[i], h.list[j]) }

func (h *heapOf[T]) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	*h.at(h.list[i]), *h.at(h.list[j]) = i, j
}

func (h *heapOf[T]) Push(x any) {
	*h.at(x.(T)) = len(h.list)
	h.list = append(h.list, x.(T))
}

func (h *heapOf[T]) Pop() any {
	var none T
	last := len(h.list) - 1
	x := h.list[last]
	h.list[last] = none
	h.list = h.list[:last]
	return x
}

func (h *heapOf[T]) add(x T)    { heap.Push(h, x) }
func (h *heapOf[T]) remove(x T) { heap.Remove(h, *h.at(x)) }
func (h *heapOf[T]) fix(x T)    { heap.Fix(h, *h.at(x)) }
