package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

const hall = "hall.example.org"

// authority is a certificate authority that speaks as much of ACME (RFC 8555) as
// one order takes: it checks every signature and every nonce, and signs only for
// who has answered its challenge.
type authority struct {
	*httptest.Server
	t      *testing.T
	kind   string // of challenge: http-01 or tls-alpn-01
	prove  func(kind, token, thumbprint string) error
	key    *ecdsa.PrivateKey
	root   *x509.Certificate
	mu     sync.Mutex
	nonces map[string]bool
	member *ecdsa.PublicKey
	valid  bool // the challenge was answered
	cert   []byte
	orders int
}

func newAuthority(t *testing.T, kind string) *authority {
	t.Helper()
	a := &authority{t: t, kind: kind, nonces: map[string]bool{}}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// signed reads a request: flattened JWS with ES256.
func (a *authority) signed(r *http.Request) ([]byte, error) {
	var jws struct{ Protected, Payload, Signature string }
	if err := json.NewDecoder(r.Body).Decode(&jws); err != nil {
		return nil, err
	}
	head, err1 := base64.RawURLEncoding.DecodeString(jws.Protected)
	payload, err2 := base64.RawURLEncoding.DecodeString(jws.Payload)
	signature, err3 := base64.RawURLEncoding.DecodeString(jws.Signature)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	var h struct {
		Alg, Nonce, URL, Kid string
		JWK                  *struct{ Crv, X, Y string }
	}
	if err := json.Unmarshal(head, &h); err != nil {
		return nil, err
	}
	if h.Alg != "ES256" || h.URL != a.URL+r.URL.Path || !a.nonces[h.Nonce] {
		return nil, fmt.Errorf("the head %s is not for %s", head, r.URL.Path)
	}
	delete(a.nonces, h.Nonce) // for one request
	by := a.member
	if h.JWK != nil {
		x, err1 := base64.RawURLEncoding.DecodeString(h.JWK.X)
		y, err2 := base64.RawURLEncoding.DecodeString(h.JWK.Y)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if by, err1 = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...)); err1 != nil {
			return nil, err1
		}
		if r.URL.Path == "/account" {
			a.member = by
		}
	}
	sum := sha256.Sum256([]byte(jws.Protected + "." + jws.Payload))
	if by == nil || len(signature) != 64 || !ecdsa.Verify(by, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return nil, errors.New("the signature is wrong")
	}
	return payload, nil
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	nonce := rand.Text()
	a.nonces[nonce] = true
	w.Header().Set("Replay-Nonce", nonce)
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	if r.Method != http.MethodPost {
		answer(200, map[string]string{"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/order"})
		return
	}
	payload, err := a.signed(r)
	if err != nil {
		a.t.Errorf("%s: %v", r.URL.Path, err)
		answer(400, map[string]string{"type": "urn:ietf:params:acme:error:malformed", "detail": err.Error()})
		return
	}
	status := func(yes bool, then, before string) string {
		if yes {
			return then
		}
		return before
	}
	challenge := func() map[string]any {
		return map[string]any{"type": a.kind, "url": a.URL + "/challenge", "token": "a-token", "status": status(a.valid, "valid", "pending")}
	}
	order := func() map[string]any {
		o := map[string]any{"status": status(a.valid, "ready", "pending"), "identifiers": []any{map[string]string{"type": "dns", "value": hall}},
			"authorizations": []string{a.URL + "/authorization"}, "finalize": a.URL + "/finalize"}
		if a.cert != nil {
			o["status"], o["certificate"] = "valid", a.URL+"/certificate"
		}
		w.Header().Set("Location", a.URL+"/one-order")
		return o
	}
	switch r.URL.Path {
	case "/account":
		w.Header().Set("Location", a.URL+"/account/1")
		answer(201, map[string]string{"status": "valid"})
	case "/order":
		if a.orders++; !strings.Contains(string(payload), hall) {
			a.t.Errorf("an order for %s", payload)
		}
		answer(201, order())
	case "/one-order":
		answer(200, order())
	case "/authorization":
		answer(200, map[string]any{"status": status(a.valid, "valid", "pending"), "identifier": map[string]string{"type": "dns", "value": hall}, "challenges": []any{challenge()}})
	case "/challenge":
		thumbprint, err := acme.JWKThumbprint(a.member)
		if err == nil {
			err = a.prove(a.kind, "a-token", thumbprint)
		}
		if err != nil {
			a.t.Errorf("the challenge: %v", err)
		}
		a.valid = err == nil
		answer(200, challenge())
	case "/finalize":
		if !a.valid {
			a.t.Error("a certificate was asked for before the challenge was answered")
		}
		var in struct{ CSR string }
		_ = json.Unmarshal(payload, &in)
		der, _ := base64.RawURLEncoding.DecodeString(in.CSR)
		csr, err := x509.ParseCertificateRequest(der)
		if err != nil || csr.CheckSignature() != nil || len(csr.DNSNames) != 1 || csr.DNSNames[0] != hall {
			a.t.Errorf("the request for a certificate: %v", err)
			answer(400, map[string]string{"type": "urn:ietf:params:acme:error:badCSR"})
			return
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour), DNSNames: csr.DNSNames, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		if a.cert, err = x509.CreateCertificate(rand.Reader, c, a.root, csr.PublicKey, a.key); err != nil {
			a.t.Error(err)
		}
		answer(200, order())
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		for _, der := range [][]byte{a.cert, a.root.Raw} {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
	default:
		http.NotFound(w, r)
	}
}

