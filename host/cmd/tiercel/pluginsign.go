package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/report"
)

func newPluginSign(s streams) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "sign PLUGIN --key FILE",
		Short: "Sign a plugin, a pack or a lock file",
		Long: `Sign writes an ed25519 signature of a plugin's bytes: beside a plugin's file, as
FILE` + host.SignatureSuffix + `, into a pack. Of a lock file (FILE` + lockSuffix + `) it signs what that pins:
workers that trust the key and take what is signed take those plugins when they
are pushed.`,
		Example: "  openssl genpkey -algorithm ed25519 -out key.pem\n  openssl pkey -in key.pem -pubout -out author.pub\n  tiercel plugin sign word-rarity.wasm --key key.pem",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" {
				return errors.New("plugin sign: --key FILE is missing; openssl genpkey -algorithm ed25519 -out FILE makes one")
			}
			private, err := privateKey(key)
			if err != nil {
				return fmt.Errorf("--key %s: %w", key, err)
			}
			path := args[0]
			if isLock(path) {
				return signLock(s, path, private)
			}
			p, err := host.ReadPackage(path)
			if err != nil {
				return err
			}
			if p.Signature, err = host.SignPlugin(p.Program, private); err != nil {
				return err
			}
			data := p.Signature.Append(nil)
			if !p.Packed {
				path = p.Path + host.SignatureSuffix
			} else if data, err = p.Append(nil); err != nil {
				return err
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.err, "%s: signed by %s\n", report.Visible(path), p.Signature.Key)
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "ed25519 private key, a PEM `FILE` (PKCS 8)")
	return c
}

func newPluginVerify(s streams) *cobra.Command {
	var keys []string
	c := &cobra.Command{
		Use:   "verify PLUGIN [--key KEY]",
		Short: "Check the signature of a plugin, a pack or a lock file",
		Long: `Verify checks that a plugin is what was signed. Only with --key does it also
say that the right one signed it: a signature by an unknown key proves nothing.
The plugin is not started.`,
		Example: "  tiercel plugin verify word-rarity.wasm --key author.pub",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			trusted, err := publicKeys(keys)
			if err != nil {
				return err
			}
			signature, err := verified(args[0], trusted)
			if err != nil {
				return err
			}
			hint := ""
			if len(trusted) == 0 {
				hint = "; --key checks whose key that is"
			}
			_, err = fmt.Fprintf(s.out, "%s: valid, signed by %s%s\n", report.Visible(args[0]), signature.Key, hint)
			return err
		},
	}
	keyFlag(c, &keys, "trusted ed25519 public key")
	return c
}

// verified returns the signature of a plugin, a pack or a lock file, which fits.
func verified(path string, trusted []ed25519.PublicKey) (*host.Signature, error) {
	if isLock(path) {
		text, signature, err := host.ReadSigned(path)
		if err == nil {
			err = signature.VerifyLock(text, trusted...)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return signature, nil
	}
	p, err := host.ReadPackage(path)
	if err != nil {
		return nil, err
	}
	if err := p.Signature.Verify(p.Program, trusted...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p.Signature, nil
}

// lockSuffix ends the names of lock files.
const lockSuffix = ".lock"

func isLock(path string) bool { return strings.HasSuffix(path, lockSuffix) }

// signLock writes the signature of a lock file beside it.
func signLock(s streams, path string, key ed25519.PrivateKey) error {
	lock, err := host.ReadLock(path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	signature, err := host.SignLock(text, key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+host.SignatureSuffix, signature.Append(nil), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "%s: %s signed by %s\n", report.Visible(path+host.SignatureSuffix), counted(int64(len(lock.Plugins)), "pin"), signature.Key)
	return err
}

// keyFlag adds the flag that names public keys.
func keyFlag(c *cobra.Command, keys *[]string, what string) {
	c.Flags().StringSliceVar(keys, "key", nil, what+": a PEM `FILE` or 64 hex digits; repeatable")
}

// publicKeys reads the keys of a --key flag.
func publicKeys(texts []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, text := range texts {
		key, err := publicKey(text)
		if err != nil {
			return nil, fmt.Errorf("--key %s: %w", text, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
