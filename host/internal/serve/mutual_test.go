package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/serve"
)

// authority signs certificates for tests.
type authority struct {
	t           testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.certificate, a.key = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign signs by itself while it has no certificate yet.
func (a *authority) sign(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, by := c, key
	if a.certificate != nil {
		parent, by = a.certificate, a.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, key
}

// client returns a client that trusts the authority and shows a certificate that by signed, none where by is nil.
func (a *authority) client(by *authority, name string) *http.Client {
	c := &tls.Config{RootCAs: x509.NewCertPool()}
	c.RootCAs.AddCert(a.certificate)
	if by != nil {
		signed, key := by.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{signed.Raw}, PrivateKey: key}}
	}
	transport := &http.Transport{TLSClientConfig: c}
	a.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func writePEM(t testing.TB, path, kind string, raw []byte) string {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With client_ca only certificates that it signed get as far as a request, and
// they may do what client_scopes says.
func TestMutualTLS(t *testing.T) {
	dir, ca, stranger := t.TempDir(), newAuthority(t, "ours"), newAuthority(t, "theirs")
	signed, key := ca.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "tiercel"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	url := start(t, func(c *serve.Config) {
		c.TLS.Cert = writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", signed.Raw)
		c.TLS.Key = writePEM(t, filepath.Join(dir, "key.pem"), "PRIVATE KEY", raw)
		c.TLS.ClientCA = writePEM(t, filepath.Join(dir, "ca.pem"), "CERTIFICATE", ca.certificate.Raw)
		c.Tokens = []serve.Token{{Name: "analyst", SHA256: hash("l00k"), Scopes: []string{"read"}}}
	})
	for name, client := range map[string]*http.Client{"none": ca.client(nil, ""), "a stranger's": ca.client(stranger, "shipper")} {
		if answer, err := client.Get(url + "/healthz"); err == nil {
			answer.Body.Close()
			t.Errorf("%s certificate: status %d", name, answer.StatusCode)
		}
	}
	ours := ca.client(ca, "shipper")
	for _, c := range []struct {
		method, path, token string
		status              int
	}{
		{"POST", "/v1/ingest", "", 200},
		{"GET", "/metrics", "", 403},
		{"GET", "/metrics", "l00k", 200},
		{"GET", "/metrics", "wrong", 401},
	} {
		r, _ := http.NewRequest(c.method, url+c.path, strings.NewReader(harmless))
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		answer, err := ours.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s %s with %q: %d, want %d", c.method, c.path, c.token, answer.StatusCode, c.status)
		}
	}
}
