package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// write makes a certificate for the host and writes it to the files.
func write(t *testing.T, cert, key, host string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour), DNSNames: []string{host}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func serial(t *testing.T, c *tls.Certificate) int64 {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}

func TestARenewedCertificateIsReadAndABrokenOneIsNot(t *testing.T) {
	cert, key := filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	write(t, cert, key, "hall.example.org", 1)
	var log bytes.Buffer
	f, err := Open(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if n := serial(t, f.look()); n != 1 {
		t.Errorf("serial %d, want 1", n)
	}
	write(t, cert, key, "hall.example.org", 2)
	if n := serial(t, f.reload()); n != 2 {
		t.Errorf("serial %d after renewal, want 2", n)
	}
	if err := os.WriteFile(cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := serial(t, f.reload()); n != 2 || !bytes.Contains(log.Bytes(), []byte("cannot be read")) {
		t.Errorf("serial %d after a broken renewal, want 2; the log says %s", n, log.String())
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if n := serial(t, f.reload()); n != 2 {
		t.Errorf("serial %d without a key, want 2", n)
	}
}

func TestLookSaysForWhomACertificateIs(t *testing.T) {
	cert, key := filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	write(t, cert, key, "hall.example.org", 1)
	if l := Look(cert, key, "hall.example.org"); l.Problem != nil || !l.Covers || l.Names[0] != "hall.example.org" {
		t.Errorf("%+v", l)
	}
	if l := Look(cert, key, "other.example.org"); l.Covers {
		t.Error("it covers another host")
	}
	if l := Look(key, cert, ""); l.Problem == nil {
		t.Error("the files the other way round are no problem")
	}
}

func TestARedirectNeverFollowsTheHostOfARequest(t *testing.T) {
	h := Redirect(func() string { return "https://hall.example.org" })
	r := httptest.NewRequest("GET", "http://evil.example/login?to=/x", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "https://hall.example.org/login?to=/x" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "http://evil.example/login", nil))
	if w.Code != http.StatusPermanentRedirect {
		t.Errorf("a post answers %d", w.Code)
	}
}
