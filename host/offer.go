package host

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"

	"github.com/tiercel/tiercel/plugins/abi"
)

// Offer is a pinned plugin as it travels to other machines: its pack, the lock
// file that pins it, and what it is to be tried on. As bytes it is a zip archive.
// Nothing in it is trusted before a [Policy] has accepted it.
type Offer struct {
	Package   *Package
	Lock      []byte     // text of the lock file
	Signature *Signature // of the lock file's text; nil for none
	Config    []byte     // nil for none
	Canaries  []byte     // lines and what a model must say of them with the plugin; see tiercel model verify
}

// Names of an offer's files.
const (
	offerPack      = "plugin" + PackSuffix
	offerLock      = LockName
	offerSignature = LockName + SignatureSuffix
	offerConfig    = "config"
	offerCanaries  = "canaries.ndjson"
)

const (
	maxCanaries = 16 << 20 // bytes
	// MaxOffer bounds an offer, in bytes.
	MaxOffer = maxProgram + 32<<20
)

// NewOffer reads a plugin that a lock file pins, by its id, its path or that of
// its pack, with what belongs to it.
func NewOffer(lockFile, name string, canaries []byte) (*Offer, error) {
	text, signature, err := ReadSigned(lockFile)
	if err != nil {
		return nil, err
	}
	lock, err := ReadLock(lockFile)
	if err != nil {
		return nil, err
	}
	o := &Offer{Lock: text, Signature: signature, Canaries: canaries}
	pin, known := lock.Find(name)
	if known {
		o.Package, err = ReadPackage(lock.At(pin.Path))
	} else if o.Package, err = ReadPackage(name); err == nil {
		pin, err = lock.pinOf(o.Package.SHA256(), lockFile)
	}
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", name, err)
	}
	if pin.Config != "" {
		if o.Config, err = readConfig(lock.At(pin.Config)); err != nil {
			return nil, fmt.Errorf("plugin %s: %w", name, err)
		}
	}
	_, err = o.Pin()
	return o, err
}

// ReadSigned reads the text of a lock file and the signature beside it, nil where
// there is none.
func ReadSigned(lockFile string) ([]byte, *Signature, error) {
	text, err := readFile(lockFile, maxLock, "a lock file")
	if err != nil {
		return nil, nil, err
	}
	signature, err := readSignature(lockFile)
	return text, signature, err
}

// pinOf returns the pin of a plugin's bytes.
func (l *Lock) pinOf(sum Sum, file string) (*Pin, error) {
	for i := range l.Plugins {
		if l.Plugins[i].SHA256 == sum {
			return &l.Plugins[i], nil
		}
	}
	return nil, fmt.Errorf("sha256 %s is not pinned in %s; run: tiercel plugin pin PATH", sum, file)
}

// Append appends the offer's bytes: for the same offer the same ones.
func (o *Offer) Append(dst []byte) ([]byte, error) {
	pack, err := o.Package.Append(nil)
	if err != nil {
		return nil, err
	}
	var signature []byte
	if o.Signature != nil {
		signature = o.Signature.Append(nil)
	}
	const mode = fs.FileMode(0o644)
	return zipped(dst, []entry{
		{offerPack, mode, pack},
		{offerLock, mode, o.Lock},
		{offerSignature, mode, signature},
		{offerConfig, mode, o.Config},
		{offerCanaries, mode, o.Canaries},
	})
}

// ParseOffer reads the bytes of an offer. It refuses files that it does not know
// and what is larger than it may be.
func ParseOffer(data []byte) (*Offer, error) {
	files, err := unzipped(data, map[string]int64{
		offerPack: MaxOffer, offerLock: maxLock, offerSignature: maxSignature, offerConfig: abi.MaxConfig, offerCanaries: maxCanaries,
	})
	if err != nil {
		return nil, fmt.Errorf("host: offer: %w", err)
	}
	o := &Offer{Lock: files[offerLock], Config: files[offerConfig], Canaries: files[offerCanaries]}
	if o.Package, err = ParsePackage(files[offerPack]); err != nil {
		return nil, err
	}
	if text, signed := files[offerSignature]; signed {
		if o.Signature, err = ParseSignature(text); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// Pin returns what the offer's own lock file pins: the plugin and its
// configuration, byte for byte.
func (o *Offer) Pin() (Pin, error) {
	lock, err := ParseLock(o.Lock)
	if err != nil {
		return Pin{}, err
	}
	pin, err := lock.pinOf(o.Package.SHA256(), LockName)
	if err != nil {
		return Pin{}, fmt.Errorf("host: offer: wrong checksum: %w", err)
	}
	if err := o.configured(pin); err != nil {
		return *pin, err
	}
	return *pin, nil
}

// configured checks the configuration against a pin.
func (o *Offer) configured(pin *Pin) error {
	if (pin.Config != "") != (o.Config != nil) || o.Config != nil && sumOf(o.Config) != pin.ConfigSHA256 {
		return fmt.Errorf("host: offer: the configuration of %s is not the one that is pinned", pin.ID)
	}
	return nil
}

// Policy says which offers a machine takes.
type Policy struct {
	Trusted []ed25519.PublicKey // one must have signed the plugin; without any no offer is taken
	Lock    *Lock               // what this machine pins
	Signed  bool                // also what the offer's lock file pins, where a trusted key has signed that
}

// Errors of policies.
var (
	ErrNobody    = errors.New("host: offer: no keys are trusted")
	ErrNotPinned = errors.New("host: offer: the lock file of this machine does not pin it")
)

// Accept returns the pin of an offer that may be tried here: a trusted key signed
// the plugin, its bytes and its configuration are those that are pinned, it
// runs on this machine. Path and Config of the pin are those of the offer's machine.
func (p *Policy) Accept(o *Offer) (Pin, error) {
	if len(p.Trusted) == 0 {
		return Pin{}, ErrNobody
	}
	if err := o.Package.Signature.Verify(o.Package.Program, p.Trusted...); err != nil {
		return Pin{}, err
	}
	pin, err := o.Pin()
	if err != nil {
		return pin, err
	}
	if err := p.pins(o, &pin); err != nil {
		return pin, err
	}
	pin.Signer = o.Package.Signature.Key
	return pin, o.Package.runsHere()
}

// pins says why nothing allows what the offer's lock file pins.
func (p *Policy) pins(o *Offer, pin *Pin) error {
	own, known := p.Lock.Find(pin.ID)
	if known && own.Allows(pin) {
		if own.Signer != (Key{}) && own.Signer != o.Package.Signature.Key {
			return fmt.Errorf("host: offer: %s is pinned with the signature of another key, %s", pin.ID, own.Signer)
		}
		return nil
	}
	if p.Signed {
		if err := o.Signature.VerifyLock(o.Lock, p.Trusted...); err != nil {
			return fmt.Errorf("its lock file: %w", err)
		}
		return nil
	}
	if known {
		return fmt.Errorf("%w: of %s it pins version %s, sha256 %s", ErrNotPinned, own.ID, own.Version, own.SHA256)
	}
	return fmt.Errorf("%w: %s", ErrNotPinned, pin.ID)
}

// Allows reports whether a pin is of the same bytes as another, of the plugin and
// of its configuration.
func (p *Pin) Allows(other *Pin) bool {
	return p.ID == other.ID && p.SHA256 == other.SHA256 && (p.Config == "") == (other.Config == "") && p.ConfigSHA256 == other.ConfigSHA256
}
