package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"
)

// inSentence puts into words a person can act on why there is no secure connection.
func inSentence(err error, timeout time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf(`the server did not answer within %v: check server and port, and "tls" (a port with TLS from the beginning needs implicit, others starttls)`, timeout)
	}
	return cmp.Or(certificate(err), err)
}

// certificate puts into words a person can act on why a server could not prove
// who it is; nil if err is about something else.
func certificate(err error) error {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		now := time.Now()
		if now.Before(e.Cert.NotBefore) {
			return fmt.Errorf("the server's certificate is not valid before %s: check the clocks of both machines", e.Cert.NotBefore.UTC().Format(time.DateTime))
		}
		return fmt.Errorf("the server's certificate has expired on %s: have it renewed on the server", e.Cert.NotAfter.UTC().Format(time.DateOnly))
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return errors.New("the server's certificate is signed by an authority that is not known here: " +
			`if it is your own, set "ca" to the PEM file with that authority's certificate`)
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("the server's certificate is not for the name %q: configure the server by a name that stands in the certificate", e.Host)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return errors.New(`the server does not answer with TLS on this port (so no certificate was seen): check the port, and "tls" (implicit or starttls)`)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("the server's certificate cannot be trusted: %w", e.Err)
	}
	return nil
}
