package serve

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/canary"
	"github.com/tiercel/tiercel/host/internal/check"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// takeTime bounds how long a plugin that was pushed is fetched, unpacked and tried.
const takeTime = 5 * time.Minute

// offerSuffix ends the names of offers that were taken, ID.offer in the folder;
// beside them, in a folder named by its checksum, lies the plugin that is run.
const offerSuffix = ".offer"

// taken are the plugins that the object store brought and that were taken. They
// are kept on disk: a process that starts anew has them before NATS is there. It
// is safe for concurrent use.
type taken struct {
	dir, lock string
	trusted   []ed25519.PublicKey
	signed    bool // a signed lock file that comes with a plugin pins it

	mu sync.Mutex
	by map[string]*kept // by id
}

// kept is a plugin that was taken.
type kept struct {
	pin    host.Pin // its paths are absolute
	signed bool     // by a lock file that a trusted key signed; else this machine's lock file pins it
}

// openTaken reads the folder. What in it may not be at work, or not any more, is
// told and left alone.
func openTaken(c *Config, trusted []ed25519.PublicKey, offers *stream.Offers) (*taken, error) {
	t := &taken{
		dir: cmp.Or(c.Judge.State, filepath.Join(c.NATS.Dir, "plugins")), lock: cmp.Or(c.Judge.Lock, host.LockName),
		trusted: trusted, signed: c.Judge.Take == TakeSigned, by: map[string]*kept{},
	}
	var err error
	if t.dir, err = filepath.Abs(t.dir); err != nil {
		return nil, fmt.Errorf("serve: judge.state: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(t.dir, "*"+offerSuffix))
	if err != nil {
		return nil, fmt.Errorf("serve: judge.state: %w", err)
	}
	for _, file := range files {
		k, err := t.recall(file)
		if err != nil {
			offers.Tell(stream.OfferPlugin, strings.TrimSuffix(filepath.Base(file), offerSuffix), "", fmt.Errorf("kept from before: %w", err))
			continue
		}
		t.by[k.pin.ID] = k
	}
	return t, nil
}

// recall reads an offer that was taken.
func (t *taken) recall(file string) (*kept, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > host.MaxOffer {
		return nil, fmt.Errorf("%d bytes, at most %d", info.Size(), host.MaxOffer)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	o, err := host.ParseOffer(data)
	if err != nil {
		return nil, err
	}
	return t.accept(o)
}

// own reads the lock file of this machine.
func (t *taken) own() (*host.Lock, error) {
	lock, err := host.ReadLock(t.lock)
	if errors.Is(err, fs.ErrNotExist) {
		return &host.Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	return lock, lock.Absolute()
}

// accept verifies an offer and unpacks its plugin.
func (t *taken) accept(o *host.Offer) (*kept, error) {
	lock, err := t.own()
	if err != nil {
		return nil, err
	}
	policy := host.Policy{Trusted: t.trusted, Lock: lock, Signed: t.signed}
	pin, err := policy.Accept(o)
	if err != nil {
		return nil, err
	}
	k := &kept{pin: pin, signed: t.signed && o.Signature.VerifyLock(o.Lock, t.trusted...) == nil}
	dir := filepath.Join(t.dir, pin.SHA256.String())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if k.pin.Path, err = o.Package.Unpack(dir, pin.ID, pin.Version); err != nil {
		// A file of this name has other bytes: it was damaged. The offer was verified.
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
			return nil, err
		}
		if k.pin.Path, err = o.Package.Unpack(dir, pin.ID, pin.Version); err != nil {
			return nil, err
		}
	}
	if pin.Config != "" {
		k.pin.Config = filepath.Join(dir, "config-"+pin.ConfigSHA256.String())
		err = whole(k.pin.Config, o.Config)
	}
	return k, err
}

// whole writes a file: whole or not at all.
func whole(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// pins returns what may be loaded: what the lock file of this machine pins and
// what was taken, one more among it where that is not nil, and the ids of what
// was taken. What was taken because this machine pins it, and is not pinned any
// more, is left out, and so is what this machine pins a newer version of.
func (t *taken) pins(more *kept) (*host.Lock, []string, error) {
	lock, err := t.own()
	if err != nil {
		return nil, nil, err
	}
	t.mu.Lock()
	all := maps.Clone(t.by)
	t.mu.Unlock()
	if more != nil {
		all[more.pin.ID] = more
	}
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		k := all[id]
		own, known := lock.Find(id)
		pinned := known && own.Allows(&k.pin)
		if !pinned && (!k.signed || known && host.CompareVersions(own.Version, k.pin.Version) >= 0) {
			continue
		}
		lock.Put(k.pin)
		ids = append(ids, id)
	}
	return lock, ids, nil
}

// ids returns the checksums of the plugins that were taken, by their ids.
func (t *taken) ids() map[string]host.Sum {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]host.Sum{}
	for id, k := range t.by {
		out[id] = k.pin.SHA256
	}
	return out
}

// put has a plugin taken, and returns what takes that back.
func (t *taken) put(k *kept) (undo func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	former := t.by[k.pin.ID]
	t.by[k.pin.ID] = k
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.by[k.pin.ID] = former; former == nil {
			delete(t.by, k.pin.ID)
		}
	}
}

// newer refuses what is older than the plugin at work, or other bytes that call
// themselves the same version.
func (t *taken) newer(pin *host.Pin) error {
	lock, ids, err := t.pins(nil)
	if err != nil {
		return err
	}
	present, known := lock.Find(pin.ID)
	if !known {
		return nil
	}
	same := present.Allows(pin)
	switch order := host.CompareVersions(pin.Version, present.Version); {
	case order < 0:
		return fmt.Errorf("serve: plugin %s: version %s, that at work is %s", pin.ID, pin.Version, present.Version)
	case order == 0 && !same:
		return fmt.Errorf("serve: plugin %s: other bytes than those at work under version %s (sha256 %s)", pin.ID, present.Version, present.SHA256)
	case same && slices.Contains(ids, pin.ID):
		return stream.ErrInForce
	}
	return nil
}

// takePlugin verifies and tries an offer of a plugin, puts it to work and keeps
// it. Where it is refused everything stays as it was.
func (j *judge) takePlugin(ctx context.Context, id string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	o, err := host.ParseOffer(data)
	if err != nil {
		return err
	}
	t := j.plugins.taken
	k, err := t.accept(o)
	if err != nil {
		return err
	}
	if k.pin.ID != id {
		err = fmt.Errorf("serve: the object of plugin %s holds %s", id, k.pin.ID)
	} else if err = t.newer(&k.pin); err == nil {
		if err = j.tryPlugin(ctx, o, k); err == nil {
			err = j.installPlugin(k, data)
		}
	}
	if err != nil && !errors.Is(err, stream.ErrInForce) {
		t.forget(k)
	}
	return err
}

// tryPlugin tries a plugin with the models in force.
func (j *judge) tryPlugin(ctx context.Context, o *host.Offer, k *kept) error {
	models := j.models.Models()
	options, err := j.plugins.with(models, k)
	if err != nil {
		return err
	}
	own, err := j.models.Canaries()
	if err != nil {
		return err
	}
	return TryPlugin(ctx, o, &k.pin, options, own...)
}

// TryPlugin tries a plugin that is offered on its own canaries and on others.
func TryPlugin(ctx context.Context, o *host.Offer, pin *host.Pin, options host.Options, more ...canary.Canary) error {
	canaries, err := canary.Read(o.Canaries)
	if err != nil {
		return err
	}
	return check.Trial(ctx, o, pin, options, append(canaries, more...))
}

// installPlugin puts a plugin to work, and keeps it for the next start.
func (j *judge) installPlugin(k *kept, offer []byte) error {
	t := j.plugins.taken
	undo := t.put(k)
	if err := j.worker.SetModels(j.models.Models()); err != nil {
		undo()
		return err
	}
	if err := whole(filepath.Join(t.dir, k.pin.ID+offerSuffix), offer); err != nil {
		j.log.Error("a plugin is at work, but not kept for the next start", "plugin", k.pin.ID, "error", err)
	}
	return nil
}

// forget removes the files of a plugin that was refused, if none at work has them.
func (t *taken) forget(k *kept) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.by {
		if other.pin.SHA256 == k.pin.SHA256 {
			return
		}
	}
	os.RemoveAll(filepath.Dir(k.pin.Path))
}
