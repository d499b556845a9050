package teamstest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// bearers are the tokens of the bot, and how it gets them.
type bearers struct {
	given        map[string]bearer
	life         time.Duration
	failing      *tokenFailure
	certificates map[string]*rsa.PublicKey // by their SHA-256, in base64url
	used         map[string]bool           // jti of assertions
}

type bearer struct {
	scope string
	end   time.Time
}

type tokenFailure struct {
	status        int
	code, message string
}

// TokenLife says how long the bot's tokens live; default 3599 s, as in Entra ID.
func (c *Cloud) TokenLife(d time.Duration) {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	c.issuer.own.life = d
}

// RefuseTokens has the token endpoint answer with an error, such as 401,
// "invalid_client", "AADSTS7000222: …"; status 0 ends that.
func (c *Cloud) RefuseTokens(status int, code, message string) {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	c.issuer.own.failing = nil
	if status != 0 {
		c.issuer.own.failing = &tokenFailure{status, code, message}
	}
}

// Certificate registers a new certificate for the app and returns the path of a PEM
// file with it and its key. It is good until end.
func (c *Cloud) Certificate(end time.Time) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		c.t.Fatal(err)
	}
	file, der := WriteCertificate(c.t.TempDir(), key, &key.PublicKey, end)
	sum := sha256.Sum256(der)
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	if c.issuer.own.certificates == nil {
		c.issuer.own.certificates = map[string]*rsa.PublicKey{}
	}
	c.issuer.own.certificates[base64.RawURLEncoding.EncodeToString(sum[:])] = &key.PublicKey
	return file
}

// WriteCertificate writes a certificate with its key into a PEM file in folder. It
// panics if it cannot.
func WriteCertificate(folder string, key, public any, end time.Time) (file string, der []byte) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "amtsbote"}, NotBefore: end.Add(-48 * time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		panic(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	file = filepath.Join(folder, "app.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(file, both, 0o600); err != nil {
		panic(err)
	}
	return file, der
}

// token gives the bot a token for its secret or its certificate, as Entra ID does:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (c *Cloud) token(w http.ResponseWriter, r *http.Request) {
	c.issuer.TokenRequests.Add(1)
	fail := func(status int, code, why string) {
		c.note("token: " + why)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"error": code, "error_description": why + " Trace ID: 0 Correlation ID: 0", "error_uri": c.URL + "/error"})
	}
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	if f := c.issuer.own.failing; f != nil {
		fail(f.status, f.code, f.message)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" {
		fail(http.StatusBadRequest, "invalid_request", "AADSTS900144: the body must be a form, and prove who asks")
		return
	}
	form := r.PostForm
	scope := form.Get("scope")
	for key, values := range form {
		if len(values) != 1 || values[0] == "" {
			fail(http.StatusBadRequest, "invalid_request", "AADSTS9000411: duplicate or empty: "+key)
			return
		}
	}
	switch {
	case r.PathValue("tenant") != Tenant:
		fail(http.StatusBadRequest, "invalid_request", "AADSTS90002: Tenant '"+r.PathValue("tenant")+"' not found.")
	case form.Get("grant_type") != "client_credentials":
		fail(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: unsupported grant.")
	case form.Get("client_id") != AppID:
		fail(http.StatusBadRequest, "unauthorized_client", "AADSTS700016: Application with identifier '"+form.Get("client_id")+"' was not found in the directory.")
	case !strings.HasSuffix(scope, "/.default"):
		fail(http.StatusBadRequest, "invalid_scope", "AADSTS1002012: the scope must end in /.default.")
	case scope != Scope && scope != GraphScope && scope != c.URL+"/graph/.default":
		fail(http.StatusBadRequest, "invalid_resource", "AADSTS500011: the resource was not found in the tenant.")
	default:
		if status, why := c.proven(form.Get("client_secret"), form.Get("client_assertion_type"), form.Get("client_assertion")); why != "" {
			fail(status, "invalid_client", why)
			return
		}
		if scope == c.URL+"/graph/.default" {
			scope = GraphScope // Graph has another address here
		}
		c.grant(w, scope)
	}
}

// proven says what is wrong with the proof that it is the app who asks.
func (c *Cloud) proven(secret, kind, signed string) (status int, why string) {
	switch {
	case secret != "" && signed != "":
		return http.StatusBadRequest, "AADSTS7000216: a secret or an assertion, not both."
	case signed != "" && kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
		return http.StatusBadRequest, "AADSTS900144: client_assertion_type."
	case signed != "":
		return http.StatusUnauthorized, c.assertion(signed)
	case secret == "":
		return http.StatusUnauthorized, "AADSTS7000218: The request body must contain client_assertion or client_secret."
	case secret != Secret:
		return http.StatusUnauthorized, "AADSTS7000215: Invalid client secret provided."
	}
	return 0, ""
}

// assertion says what is wrong with an assertion. It is stricter than Entra ID where
// Microsoft's page only recommends (PS256, SHA-256, 10 minutes):
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (c *Cloud) assertion(signed string) string {
	own := &c.issuer.own
	var thumb string
	t, err := jwt.Parse(signed, func(t *jwt.Token) (any, error) {
		thumb, _ = t.Header["x5t#S256"].(string)
		if key := own.certificates[thumb]; key != nil {
			return key, nil
		}
		return nil, fmt.Errorf("no certificate %q", thumb)
	}, jwt.WithValidMethods([]string{"PS256"}), jwt.WithAudience(c.Login()+"/"+Tenant+"/oauth2/v2.0/token"), jwt.WithIssuer(AppID), jwt.WithSubject(AppID),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	if err != nil {
		return "AADSTS700027: The assertion is not right: " + err.Error()
	}
	claims := t.Claims.(jwt.MapClaims)
	exp, _ := claims.GetExpirationTime()
	nbf, _ := claims.GetNotBefore()
	jti, _ := claims["jti"].(string)
	switch {
	case t.Header["typ"] != "JWT":
		return "AADSTS700027: typ."
	case nbf == nil || exp.Sub(nbf.Time) > 10*time.Minute:
		return "AADSTS700024: The assertion is good for more than 10 minutes."
	case len(jti) < 16 || own.used[jti]:
		return "AADSTS700027: jti is missing or was used."
	}
	if own.used == nil {
		own.used = map[string]bool{}
	}
	own.used[jti] = true
	return ""
}

// grant gives a token.
func (c *Cloud) grant(w http.ResponseWriter, scope string) {
	own := &c.issuer.own
	life := own.life
	if life == 0 {
		life = 3599 * time.Second
	}
	if own.given == nil {
		own.given = map[string]bearer{}
	}
	token := "eyJ0." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d", c.issuer.TokenRequests.Load())) + ".sig"
	own.given[token] = bearer{scope, time.Now().Add(life)}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": int(life.Seconds()), "ext_expires_in": int(life.Seconds()), "access_token": token})
}

// authorized reports whether a request carries a token of the bot's for a scope.
func (c *Cloud) authorized(r *http.Request, scope string) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	given := c.issuer.own.given[token]
	return ok && given.scope == scope && time.Now().Before(given.end)
}

// Revoke makes the tokens that the bot has useless.
func (c *Cloud) Revoke() {
	c.issuer.mu.Lock()
	defer c.issuer.mu.Unlock()
	clear(c.issuer.own.given)
}
