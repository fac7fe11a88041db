// Package stream scores events that travel through NATS JetStream.
//
// A [Publisher] cuts what arrives into parcels, one or more a partition, and
// stores them; the partition is a hash of the entity, because windows have
// state. A [Worker] owns some of the partitions, judges their parcels in order
// and publishes the verdicts. Whatever process dies, and whenever:
//
//   - A parcel is acknowledged to whoever sent it after it is stored with sync.
//   - The last message on a partition's verdict subject says up to which parcel
//     it was judged: the cursor is the output. It is published only if it
//     follows the one that its writer knows, so a worker that lost its
//     partition without noticing cannot write.
//   - What a partition has learnt is saved now and then under the number of a
//     parcel. Its next owner starts from there and judges the parcels up to the
//     cursor once more, without publishing: it then stands where the former
//     owner stood, to the bit.
//   - Parcels are removed only when what was learnt from them is saved, and
//     their ids are no longer needed to know what is sent twice.
//
// Leases in a key-value bucket spread the partitions over the workers that
// live; what is said above holds without them. No clock is compared with
// another: a worker lives as long as its heartbeat changes.
package stream

import (
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Options configure the streams. The zero value works.
type Options struct {
	Partitions int           // default 8; fixed once the streams exist
	Replicas   int           // of each stream; default 1
	MaxBytes   int64         // of the stored events together; default 8 GiB
	KeepBytes  int64         // of the stored verdicts; default 1 GiB
	Keep       time.Duration // of the stored verdicts; default 7 days
	Duplicates time.Duration // within which an event sent twice is stored once; default 10 minutes
	Sinks      bool          // verdicts wait for sinks: new ones are refused when they fill their room
	Log        *slog.Logger  // default: discard
}

func (o Options) withDefaults() Options {
	if o.Partitions <= 0 {
		o.Partitions = 8
	}
	if o.Replicas <= 0 {
		o.Replicas = 1
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 30
	}
	if o.KeepBytes <= 0 {
		o.KeepBytes = 1 << 30
	}
	if o.Keep <= 0 {
		o.Keep = 7 * 24 * time.Hour
	}
	if o.Duplicates <= 0 {
		o.Duplicates = 10 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// MaxPartitions bounds Options.Partitions.
const MaxPartitions = 1024

// Names in JetStream. They are a contract between the workers of a cluster.
const (
	ResultsStream    = "TIERCEL_RESULTS" // verdicts and incidents
	VerdictSubjects  = "tiercel.verdicts.*"
	IncidentSubjects = "tiercel.incidents.*"
	LabelsStream     = "TIERCEL_LABELS"
	LabelSubject     = "tiercel.labels"
	leaseBucket      = "TIERCEL_LEASES"
	windowsBucket    = "TIERCEL_WINDOWS"
	modelBucket      = "TIERCEL_MODELS"
	pluginBucket     = "TIERCEL_PLUGINS"
)

func eventStream(p int) string     { return fmt.Sprintf("TIERCEL_EVENTS_%03d", p) }
func eventSubject(p int) string    { return fmt.Sprintf("tiercel.events.%03d", p) }
func verdictSubject(p int) string  { return fmt.Sprintf("tiercel.verdicts.%03d", p) }
func incidentSubject(p int) string { return fmt.Sprintf("tiercel.incidents.%03d", p) }

// Headers of verdict messages.
const (
	HeaderTo      = "Tiercel-To"      // number of the last parcel that was judged
	HeaderFrom    = "Tiercel-From"    // of the first one
	HeaderRecords = "Tiercel-Records" // that were judged
	HeaderThreats = "Tiercel-Threats" // of them
	HeaderUnread  = "Tiercel-Unread"  // records that could not be read, not among them
	HeaderOldest  = "Tiercel-Oldest"  // when the first parcel was stored, nanoseconds since 1970
)

// partitionOf returns the partition that an entity's events go to.
func partitionOf(entity []byte, partitions int) int {
	h := fnv.New64a()
	h.Write(entity)
	x := h.Sum64()
	x ^= x >> 32 // the low bits of FNV alone are not spread well
	return int(x % uint64(partitions))
}

func eventConfig(p int, o Options) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: eventStream(p), Subjects: []string{eventSubject(p)},
		Description: "log records to be judged, one partition",
		MaxBytes:    o.MaxBytes / int64(o.Partitions), Discard: jetstream.DiscardNew,
		Duplicates: o.Duplicates, Replicas: o.Replicas, AllowDirect: true,
	}
}

func resultsConfig(o Options) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name: ResultsStream, Subjects: []string{VerdictSubjects, IncidentSubjects},
		Description: "verdicts and incidents; the last verdict of a subject is its partition's cursor",
		MaxBytes:    o.KeepBytes, MaxAge: o.Keep, Discard: jetstream.DiscardOld,
		Duplicates: min(o.Duplicates, o.Keep), Replicas: o.Replicas, AllowDirect: true,
	}
	if o.Sinks {
		c.Discard, c.MaxAge = jetstream.DiscardNew, 0
	}
	return c
}
