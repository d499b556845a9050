package teams

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"time"

	"amtsbote/bots"
)

// certificateEnds is how long before its end a certificate is worth a warning.
const certificateEnds = 30 * 24 * time.Hour

// Check implements [bots.Checker]. It fetches keys and tokens and changes nothing.
// That Microsoft reaches the endpoint it cannot try from here, and permissions of a
// team only once the app is in it.
func (c *Connector) Check(ctx context.Context) []bots.CheckResult {
	all := []bots.CheckResult{{What: "keys of Bot Connector", Err: reach(c.verify.probe(ctx), c.cfg.Endpoints.Metadata, "metadata")}}
	if c.cfg.Certificate != "" {
		all = append(all, checkCertificate(c.cfg.Certificate, time.Now()))
	}
	all = append(all, bots.CheckResult{What: "token of the bot", Err: c.checkToken(ctx, c.cfg.Endpoints.Scope)})
	if c.cfg.Graph {
		all = append(all, bots.CheckResult{What: "token for Microsoft Graph", Err: c.checkToken(ctx, c.cfg.Endpoints.Graph+"/.default")})
	}
	return all
}

// checkToken asks Entra ID for a token; its errors say the cure.
func (c *Connector) checkToken(ctx context.Context, scope string) error {
	_, err := newTokens(c.cfg, scope, c.client).get(ctx)
	return err
}

// reach adds to an error which address was asked, and where it comes from.
func reach(err error, address, key string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; asked was %s: let it through the firewall or the proxy (HTTPS_PROXY), or check cloud and endpoints.%s", err, address, key)
}

// checkCertificate looks at what would one day end the bot's login, and who else can
// log in as the bot. What is wrong with the certificate now, the token's result says.
func checkCertificate(file string, now time.Time) bots.CheckResult {
	r := bots.CheckResult{What: "certificate", Warn: true}
	info, err := os.Stat(file)
	if err != nil {
		r.Err = fmt.Errorf("teams: certificate: %w", err)
		return r
	}
	pair, err := tls.LoadX509KeyPair(file, file)
	switch {
	case err != nil:
		r.Err = fmt.Errorf("teams: certificate: %w", err)
	case info.Mode().Perm()&0o007 != 0:
		r.Err = fmt.Errorf("teams: certificate: everybody on this machine can read %s, which has the key in it: chmod o= it", file)
	case pair.Leaf.NotAfter.Sub(now) < certificateEnds:
		r.Err = fmt.Errorf("teams: certificate: ends on %s: upload a new one in the app registration (Certificates & secrets) before, then replace the file", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	return r
}

var _ bots.Checker = (*Connector)(nil)
