package source

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"sync"
)

// minWorkers is how many workers there are at least by default: while one
// waits for the disk, others can work. Four readers took 0.29 s where two
// took 0.43, on two processors with a cold cache.
const minWorkers = 4

// aheadPerWorker is how many files per worker may be under way or done and
// not yet taken. It bounds memory when one file takes long, and is enough to
// keep all workers busy behind it.
const aheadPerWorker = 8

// Map reads the inputs, calls work for every file in jobs workers, and returns
// the results in the order of the inputs, whatever the number of jobs; 0 jobs
// means a number that suits the machine. A file that cannot be read is handed
// to work as well, with its Err. Work must not keep the file's Data. A panic
// in work becomes a panic of the loop. Leaving the loop stops the workers.
func Map[T any](in *Inputs, jobs int, work func(File) T) iter.Seq[T] {
	if jobs <= 0 {
		jobs = max(minWorkers, runtime.GOMAXPROCS(0))
	}
	m := &mapper[T]{in: in, jobs: jobs, work: work}
	return func(yield func(T) bool) { m.run(in.walk, yield) }
}

// item is a file to be handed to work: on disk, or already in memory, or an
// error.
type item struct {
	file File
	disk bool    // to be read by the worker
	buf  *buffer // holds file.Data, to be given back
}

// producer calls emit for each item in order, until emit returns false.
type producer func(emit func(item) bool)

// task is an item on its way: done is closed when result is there.
type task[T any] struct {
	item
	result  T
	archive bool // the file is an archive: it has no result but its entries have
	panic   any
	done    chan struct{}
}

type mapper[T any] struct {
	in   *Inputs
	jobs int
	work func(File) T
}

// run works on what produce emits. One goroutine produces, some work, and the
// caller's takes the results in order.
func (m *mapper[T]) run(produce producer, yield func(T) bool) bool {
	var (
		ordered = make(chan *task[T], m.jobs*aheadPerWorker)
		todo    = make(chan *task[T])
		stop    = make(chan struct{})
		workers sync.WaitGroup
	)
	defer workers.Wait()
	defer close(stop)
	go m.produce(produce, ordered, todo, stop)
	for range m.jobs {
		workers.Go(func() { m.worker(todo, stop) })
	}
	for t := range ordered {
		<-t.done
		switch {
		case t.panic != nil:
			panic(t.panic)
		case t.archive:
			if !m.run(m.in.archive(t.file.Path), yield) {
				return false
			}
		case !yield(t.result):
			return false
		}
	}
	return true
}

// produce makes tasks of items. It is not waited for: it may hang in a read
// of stdin when the loop is left, and ends when that returns.
func (m *mapper[T]) produce(produce producer, ordered, todo chan<- *task[T], stop <-chan struct{}) {
	defer close(todo)
	defer close(ordered)
	emit := func(i item) bool {
		t := &task[T]{item: i, done: make(chan struct{})}
		for _, queue := range []chan<- *task[T]{ordered, todo} {
			select {
			case queue <- t:
			case <-stop:
				return false
			}
		}
		return true
	}
	defer func() {
		if v := recover(); v != nil {
			t := &task[T]{panic: withStack(v), done: make(chan struct{})}
			close(t.done)
			select {
			case ordered <- t:
			case <-stop:
			}
		}
	}()
	produce(emit)
}

func (m *mapper[T]) worker(todo <-chan *task[T], stop <-chan struct{}) {
	var own buffer
	for {
		select {
		case <-stop:
			return
		case t, ok := <-todo:
			if !ok {
				return
			}
			m.do(t, &own)
		}
	}
}

// do reads the file, if it is on disk, and calls work.
func (m *mapper[T]) do(t *task[T], own *buffer) {
	defer close(t.done)
	defer func() {
		if v := recover(); v != nil {
			t.panic = withStack(v)
		}
	}()
	if t.disk {
		t.archive = readDisk(&t.file, own)
		if t.archive {
			return
		}
	}
	m.in.count(t.file)
	t.result = m.work(t.file)
	t.file.Data = nil
	t.buf.release()
}

func (in *Inputs) count(f File) {
	if f.Err != nil {
		in.counts.failed.Add(1)
		return
	}
	in.counts.files.Add(1)
	in.counts.bytes.Add(int64(len(f.Data)))
}

// withStack keeps the stack of a panic that is raised again elsewhere.
func withStack(v any) any { return fmt.Sprintf("%v\n%s", v, debug.Stack()) }
