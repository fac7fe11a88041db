package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/host/internal/follow"
	"github.com/tiercel/tiercel/host/internal/input"
)

// Times of following.
const (
	pollEvery    = 100 * time.Millisecond // between looks at logs where nothing arrived
	settleAfter  = time.Second            // of silence, before a short beginning has to show its format
	windowsEvery = 5 * time.Second        // between two saves of the windows while records arrive
	forgetEvery  = time.Minute            // between two clearings of incidents that are over
)

// settleLines is how many lines show a format as surely as it gets.
const settleLines = 50

// tail is a log that grows: a follow.Tail or a follow.Stream.
type tail interface {
	Poll() (follow.Piece, error)
	Position() follow.Position
	Close() error
}

// lane is one log that is followed.
type lane struct {
	name    string
	tail    tail
	start   *follow.Position // where an earlier run stood, nil for none
	format  event.Format
	options event.Options
	settled bool // the format is known
	over    bool // nothing more is read

	pending []byte    // what waits for the format
	grown   time.Time // when it last grew

	feed   *core.Feed
	reader *event.Reader
	parser event.Parser
	at     follow.Position // judged up to here
}

// resumed is what an earlier run left.
type resumed struct {
	*follow.Store
	saved follow.Saved
}

// resume reads the state file and cuts off the output what stands behind the
// positions in it: those records will be judged again.
func resume(state, out string) (*resumed, error) {
	r := &resumed{Store: follow.NewStore(state)}
	var err error
	if r.saved, err = r.Load(); err != nil {
		return nil, err
	}
	if r.saved.Output == nil || out == "" {
		return r, nil
	}
	info, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= *r.saved.Output {
		return r, nil
	}
	if err == nil {
		err = os.Truncate(out, *r.saved.Output)
	}
	return r, err
}

// follow judges the logs as they grow, until ctx ends or all of them do.
func (p *pass) follow(ctx context.Context, names []string, store *resumed, out *output) error {
	if store != nil {
		p.restore(store)
	}
	lanes := make([]*lane, len(names))
	for i, name := range names {
		l := p.lane(name, store)
		defer l.tail.Close()
		lanes[i] = l
	}
	keeper := &keeper{pass: p, store: store, lanes: lanes, out: out}
	if store != nil {
		if err := keeper.positions(); err != nil { // a run that ends before it has judged anything leaves how long the output was
			return err
		}
	}
	timer := time.NewTicker(pollEvery)
	defer timer.Stop()
	for {
		moved, open := false, 0
		for _, l := range lanes {
			if l.over {
				continue
			}
			m, err := p.poll(l)
			if err != nil {
				return err
			}
			moved = moved || m
			if !l.over {
				open++
			}
		}
		if err := keeper.keep(moved); err != nil {
			return err
		}
		if open == 0 {
			break
		}
		if moved && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-timer.C:
			continue
		}
		break
	}
	for _, l := range lanes {
		if !l.over && !l.settled && len(l.pending) > 0 {
			if _, err := p.settle(l, true); err != nil {
				return err
			}
		}
		p.close(l)
	}
	if p.read == 0 && p.failed == 0 {
		p.read = 1 // nothing arrived, and that is no fault
	}
	return keeper.last()
}

// restore takes over what an earlier run has learnt.
func (p *pass) restore(store *resumed) {
	p.numbered = store.saved.Numbered
	st, ok, err := store.LoadState()
	if ok {
		st.Numbered = max(st.Numbered, p.numbered)
		if err = p.scan.Resume(st); err == nil {
			return
		}
	}
	if err != nil {
		p.bar.Note("tiercel: %v; the windows start empty", err)
	}
	p.scan.Resume(core.State{First: event.NoTime, Last: event.NoTime, Numbered: p.numbered}) // without windows nothing can fail
}

// lane starts to follow a log.
func (p *pass) lane(name string, store *resumed) *lane {
	l := &lane{name: name, options: p.options}
	if name == input.Stdin {
		l.tail = follow.NewStream(p.stdin)
	} else {
		if store != nil {
			l.start = store.saved.Of(name)
		}
		t, found := follow.NewTail(name, l.start)
		if l.start != nil && !found {
			p.bar.Note("tiercel: %s: what was read up to is no longer there; it is read from its beginning", name)
			l.start = nil
		}
		if l.start != nil && l.start.Format != "" {
			p.goOn(l, t)
		}
		l.tail = t
	}
	if p.forced != nil && !l.settled {
		l.format, l.settled = *p.forced, true
		l.begin(p.scan, nil)
	}
	return l
}

// goOn makes a lane go on in the middle of a file.
func (p *pass) goOn(l *lane, t *follow.Tail) {
	f, ok := event.FormatByName(l.start.Format)
	if p.forced != nil {
		f, ok = *p.forced, true
	}
	if !ok {
		return
	}
	head, written := t.Beginning(event.SampleBytes)
	l.format = f
	l.options.Year = yearOf(head, f, l.options, written)
	parser, err := f.New(l.options)
	if err != nil {
		return
	}
	l.parser, l.settled, l.at = event.Follow(parser, head), true, *l.start
	l.feed = p.scan.NewFeed(l.name, l.start.Line, l.start.Record)
	p.bar.Note("%s: format %s, from record %d on", l.name, f.Name, l.start.Record+1)
}

// begin starts a file at its beginning, of which sample is known.
func (l *lane) begin(scan *core.Scan, sample []byte) {
	l.options.Year = yearOf(sample, l.format, l.options, time.Time{})
	l.feed = scan.NewFeed(l.name, 0, 0)
	l.parser = nil
}

