package llm_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// write writes a file for the test and returns its path.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newHTTP starts a server for the test and returns its address.
func newHTTP(t testing.TB, fn http.HandlerFunc) string {
	s := httptest.NewServer(fn)
	t.Cleanup(s.Close)
	return s.URL
}
