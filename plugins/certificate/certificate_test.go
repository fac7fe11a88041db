package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/plugins/certificate"
)

func made(t testing.TB) tls.Certificate {
	t.Helper()
	c, err := certificate.New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// handshake has a host and a process greet each other; the host trusts what
// the process put in its handshake.
func handshake(t testing.TB, host, process, shown tls.Certificate, trusted string) error {
	t.Helper()
	server, err := certificate.Process(process, trusted)
	if err != nil {
		return err
	}
	der, err := base64.RawStdEncoding.DecodeString(certificate.Field(shown))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	client := certificate.Host(host)
	client.RootCAs = x509.NewCertPool()
	client.RootCAs.AddCert(leaf)
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	answer := make(chan error, 1)
	go func() {
		_, err := tls.Server(b, server).Write([]byte{1})
		b.Close()
		answer <- err
	}()
	_, err = tls.Client(a, client).Read(make([]byte, 1)) // a refusal comes behind the host's last word
	a.Close()
	if failed := <-answer; failed != nil {
		err = failed
	}
	return err
}

// Each side takes the other's certificate and no third one.
func TestHandshake(t *testing.T) {
	host, process, stranger := made(t), made(t), made(t)
	if err := handshake(t, host, process, process, certificate.PEM(host)); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"a strange host":      handshake(t, stranger, process, process, certificate.PEM(host)),
		"a strange process":   handshake(t, host, stranger, process, certificate.PEM(host)),
		"no host's":           handshake(t, host, process, process, "nothing"),
		"a host without one":  handshake(t, tls.Certificate{}, process, process, certificate.PEM(host)),
		"a process's as host": handshake(t, process, process, process, certificate.PEM(host)),
	} {
		if err == nil {
			t.Errorf("%s is let in", name)
		}
	}
}

func ExampleNew() {
	c, err := certificate.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _, _ := strings.Cut(certificate.PEM(c), "\n")
	fmt.Println(text)
	// Output: -----BEGIN CERTIFICATE-----
}

func BenchmarkHandshake(b *testing.B) {
	for b.Loop() {
		host, process := made(b), made(b)
		if err := handshake(b, host, process, process, certificate.PEM(host)); err != nil {
			b.Fatal(err)
		}
	}
}
