// Package certificate makes what a host and a process show each other: it is
// go-plugin's AutoMTLS, but for the curve.
//
// go-plugin takes P-521, for which Go has no fast code: making one took a
// process 8 to 13 ms of its 20 to the handshake, and checking a signature takes
// 4 ms on each side. P-256 takes a tenth. Either side takes what the other has.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"time"
)

// Variable is the environment variable in which a process finds the host's
// certificate in PEM. One that does shows its own in the handshake.
const Variable = "PLUGIN_CLIENT_CERT"

// name is what go-plugin's certificates are for.
const name = "localhost"

// New makes a certificate that signs itself, for one start of one process.
func New() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"tiercel"}},
		DNSNames:              []string{name},
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		SerialNumber:          serial,
		NotBefore:             time.Now().Add(-30 * time.Second),
		NotAfter:              time.Now().AddDate(30, 0, 0), // a service runs on
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// PEM is a certificate as Variable holds it.
func PEM(c tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
}

// Field is a certificate as the handshake's sixth field holds it.
func Field(c tls.Certificate) string { return base64.RawStdEncoding.EncodeToString(c.Certificate[0]) }

// Host is the configuration of connections on which the host shows c. What the
// process must show goes into its RootCAs.
func Host(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12, ServerName: name}
}

// Process is the configuration of connections on which a process shows c and
// asks for the certificate that the host put in Variable.
func Process(c tls.Certificate, host string) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(host)) {
		return nil, errors.New("certificate: " + Variable + " holds none")
	}
	return &tls.Config{
		Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}, nil
}
