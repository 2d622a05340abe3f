package record

import (
	"fmt"
	"io"
	"runtime/debug"
)

// Edit appends to out what becomes of one line. The Data of line is valid,
// and unchanged, as long as out is not written. Each worker has its own.
type Edit func(out *Output, line Line)

// Output collects what one worker makes of a block of lines.
type Output struct {
	Data  []byte // whole lines, LF included
	Notes []Note // what to say about them
}

// Note is something to say to people about a line.
type Note struct {
	Error   Error
	Warning bool // worth saying, but the line was not bad
}

// Line appends a line and its LF.
func (o *Output) Line(data []byte) {
	o.Data = append(append(o.Data, data...), '\n')
}

// maxKept is the largest buffer that is used again. A rule grows to about
// twice its size; what a giant line took is given back.
const maxKept = 4 * blockSize

// Transform writes to w what the workers make of the lines of r, in the order
// of r whatever the number of workers, and passes their notes to note in that
// order too. An error of reading, writing or note ends it. Memory is bounded
// by the number of workers, not by the length of the stream.
func Transform(r io.Reader, w io.Writer, jobs int, newEdit func() Edit, note func(Note) error) error {
	if jobs <= 1 {
		return transformAlone(r, w, newEdit(), note)
	}
	p := newPool(jobs)
	for range jobs {
		go p.work(newEdit())
	}
	go p.read(r)
	var err error
	for j := range p.queue {
		<-j.done
		if err == nil {
			if err = j.finish(w, note); err != nil {
				close(p.stop)
			}
		}
		p.release(j)
	}
	if err == nil {
		err = p.err
	}
	return err
}

// transformAlone is Transform without goroutines.
func transformAlone(r io.Reader, w io.Writer, edit Edit, note func(Note) error) error {
	var j job
	s := newSplitter(r)
	for b, err := range s.blocks() {
		if err != nil {
			return err
		}
		j.block = b
		j.run(edit)
		if err := j.finish(w, note); err != nil {
			return err
		}
		s.spare = j.spare
	}
	return nil
}

// job is one block on its way.
type job struct {
	block  Block
	spare  []byte // memory of the block before
	out    Output
	weight int           // slots that it takes
	panic  any           // what the worker died of
	done   chan struct{} // one value when out is complete
}

// run fills out from the block.
func (j *job) run(edit Edit) {
	j.out.Data = j.out.Data[:0]
	if c := cap(j.out.Data); c == 0 || c > maxKept {
		j.out.Data = make([]byte, 0, 3*blockSize)
	}
	clear(j.out.Notes)
	j.out.Notes = j.out.Notes[:0]
	for line := range j.block.Lines() {
		edit(&j.out, line)
	}
	j.spare = nil
	if cap(j.block.memory) <= maxKept {
		j.spare = j.block.memory
	}
	j.block = Block{}
}

// finish writes what run made. A panic of the worker continues here, where
// the caller can recover it.
func (j *job) finish(w io.Writer, note func(Note) error) error {
	if j.panic != nil {
		panic(j.panic)
	}
	if _, err := w.Write(j.out.Data); err != nil {
		return err
	}
	for _, n := range j.out.Notes {
		if err := note(n); err != nil {
			return err
		}
	}
	return nil
}

// pool is the state that reader, workers and writer share.
type pool struct {
	free  chan *job     // jobs not in use: their number bounds the blocks in flight
	todo  chan *job     // for the workers
	queue chan *job     // in the order of the stream, for the writer
	slots chan struct{} // one value for each block size in flight
	stop  chan struct{} // closed when no more is wanted
	err   error         // of reading; valid when queue is closed
}

// newPool makes a pool with one block more in flight than workers, so that
// neither end of the pipe waits for the other.
func newPool(jobs int) *pool {
	n := jobs + 1
	p := &pool{
		free:  make(chan *job, n),
		todo:  make(chan *job, n),
		queue: make(chan *job, n),
		slots: make(chan struct{}, n),
		stop:  make(chan struct{}),
	}
	for range n {
		p.free <- &job{done: make(chan struct{}, 1)}
	}
	return p
}

// read gives out the blocks of r until it ends or nobody wants more.
func (p *pool) read(r io.Reader) {
	defer close(p.queue)
	defer close(p.todo)
	s := newSplitter(r)
	for b, err := range s.blocks() {
		if err != nil {
			p.err = err
			return
		}
		select {
		case <-p.stop:
			return
		case j := <-p.free:
			s.spare = j.spare
			p.start(j, b)
		}
	}
}

// start waits for the slots that b takes: a block of one giant line counts as
// many, so that a stream of such lines takes no more memory.
func (p *pool) start(j *job, b Block) {
	j.block = b
	j.weight = min(1+(len(b.Data)-1)/blockSize, cap(p.slots))
	for range j.weight {
		p.slots <- struct{}{}
	}
	p.queue <- j
	p.todo <- j
}

func (p *pool) release(j *job) {
	for range j.weight {
		<-p.slots
	}
	p.free <- j
}

// work edits blocks until there are no more.
func (p *pool) work(edit Edit) {
	for j := range p.todo {
		j.guard(edit)
		j.done <- struct{}{}
	}
}

// guard is run with a panic kept for the writer, stack included: a panic in a
// goroutine of its own would end the process without a word to the user.
func (j *job) guard(edit Edit) {
	defer func() {
		if v := recover(); v != nil {
			j.panic = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	j.run(edit)
}
