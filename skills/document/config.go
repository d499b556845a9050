package document

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Config is the part of the configuration for documents.
type Config struct {
	Limits `yaml:",inline"`
	// SMIMECA is a PEM file of the authorities whose S/MIME signatures count, and
	// of no others: those of the system vouch for web servers. Default: none, and
	// signatures are not checked.
	SMIMECA string `yaml:"smime_ca"`
	Zone    string `yaml:"zone"` // in which times of invitations are told; default Europe/Berlin
}

// Validate returns all that is wrong, each error beginning with its key.
func (c Config) Validate() error {
	errs := []error{c.Limits.Validate()}
	if _, err := c.trust(); err != nil {
		errs = append(errs, err)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		errs = append(errs, fmt.Errorf("zone: %q is not a time zone such as Europe/Berlin", c.Zone))
	}
	return errors.Join(errs...)
}

// Options returns the options of a [Reader] that the configuration means.
func (c Config) Options() (Options, error) {
	trust, err := c.trust()
	return Options{Limits: c.Limits, Trust: trust, Zone: c.Zone}, err
}

const maxTrust = 200 // certificates; each child gets them all

func (c Config) trust() ([][]byte, error) {
	if c.SMIMECA == "" {
		return nil, nil
	}
	file, err := os.ReadFile(c.SMIMECA)
	if err != nil {
		return nil, fmt.Errorf("smime_ca: %w", err)
	}
	trust, err := ParseCertificates(file)
	if err != nil {
		return nil, fmt.Errorf("smime_ca: %w", err)
	}
	if len(trust) > maxTrust {
		return nil, fmt.Errorf("smime_ca: has %d certificates, at most %d", len(trust), maxTrust)
	}
	return trust, nil
}
