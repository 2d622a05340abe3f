package cli

import (
	"fmt"
	"sync"
	"time"
)

// progressAfter is how long a run must last before it is worth a line.
const progressAfter = time.Second

// progressEvery is slow enough not to cost anything.
const progressEvery = 200 * time.Millisecond

// progress draws one line on a terminal stderr again and again. A nil
// progress does nothing.
type progress struct {
	session *Session
	text    func() string
	quit    chan struct{}
	done    sync.WaitGroup
	shown   bool
}

// Progress asks for a progress line: text is called from another goroutine,
// once the run has lasted a second. There is a line only if stderr is a
// terminal, stdout is another thing, and nobody asked for quiet. Only the
// filter that reads files should ask: the filters of a pipe share a terminal.
func (s *Session) Progress(text func() string) {
	if !s.Stdio.ErrTTY || s.Terminal() || s.Quiet || s.Stdio.env("TERM") == "dumb" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress != nil {
		s.progress.text = text
		return
	}
	s.progress = &progress{session: s, text: text, quit: make(chan struct{})}
	s.progress.done.Go(s.progress.run)
}

func (p *progress) run() {
	wait := time.NewTimer(progressAfter)
	defer wait.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-wait.C:
			p.draw()
			wait.Reset(progressEvery)
		}
	}
}

func (p *progress) draw() {
	p.session.mu.Lock()
	defer p.session.mu.Unlock()
	line := shown(fmt.Sprintf("%s: %s", p.session.tool.Name, p.text()))
	fmt.Fprint(p.session.Stdio.Err, "\r"+firstColumns(line, p.session.errColumns()-1)+"\x1b[K")
	p.shown = true
}

// clear removes the line, so that something else can be printed. The caller
// holds the lock.
func (p *progress) clear() {
	if p != nil && p.shown {
		fmt.Fprint(p.session.Stdio.Err, "\r\x1b[K")
		p.shown = false
	}
}

// stop ends the drawing and removes the line.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.quit)
	p.done.Wait()
	p.session.mu.Lock()
	defer p.session.mu.Unlock()
	p.clear()
}
