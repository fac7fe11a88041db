package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// What a parcel holds at most, but for one longer record: much, since each is
// synced; little beside what a message may be.
const (
	parcelBytes   = 256 << 10
	parcelRecords = 1000 // so that the verdicts on a parcel fit one message
)

// Reasons why nothing was, or may have been, stored: whoever sent it tries
// again later.
var (
	ErrFull        = errors.New("stream: no room for more events")
	ErrUnavailable = errors.New("stream: events cannot be stored now")
)

// Publisher stores what arrives. It is safe for concurrent use.
type Publisher struct {
	hub  *Hub
	pool sync.Pool // of *cutter
}

// NewPublisher returns a publisher to the hub's streams.
func NewPublisher(h *Hub) *Publisher {
	p := &Publisher{hub: h}
	p.pool.New = func() any { return &cutter{parts: make([]Parcel, h.options.Partitions)} }
	return p
}

// Receipt says what became of a text.
type Receipt struct {
	Batch   string `json:"batch"`
	Format  string `json:"format"`
	Records int    `json:"records"`
	Unread  int    `json:"unread"` // of them, stored too: the verdicts say why
	Parcels int    `json:"parcels"`
}

// Store cuts a text of whole records by entity and stores it. It returns once
// all of it is stored; after an error some may be, so the same text may be sent
// again under the same About.Batch and is stored once. About.Format and Year
// are settled here where they are empty; about.Head is for headers that are not
// in the text.
func (p *Publisher) Store(ctx context.Context, text []byte, about About) (Receipt, error) {
	c := p.pool.Get().(*cutter)
	defer p.pool.Put(c)
	if about.Format == "" {
		f, _, err := event.Detect(text, event.Options{Kind: about.Kind, Map: about.Map})
		if err != nil {
			return Receipt{}, err
		}
		about.Format = f.Name
	}
	if about.Sent == 0 {
		about.Sent = time.Now().UnixNano()
	}
	if about.Year == 0 {
		about.Year = time.Unix(0, about.Sent).UTC().Year()
	}
	c.reset(p, about)
	if err := c.cut(text); err != nil {
		return Receipt{}, err
	}
	return c.receipt, c.wait(ctx)
}

// cutter is the work on one text.
type cutter struct {
	publisher *Publisher
	about     About
	batch     event.Batch
	parts     []Parcel // one a partition
	count     int      // records so far
	receipt   Receipt
	acks      []jetstream.PubAckFuture
}

func (c *cutter) reset(p *Publisher, about About) {
	c.publisher, c.about, c.count = p, about, 0
	c.receipt = Receipt{Batch: about.Batch, Format: about.Format}
	c.acks = c.acks[:0]
	for i := range c.parts {
		c.parts[i].Index, c.parts[i].Records = c.parts[i].Index[:0], c.parts[i].Records[:0]
	}
}

// cut parses the text for whom each record is about and sends the parcels.
func (c *cutter) cut(text []byte) error {
	f, ok := event.FormatByName(c.about.Format)
	if !ok {
		return event.ErrUnknown
	}
	o := event.Options{Kind: c.about.Kind, Map: c.about.Map, Year: c.about.Year}
	parser, err := f.New(o)
	if err != nil {
		return err
	}
	marked := false
	var r *event.Reader
	if len(c.about.Head) > 0 {
		r = event.NewReaderBehind(bytes.NewReader(text), event.Follow(parser, c.about.Head), o, 0)
	} else {
		how, head, err := event.SplitOf(f, o, text[:min(len(text), event.SampleBytes)])
		if err != nil {
			return err
		}
		marked = how == event.SplitMarked
		c.about.Head = text[:head:head]
		if r, err = event.NewReader(bytes.NewReader(text), f, o); err != nil {
			return err
		}
	}
	for {
		err := r.Next(&c.batch)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if marked && c.batch.Buf[0] == '#' {
			if err := c.headed(text); err != nil {
				return err
			}
		}
		c.batch.Parse()
		for i := range c.batch.Events {
			if err := c.add(&c.batch.Events[i]); err != nil {
				return err
			}
		}
	}
	return c.sendAll()
}

// maxHead bounds the header lines that parcels carry.
const maxHead = 64 << 10

var errHead = errors.New("stream: more header lines than 64 KiB")

// headed takes note of the header lines up to those that the batch starts
// with; the records so far stand under the former ones.
func (c *cutter) headed(text []byte) error {
	if err := c.sendAll(); err != nil {
		return err
	}
	var head []byte
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n') + 1
		if n == 0 {
			n = len(text) - at
		}
		if text[at] == '#' {
			head = append(head, text[at:at+n]...)
		} else if int64(at) >= c.batch.Offset {
			break
		}
		at += n
	}
	if len(head) > maxHead {
		return errHead
	}
	c.about.Head = head
	return nil
}

func (c *cutter) sendAll() error {
	for i := range c.parts {
		if err := c.send(i); err != nil {
			return err
		}
	}
	return nil
}

func (c *cutter) add(e *event.Event) error {
	key := []byte(c.about.Source)
	if e.Err != nil {
		c.receipt.Unread++
	} else if entity := core.EntityOf(&c.batch, e); entity != nil {
		key = entity
	}
	i := partitionOf(key, len(c.parts))
	part := &c.parts[i]
	raw := c.batch.Bytes(e.Raw)
	if len(part.Records)+len(raw) >= parcelBytes || len(part.Index) >= parcelRecords {
		if err := c.send(i); err != nil {
			return err
		}
	}
	part.Index = append(part.Index, uint32(c.count))
	for {
		// A JSON value may be printed over several lines; line feeds in it are
		// blanks, since in its strings they are written \n.
		line, rest, more := bytes.Cut(raw, []byte{'\n'})
		part.Records = append(part.Records, line...)
		if raw = rest; !more {
			break
		}
		part.Records = append(part.Records, ' ')
	}
	part.Records = append(part.Records, '\n')
	c.count++
	c.receipt.Records++
	return nil
}

// send publishes a partition's parcel.
func (c *cutter) send(i int) error {
	part := &c.parts[i]
	if len(part.Index) == 0 {
		return nil
	}
	part.About = c.about
	data, err := part.Append(nil)
	if err != nil {
		return err
	}
	msg := nats.NewMsg(eventSubject(i))
	msg.Data = data
	// The index of its first record tells the parcels of a batch apart, however
	// often the batch is sent.
	id := c.about.Batch + "." + strconv.FormatUint(uint64(part.Index[0]), 10)
	ack, err := c.publisher.hub.JS.PublishMsgAsync(msg, jetstream.WithMsgID(id), jetstream.WithExpectStream(eventStream(i)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	c.acks = append(c.acks, ack)
	c.receipt.Parcels++
	part.Index, part.Records = part.Index[:0], part.Records[:0]
	return nil
}

// wait waits until all parcels are stored.
func (c *cutter) wait(ctx context.Context) error {
	for _, ack := range c.acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return storeError(err)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
	return nil
}

// jsStoreFailed is what a stream says whose bounds are reached or whose disk fails.
const jsStoreFailed jetstream.ErrorCode = 10077

func storeError(err error) error {
	var api *jetstream.APIError
	var js jetstream.JetStreamError
	if errors.As(err, &js) {
		api = js.APIError()
	} else if !errors.As(err, &api) {
		api = nil
	}
	if api != nil && (api.ErrorCode == jsStoreFailed || api.ErrorCode == 10023) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