// acmeServer is our server with an ACME configuration, and how an authority
// reaches it.
func acmeServer(t *testing.T, a *authority, cache string) (address string) {
	t.Helper()
	config, challenges, err := ACME{Hosts: []string{hall}, Email: "ada@example.org", Cache: cache, Directory: a.URL}.Config()
	if err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewServer(challenges(http.NotFoundHandler()))
	t.Cleanup(plain.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	a.prove = func(kind, token, thumbprint string) error {
		want := token + "." + thumbprint
		if kind == "http-01" {
			req, err := http.NewRequest("GET", plain.URL+"/.well-known/acme-challenge/"+token, nil)
			if err != nil {
				return err
			}
			req.Host = hall
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if got, err := io.ReadAll(res.Body); err != nil || string(bytes.TrimSpace(got)) != want {
				return fmt.Errorf("%d %q is no answer, %v", res.StatusCode, got, err)
			}
			return nil
		}
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: hall, NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer c.Close()
		sum := sha256.Sum256([]byte(want))
		value, err := asn1.Marshal(sum[:])
		if err != nil {
			return err
		}
		for _, e := range c.ConnectionState().PeerCertificates[0].Extensions {
			if e.Id.String() == "1.3.6.1.5.5.7.1.31" && bytes.Equal(e.Value, value) {
				return nil
			}
		}
		return errors.New("the certificate of the challenge lacks its answer")
	}
	return l.Addr().String()
}

// TestACertificateIsGotFromAnAuthority connects for the first time to a server
// that has no certificate yet, for both kinds of challenge. The certificate is
// kept, so that another start asks nobody; names that are not ours get none.
func TestACertificateIsGotFromAnAuthority(t *testing.T) {
	for _, kind := range []string{"http-01", "tls-alpn-01"} {
		t.Run(kind, func(t *testing.T) {
			a, cache := newAuthority(t, kind), t.TempDir()
			roots := x509.NewCertPool()
			roots.AddCert(a.root)
			visit := func(address, name string) error {
				client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
					DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
						return tls.Dial("tcp", address, &tls.Config{ServerName: name, RootCAs: roots})
					},
				}}
				res, err := client.Get("https://" + name + "/")
				if err != nil {
					return err
				}
				defer res.Body.Close()
				if b, err := io.ReadAll(res.Body); err != nil || string(b) != "in" {
					return fmt.Errorf("%q, %v", b, err)
				}
				return nil
			}
			address := acmeServer(t, a, cache)
			if err := visit(address, hall); err != nil {
				t.Fatal(err)
			}
			if err := visit(address, "evil.example.org"); err == nil {
				t.Error("a name that is not ours was let in")
			}
			if err := visit(acmeServer(t, a, cache), hall); err != nil {
				t.Error(err)
			}
			if a.orders != 1 {
				t.Errorf("%d orders, want the first one alone", a.orders)
			}
		})
	}
}