// poll judges what arrived in a lane and reports whether something did.
func (p *pass) poll(l *lane) (moved bool, err error) {
	piece, problem := l.tail.Poll()
	if problem != nil {
		p.complain(&input.Error{Name: l.name, Problem: "cannot be read: " + problem.Error(), Err: problem})
		l.over = true
	}
	if piece.Fresh && l.settled && l.feed != nil && (l.at.Offset > 0 || l.at.Record > 0) {
		p.totals.add(l.name, summaryOf(l.feed))
		p.count(l.feed)
		l.begin(p.scan, piece.Data)
	}
	if len(piece.Data) > 0 {
		moved = true
		if l.settled {
			err = p.judge(l, piece.Data, piece.Fresh)
		} else {
			l.pending, l.grown = append(l.pending, piece.Data...), time.Now()
		}
	}
	if err == nil && !l.settled && len(l.pending) > 0 {
		moved, err = p.settle(l, piece.End)
	}
	if piece.End && err == nil {
		l.over = true
		if !l.settled && len(l.pending) == 0 {
			p.complain(&input.Error{Name: l.name, Problem: event.ErrEmpty.Error(), Err: event.ErrEmpty})
		}
		p.close(l)
	}
	return moved, err
}

// settle finds the format of a lane once enough of it has arrived, and judges
// what waited for it. It reports whether it did.
func (p *pass) settle(l *lane, force bool) (bool, error) {
	full := len(l.pending) >= event.SampleBytes
	if !force && !full && bytes.Count(l.pending, []byte{'\n'}) < settleLines && time.Since(l.grown) < settleAfter {
		return false, nil
	}
	f, why, err := event.Detect(l.pending, l.options)
	if err == nil {
		if how, _, _ := event.SplitOf(f, l.options, l.pending); how == event.SplitNone {
			err = errNotLines
		}
	} else if !force && !full {
		return false, nil // more of it may show
	}
	if err != nil {
		p.complain(&input.Error{Name: l.name, Problem: err.Error(), Err: err})
		l.over, l.pending = true, nil
		return false, nil
	}
	p.bar.Note("%s: format %s (%s), followed", l.name, f.Name, why)
	l.format, l.settled = f, true
	data := l.pending
	l.pending = nil
	l.begin(p.scan, data)
	return true, p.judge(l, data, true)
}

var errNotLines = errors.New("its records are not lines; it cannot be followed, only scanned")

// judge judges whole lines of a lane.
func (p *pass) judge(l *lane, data []byte, fresh bool) error {
	if fresh || l.parser == nil {
		data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	}
	if l.parser == nil {
		parser, err := l.format.New(l.options)
		if err != nil {
			p.complain(&input.Error{Name: l.name, Problem: err.Error(), Err: err})
			l.over = true
			return nil
		}
		l.parser = parser
	}
	if l.reader == nil {
		l.reader = event.NewReaderBehind(bytes.NewReader(data), l.parser, l.options, l.at.Offset)
	} else {
		l.reader.Behind(bytes.NewReader(data), l.parser, l.at.Offset)
	}
	for {
		err := l.reader.Next(l.feed.Batch())
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		l.parser = l.feed.Batch().Parser
		if err := l.feed.Judge(func(r *core.Result) error { return p.visit(l.name, r) }); err != nil {
			return err
		}
	}
	l.at = l.tail.Position()
	l.at.Line, l.at.Record = l.feed.Position()
	l.at.Format = l.format.Name
	return nil
}

// close ends a lane and counts what became of it.
func (p *pass) close(l *lane) {
	if l.feed == nil {
		return
	}
	p.totals.add(l.name, summaryOf(l.feed))
	p.count(l.feed)
	l.feed = nil
}

func summaryOf(f *core.Feed) *core.FileSummary {
	s := f.Summary()
	return &s
}

// count counts a log that gave records.
func (p *pass) count(f *core.Feed) {
	if s := f.Summary(); s.Records > s.Unread {
		p.read++
	}
}

// keeper saves how far the lanes were judged.
type keeper struct {
	pass    *pass
	store   *resumed // nil: nothing is saved
	lanes   []*lane
	out     *output
	windows time.Time // when they were last saved
	forgot  time.Time
	dirty   bool // they changed since
}

// keep saves after a round over the lanes: the output first, then the
// positions, so that nothing is skipped after a crash, and what the output file
// holds too much is cut off by the next run.
func (k *keeper) keep(moved bool) error {
	if now := time.Now(); k.pass.rows != nil && now.Sub(k.forgot) > forgetEvery {
		k.pass.scan.Forget()
		k.forgot = now
	}
	if k.store == nil || !moved && !k.dirty {
		return nil
	}
	if moved {
		k.dirty = true
		if err := k.positions(); err != nil {
			return err
		}
	}
	if time.Since(k.windows) < windowsEvery {
		return nil
	}
	return k.saveWindows()
}

// last saves all there is.
func (k *keeper) last() error {
	if k.store == nil {
		return nil
	}
	return errors.Join(k.positions(), k.saveWindows())
}

func (k *keeper) saveWindows() error {
	k.windows, k.dirty = time.Now(), false
	return k.store.SaveState(k.pass.scan.State())
}

func (k *keeper) positions() error {
	p := k.pass
	if p.rows != nil {
		if err := p.rows.Flush(); err != nil {
			return err
		}
	}
	saved := follow.Saved{Numbered: p.numbered}
	if k.out.file != nil {
		if err := k.out.file.Sync(); err != nil {
			return err
		}
		info, err := k.out.file.Stat()
		if err != nil {
			return err
		}
		size := info.Size()
		saved.Output = &size
	}
	for _, l := range k.lanes {
		switch {
		case l.name == input.Stdin:
		case l.at.Name != "":
			saved.Files = append(saved.Files, l.at)
		case l.start != nil:
			saved.Files = append(saved.Files, *l.start)
		}
	}
	return k.store.Save(saved)
}
