package host

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// SignatureSuffix is what the name of a signature's file adds to the plugin's.
const SignatureSuffix = ".sig"

// Signature is an ed25519 signature (RFC 8032) of a plugin's file, or of a lock file.
type Signature struct {
	SHA256 Sum
	Key    Key
	Sig    [ed25519.SignatureSize]byte
}

// signatureJSON is the file's members.
type signatureJSON struct {
	Version   int    `json:"tiercel_signature"`
	SHA256    string `json:"sha256"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

const (
	signatureVersion = 1
	maxSignature     = 4 << 10 // bytes
	// The contexts begin what is signed, so that no signature of anything else is
	// one of a plugin or of a lock file.
	pluginContext = "tiercel plugin 1\n"
	lockContext   = "tiercel lock 1\n"
)

// Errors of signatures.
var (
	ErrUnsigned  = errors.New("host: not signed")
	ErrUntrusted = errors.New("host: signed with a key that is not trusted")
	ErrSignature = errors.New("host: signature does not fit what is signed")
)

func signed(context string, sum Sum) []byte { return append([]byte(context), sum[:]...) }

// SignPlugin returns the signature of a plugin's bytes.
func SignPlugin(data []byte, key ed25519.PrivateKey) (*Signature, error) {
	return signAs(pluginContext, data, key)
}

// SignLock returns the signature of a lock file's text: it says that its key
// allows what the file pins, wherever the key is trusted.
func SignLock(text []byte, key ed25519.PrivateKey) (*Signature, error) {
	return signAs(lockContext, text, key)
}

func signAs(context string, data []byte, key ed25519.PrivateKey) (*Signature, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("host: private key is of the wrong size")
	}
	s := &Signature{SHA256: sumOf(data), Key: Key(key.Public().(ed25519.PublicKey))}
	s.Sig = [ed25519.SignatureSize]byte(ed25519.Sign(key, signed(context, s.SHA256)))
	return s, nil
}

// Verify checks that the signature is of the plugin's bytes, and, where keys are
// given, by one of them: without, it proves that nothing was damaged.
func (s *Signature) Verify(data []byte, trusted ...ed25519.PublicKey) error {
	return s.verify(pluginContext, data, trusted)
}

// VerifyLock is Verify for the signature of a lock file's text.
func (s *Signature) VerifyLock(text []byte, trusted ...ed25519.PublicKey) error {
	return s.verify(lockContext, text, trusted)
}

func (s *Signature) verify(context string, data []byte, trusted []ed25519.PublicKey) error {
	if s == nil {
		return ErrUnsigned
	}
	if s.SHA256 != sumOf(data) || !ed25519.Verify(s.Key[:], signed(context, s.SHA256), s.Sig[:]) {
		return ErrSignature
	}
	if len(trusted) == 0 {
		return nil
	}
	for _, k := range trusted {
		if k.Equal(ed25519.PublicKey(s.Key[:])) {
			return nil
		}
	}
	return ErrUntrusted
}

// Append appends the text of the signature's file.
func (s *Signature) Append(dst []byte) []byte {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetIndent("", "  ")
	e.Encode(signatureJSON{signatureVersion, s.SHA256.String(), s.Key.String(), fmt.Sprintf("%x", s.Sig)}) // texts only: it cannot fail
	return b.Bytes()
}

// ParseSignature reads the text of a signature's file.
func ParseSignature(text []byte) (*Signature, error) {
	var j signatureJSON
	if err := strict(text, &j); err != nil {
		return nil, fmt.Errorf("host: signature: %w", err)
	}
	if j.Version != signatureVersion {
		return nil, fmt.Errorf("host: signature: version %d; this tiercel reads %d", j.Version, signatureVersion)
	}
	s := &Signature{}
	for _, field := range []struct {
		dst        []byte
		text, name string
	}{{s.SHA256[:], j.SHA256, "sha256"}, {s.Key[:], j.Key, "key"}, {s.Sig[:], j.Signature, "signature"}} {
		if err := digits(field.dst, field.text, field.name); err != nil {
			return nil, fmt.Errorf("host: signature: %w", err)
		}
	}
	return s, nil
}

// readSignature reads the signature beside a plugin's file; nil where there is none.
func readSignature(path string) (*Signature, error) {
	text, err := readFile(path+SignatureSuffix, maxSignature, "a signature")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseSignature(text)
}
