// Package sign puts an ed25519 signature (RFC 8032) on models and checks it.
//
// It is apart from package model because crypto/ed25519 brings fmt, which the
// browser engine does without; a browser checks signatures with WebCrypto.
package sign

import (
	"crypto/ed25519"

	"github.com/tiercel/tiercel/core/model"
)

// Errors of Verify.
const (
	ErrUnsigned  = model.Error("not signed")
	ErrUntrusted = model.Error("signed with a key that is not trusted")
	ErrBad       = model.Error("signature does not fit the model")
)

// Message returns what is signed: the model's file with its key and without
// the signature.
func Message(m *model.Model) ([]byte, error) {
	unsigned := *m
	unsigned.Signature = [64]byte{}
	return unsigned.Append(nil)
}

// Sign sets the model's key and signature.
func Sign(m *model.Model, key ed25519.PrivateKey) error {
	if len(key) != ed25519.PrivateKeySize {
		return model.Error("private key is of the wrong size")
	}
	m.Key = [32]byte(key.Public().(ed25519.PublicKey))
	message, err := Message(m)
	if err != nil {
		return err
	}
	m.Signature = [64]byte(ed25519.Sign(key, message))
	return nil
}

// Verify checks the model's signature and that its key is one of trusted. A
// good signature of an unknown key proves nothing, so with no trusted key
// every model fails.
func Verify(m *model.Model, trusted ...ed25519.PublicKey) error {
	if !m.Signed() {
		return ErrUnsigned
	}
	known := false
	for _, k := range trusted {
		known = known || k.Equal(ed25519.PublicKey(m.Key[:]))
	}
	if !known {
		return ErrUntrusted
	}
	message, err := Message(m)
	if err != nil {
		return err
	}
	if !ed25519.Verify(m.Key[:], message, m.Signature[:]) {
		return ErrBad
	}
	return nil
}
