package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/sign"
	"github.com/tiercel/tiercel/host/internal/canary"
	"github.com/tiercel/tiercel/host/internal/report"
)

func newModel(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "model",
		Short: "Show, check, sign and compare model files",
		Long: `A model is a file, or the name of a kind (http, flow, dns, auth) for the
embedded one.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
			}
			return c.Help()
		},
	}
	c.AddCommand(newModelShow(s), newModelVerify(s), newModelSign(s), newModelDiff(s), newModelPush(s))
	return c
}

func newModelShow(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "show MODEL",
		Short:   "Print a model's card, learners and weights",
		Example: "  tiercel model show http",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			m, data, err := readModel(args[0])
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			return report.Model(s.out, m, len(data), hex.EncodeToString(sum[:]), styleOf(s.out))
		},
	}
}

func newModelVerify(s streams) *cobra.Command {
	var keys []string
	var demands demands
	c := &cobra.Command{
		Use:   "verify MODEL",
		Short: "Check a model file, its signature and what it says of canaries",
		Long: `Verify checks the whole structure of a model file. With --key it also checks
that the file is signed by one of the keys; a signature by an unknown key
proves nothing. With --min-epoch it refuses a model that is older than that.
With --canary it judges the lines of a file, and names the first that the model
judges otherwise than the file demands. A canary is a line of JSON, of which
min, max, threat and class may be left out:
{"line":"...","format":"combined","min":0.9,"max":1,"threat":true,"class":"sqli"}`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			m, _, err := readModel(args[0])
			if err != nil {
				return err
			}
			if err := demands.check(m); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if len(keys) == 0 {
				state := "not signed"
				if m.Signed() {
					state = "signed by " + hex.EncodeToString(m.Key[:]) + "; --key checks the signature"
				}
				_, err := fmt.Fprintf(s.out, "%s: valid, %s\n", report.Visible(args[0]), state)
				return err
			}
			var trusted []ed25519.PublicKey
			for _, k := range keys {
				key, err := publicKey(k)
				if err != nil {
					return fmt.Errorf("--key %s: %w", k, err)
				}
				trusted = append(trusted, key)
			}
			if err := sign.Verify(m, trusted...); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			_, err = fmt.Fprintf(s.out, "%s: valid, signed by %s\n", report.Visible(args[0]), hex.EncodeToString(m.Key[:]))
			return err
		},
	}
	c.Flags().StringSliceVar(&keys, "key", nil, "trusted ed25519 public key: a PEM `FILE` or 64 hex digits; repeatable")
	c.Flags().Uint64Var(&demands.epoch, "min-epoch", 0, "refuse a model of an epoch below `N`")
	c.Flags().StringVar(&demands.canaries, "canary", "", "`FILE` of lines and what the model must say of them")
	return c
}

// demands is what a model must be beside valid and signed.
type demands struct {
	epoch    uint64
	canaries string // name of a file, "" for none
}

func (d *demands) check(m *model.Model) error {
	if m.Epoch < d.epoch {
		return fmt.Errorf("epoch %d is older than --min-epoch %d", m.Epoch, d.epoch)
	}
	if d.canaries == "" {
		return nil
	}
	data, err := os.ReadFile(d.canaries)
	if err != nil {
		return fmt.Errorf("--canary: %w", err)
	}
	list, err := canary.Read(data)
	tried := 0
	if err == nil {
		tried, err = canary.Try(m, list)
	}
	var failed *canary.Error
	switch {
	case errors.As(err, &failed):
		return fmt.Errorf("--canary %s:%d: %s", d.canaries, failed.Line, failed.Problem)
	case err == nil && tried == 0:
		err = canary.ErrNone
	}
	if err != nil {
		return fmt.Errorf("--canary %s: %w", d.canaries, err)
	}
	return nil
}

func newModelSign(s streams) *cobra.Command {
	var key, file string
	c := &cobra.Command{
		Use:     "sign MODEL --key FILE -o SIGNED",
		Short:   "Sign a model file",
		Example: "  openssl genpkey -algorithm ed25519 -out key.pem\n  tiercel model sign shop.tiercel --key key.pem -o shop.signed.tiercel",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" || file == "" {
				return errors.New("model sign: --key and -o are needed")
			}
			m, _, err := readModel(args[0])
			if err != nil {
				return err
			}
			private, err := privateKey(key)
			if err != nil {
				return fmt.Errorf("--key %s: %w", key, err)
			}
			if err := sign.Sign(m, private); err != nil {
				return err
			}
			data, err := m.Append(nil)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, data, 0o644); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.err, "%s: signed by %s\n", report.Visible(file), hex.EncodeToString(m.Key[:]))
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "ed25519 private key, a PEM `FILE` (PKCS 8)")
	c.Flags().StringVarP(&file, "out", "o", "", "`FILE` to write")
	return c
}

func newModelDiff(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "diff MODEL MODEL",
		Short: "Say what differs between two models",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			a, _, err := readModel(args[0])
			if err != nil {
				return err
			}
			b, _, err := readModel(args[1])
			if err != nil {
				return err
			}
			for _, line := range model.Diff(a, b) {
				if _, err := fmt.Fprintln(s.out, report.Visible(line)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

var errKey = errors.New("holds no ed25519 key")

// publicKey reads a public key: 64 hex digits, or a PEM file (PKIX).
func publicKey(text string) (ed25519.PublicKey, error) {
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == ed25519.PublicKeySize {
		return raw, nil
	}
	block, err := readPEM(text)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return nil, errKey
	}
	if k, ok := key.(ed25519.PublicKey); ok {
		return k, nil
	}
	return nil, errKey
}

// privateKey reads a private key from a PEM file (PKCS 8).
func privateKey(file string) (ed25519.PrivateKey, error) {
	block, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, errKey
	}
	if k, ok := key.(ed25519.PrivateKey); ok {
		return k, nil
	}
	return nil, errKey
}

func readPEM(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errKey
	}
	return block.Bytes, nil
}
