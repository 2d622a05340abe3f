package aggregate

import (
	"errors"
	"iter"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Codes of lines that are no proper records.
const (
	CodeSyntax   = "record/syntax"     // not a JSON object
	CodeType     = "record/wrong-type" // a member is of another type than it has to be
	CodeOversize = "record/oversize"   // longer than record.MaxLine
)

// Sink takes what is no rule. An error that it returns ends the reading.
type Sink struct {
	Pass   func(data []byte) error    // lines of other types, byte for byte, in one piece or several
	Bad    func(p record.Error) error // a line that cannot be read
	Broken func(err error) error      // the stream cannot be read any further
}

// Read counts the rules among the lines of the stream called name, and gives
// the rest to the sink in the order of the stream.
func (x *Index) Read(name string, lines iter.Seq2[record.Line, error], sink Sink) error {
	r := reader{x: x, name: name, sink: sink}
	for line, err := range lines {
		if err != nil {
			x.stats.Errors++
			err = errors.Join(r.endPieces(), sink.Broken(err))
		} else {
			err = r.line(line)
		}
		if err != nil {
			return err
		}
	}
	return r.endPieces()
}

type reader struct {
	x      *Index
	name   string
	sink   Sink
	rule   record.Digest // used again for every rule
	pieces bool          // the last piece of an oversize line did not end it
}

func (r *reader) line(line record.Line) error {
	r.x.stats.Lines++
	if line.Oversize {
		return r.oversize(line)
	}
	if err := r.endPieces(); err != nil {
		return err
	}
	// An object without a type is somebody else's, which is none of our business.
	if line.Type == "" && !record.IsObject(line.Data) {
		return r.bad(line, CodeSyntax, "not a JSON object")
	}
	if line.Type == record.TypeError {
		r.x.stats.Errors++
	}
	if line.Type != record.TypeRule {
		return r.pass(line.Data)
	}
	if err := r.rule.Decode(line.Data); err != nil {
		return r.undecoded(line, err)
	}
	r.x.Add(&r.rule)
	return nil
}

// undecoded says what is wrong with a line that calls itself a rule.
func (r *reader) undecoded(line record.Line, err error) error {
	if record.IsObject(line.Data) {
		return r.bad(line, CodeType, err.Error())
	}
	return r.bad(line, CodeSyntax, "not a JSON object: "+err.Error())
}

func (r *reader) pass(data []byte) error {
	if err := r.sink.Pass(data); err != nil {
		return err
	}
	return r.sink.Pass([]byte{'\n'})
}

func (r *reader) bad(line record.Line, code, message string) error {
	r.x.stats.Errors++
	return r.sink.Bad(NewError(code, message, r.name, line.No))
}

// NewError makes an error record of ragg. A line of 0 is not known.
func NewError(code, message, path string, line int) record.Error {
	return record.Error{
		Type: record.TypeError, V: record.Version, Tool: Tool,
		Code: code, Message: message, Path: path, Line: line,
	}
}

// oversize passes on a piece of a line that nobody can hold.
func (r *reader) oversize(line record.Line) error {
	if line.First {
		if err := errors.Join(r.endPieces(), r.bad(line, CodeOversize, record.ErrOversize.Error())); err != nil {
			return err
		}
	}
	r.pieces = line.Data[len(line.Data)-1] != '\n'
	return r.sink.Pass(line.Data)
}

// endPieces ends an oversize line that its stream did not.
func (r *reader) endPieces() error {
	if !r.pieces {
		return nil
	}
	r.pieces = false
	return r.sink.Pass([]byte{'\n'})
}

// WriteLedger hands the ledger view to write, a line at a time, and returns how
// many of the records have rules. A line is valid until write returns.
func (x *Index) WriteLedger(write func(line []byte) error) (records int, err error) {
	var line []byte
	for l := range x.Ledger() {
		if line, err = record.Append(line[:0], &l); err != nil {
			return records, err
		}
		if err = write(line); err != nil {
			return records, err
		}
		if l.Rules > 0 {
			records++
		}
	}
	return records, nil
}
