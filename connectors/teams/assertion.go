package teams

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523
	assertionLife = 5 * time.Minute                                          // Microsoft: 5 to 10 min at most
)

// assertion proves that the bot has the key of a certificate that is registered for
// the app, to the token endpoint audience and no one else:
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
// The file is read anew each time, so that a renewed certificate needs no restart.
func assertion(file, app, audience string, now time.Time) (string, error) {
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		return "", fmt.Errorf("teams: certificate: %w", err)
	}
	key, ok := pair.PrivateKey.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("teams: certificate: its key is not of RSA, which is what Entra ID takes")
	}
	if end := pair.Leaf.NotAfter; now.After(end) {
		return "", fmt.Errorf("teams: certificate: it has expired on %s: register a new one in the app registration", end.UTC().Format(time.DateOnly))
	}
	t := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{
		"aud": audience, "iss": app, "sub": app, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	thumb := sha256.Sum256(pair.Certificate[0])
	t.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(thumb[:])
	signed, err := t.SignedString(key)
	if err != nil {
		return "", errors.New("teams: certificate: its key does not sign: is it shorter than 2048 bit?")
	}
	return signed, nil
}
