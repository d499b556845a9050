package teams

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// A tokenError is that Entra ID gives no token. It holds nothing of what Entra ID
// wrote but two codes that mean the same for everybody.
type tokenError struct {
	status int           // of HTTP
	code   string        // of RFC 6749, 5.2; "" for none that is known
	entra  string        // such as AADSTS7000222
	after  time.Duration // how long to wait, as Entra ID says; 0: it does not
}

// tokenCures say what a person can do about each code, Entra ID's own first:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var tokenCures = map[string]string{
	"AADSTS7000222": "secret: it has expired: make a new client secret in the app registration",
	"AADSTS7000215": "secret: it is not that of the app registration; the value of a client secret is needed, not its ID",
	"AADSTS7000218": "secret: Entra ID got none: check secret and certificate",
	"AADSTS90002":   "tenant: Entra ID does not know it: check tenant, and cloud or endpoints.login",
	"AADSTS900023":  "tenant: Entra ID does not know it: check tenant, and cloud or endpoints.login",
	"AADSTS700016":  "app_id: the tenant has no such app: check app_id and tenant",
	"AADSTS7000229": "app_id: the app has no service principal in the tenant: it has to be made or consented to there",
	"AADSTS7000112": "app_id: the app is disabled in the tenant",
	"AADSTS700027":  "certificate: it is not registered in the app registration, or has expired there",
	"AADSTS700024":  "certificate: the time of what it signed is not now: check this machine's clock",
	"AADSTS700030":  "certificate: Entra ID does not accept its subject or its chain",
	"AADSTS53003":   "the tenant's conditional access keeps the app from signing in from here",
	"AADSTS70011":   "endpoints.scope: Entra ID does not know it",
	"AADSTS1002012": "endpoints.scope: it must end in /.default",
	"AADSTS500011":  "endpoints.scope: the tenant does not know that resource: check cloud",

	"invalid_client":         "check secret or certificate, which may have expired",
	"invalid_scope":          "check endpoints.scope",
	"invalid_request":        "check app_id, tenant and cloud",
	"invalid_resource":       "check endpoints.scope",
	"unauthorized_client":    "check app_id and tenant",
	"unsupported_grant_type": "check endpoints.login",
	"access_denied":          "the tenant does not let the app sign in",
}

func (e *tokenError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "teams: token: Entra ID gives none: %s", cmp.Or(e.code, fmt.Sprintf("HTTP %d", e.status)))
	if e.entra != "" {
		b.WriteString(" " + e.entra)
	}
	if cure := cmp.Or(tokenCures[e.entra], tokenCures[e.code]); cure != "" {
		b.WriteString(": " + cure)
	}
	return b.String()
}

// final reports whether asking again would bring nothing until a person acts.
func (e *tokenError) final() bool {
	return e.status < 500 && e.status != http.StatusTooManyRequests && e.status != http.StatusRequestTimeout
}

var (
	entraCode = regexp.MustCompile(`\bAADSTS[0-9]{4,8}\b`)
	oauthCode = regexp.MustCompile(`^[a-z_]{3,40}$`)
)

// plainTokenError says why there is no token, without what Entra ID wrote: that
// quotes identities, and a proxy on the way could quote the request.
func plainTokenError(err error) error {
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e := &tokenError{status: said.Response.StatusCode, entra: entraCode.FindString(said.ErrorDescription),
			after: retryAfter(said.Response.Header, time.Now())}
		if oauthCode.MatchString(said.ErrorCode) {
			e.code = said.ErrorCode
		}
		if e.code == "temporarily_unavailable" || e.code == "server_error" {
			e.status = http.StatusServiceUnavailable
		}
		return e
	}
	if e := unreached(err); e != nil {
		return fmt.Errorf("teams: token: Entra ID cannot be reached: %w", e)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("teams: token: Entra ID did not answer within %v", tokenTimeout)
	}
	return errors.New("teams: token: the answer cannot be read: check endpoints.login")
}

// unreached returns the part of a network's error that may be shown: hosts and
// certificates, but no path of an address. nil: the error is another one.
func unreached(err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return e
	}
	return nil
}
