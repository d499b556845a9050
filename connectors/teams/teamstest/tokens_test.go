package teamstest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestAssertions shows the token endpoint proofs that are none.
func TestAssertions(t *testing.T) {
	c := Start(t)
	file := c.Certificate(time.Now().Add(time.Hour))
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(pair.Certificate[0])
	now := time.Now()
	const kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	for _, test := range []struct {
		name   string
		change func(*jwt.Token)
		key    any
		kind   string
		want   string
	}{
		{name: "right"},
		{name: "used", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["jti"] = "right-right-right-right" }, want: "AADSTS700027"},
		{name: "of another key", key: other, want: "AADSTS700027"},
		{name: "RS256", change: func(j *jwt.Token) { j.Method = jwt.SigningMethodRS256; j.Header["alg"] = "RS256" }, want: "AADSTS700027"},
		{name: "unknown certificate", change: func(j *jwt.Token) { j.Header["x5t#S256"] = "abc" }, want: "AADSTS700027"},
		{name: "no certificate", change: func(j *jwt.Token) { delete(j.Header, "x5t#S256") }, want: "AADSTS700027"},
		{name: "another audience", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["aud"] = c.Login() }, want: "AADSTS700027"},
		{name: "another app", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["iss"] = "x" }, want: "AADSTS700027"},
		{name: "another subject", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["sub"] = "x" }, want: "AADSTS700027"},
		{name: "expired", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["exp"] = now.Add(-time.Second).Unix() }, want: "AADSTS700027"},
		{name: "too long", change: func(j *jwt.Token) { j.Claims.(jwt.MapClaims)["exp"] = now.Add(11 * time.Minute).Unix() }, want: "AADSTS700024"},
		{name: "for ever", change: func(j *jwt.Token) { delete(j.Claims.(jwt.MapClaims), "exp") }, want: "AADSTS700027"},
		{name: "no jti", change: func(j *jwt.Token) { delete(j.Claims.(jwt.MapClaims), "jti") }, want: "AADSTS700027"},
		{name: "another kind", kind: "jwt", want: "AADSTS900144"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{"aud": c.Login() + "/" + Tenant + "/oauth2/v2.0/token", "iss": AppID, "sub": AppID,
				"jti": strings.TrimSuffix(strings.Repeat(test.name+"-", 4), "-"), "nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()})
			j.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
			if test.change != nil {
				test.change(j)
			}
			if test.key == nil {
				test.key = pair.PrivateKey
			}
			signed, err := j.SignedString(test.key)
			if err != nil {
				t.Fatal(err)
			}
			if test.kind == "" {
				test.kind = kind
			}
			resp, err := http.PostForm(c.Login()+"/"+Tenant+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {AppID},
				"client_assertion_type": {test.kind}, "client_assertion": {signed}, "scope": {Scope}})
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got struct {
				Description string `json:"error_description"`
				Token       string `json:"access_token"`
			}
			err = json.NewDecoder(resp.Body).Decode(&got)
			if code, _, _ := strings.Cut(got.Description, ":"); err != nil || code != test.want || (got.Token == "") != (test.want != "") {
				t.Errorf("%d %+v %v", resp.StatusCode, got, err)
			}
		})
	}
}
