package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"amtsbote/skills/knowledge"
)

type runCmd struct {
	configFlag
}

// Run runs the daemon until a signal comes.
func (c *runCmd) Run(e *env) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	d, err := open(cfg, e.logger(e.tty))
	if err != nil {
		return err
	}
	err = d.run(e.ctx, func(string) {
		for _, u := range d.addresses() {
			fmt.Fprintln(e.stderr, "Browser chat:", u)
		}
		notify("READY=1")
	})
	return errors.Join(err, d.close())
}

// run runs bots and web server until ctx is done. ready is called once the web
// server listens.
func (d *daemon) run(ctx context.Context, ready func(addr string)) error {
	g, ctx := errgroup.WithContext(ctx)
	addr := cmp.Or(d.cfg.HTTP.Listen, defaultListen)
	if addr == "off" {
		ready("")
	} else {
		l, err := d.listen(addr)
		if err != nil {
			return err
		}
		g.Go(func() error { return serve(ctx, l, d.handler()) })
		ready(l.Addr().String())
	}
	g.Go(func() error { d.pool.Watch(ctx); return nil })
	g.Go(func() error { return d.runner.Run(ctx) })
	g.Go(func() error { d.learn(ctx); return nil })
	d.log.Info("running", "bots", len(d.bots), "models", len(d.cfg.Models), "version", version())
	err := g.Wait()
	notify("STOPPING=1")
	d.log.Info("stopped")
	return err
}

// listener is a connector that serves HTTP and is particular about where.
type listener interface {
	// Listen says whether the connector may be served at an address.
	Listen(addr string) error
}

func (d *daemon) listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	for name, h := range d.runner.Handlers() {
		if p, ok := h.(listener); ok {
			if err := p.Listen(l.Addr().String()); err != nil {
				l.Close()
				return nil, fmt.Errorf("connector %s: %w", name, err)
			}
		}
	}
	return l, nil
}

// addresses returns where people find the connectors that serve HTTP.
func (d *daemon) addresses() (all []string) {
	for _, h := range d.runner.Handlers() {
		if u, ok := h.(interface{ URL() string }); ok {
			all = append(all, u.URL())
		}
	}
	return all
}

// handler serves connectors under their names, and health and metrics.
func (d *daemon) handler() http.Handler {
	mux := http.NewServeMux()
	for name, h := range d.runner.Handlers() {
		mux.Handle("/"+name+"/", h)
	}
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "alive")
	})
	mux.HandleFunc("GET /ready", d.ready)
	reg := prometheus.NewRegistry()
	reg.MustRegister(d.runner.Metrics(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, b := range d.bots {
		for _, c := range b.Connectors {
			if m, ok := c.(prometheus.Collector); ok {
				reg.MustRegister(m)
			}
		}
	}
	reg.MustRegister(knowledge.Metrics(d.libraries...))
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	return mux
}

// ready answers 200 if everything works, else 503 with the reasons. A model that
// is away is a reason only for a bot that has no other.
func (d *daemon) ready(w http.ResponseWriter, _ *http.Request) {
	reasons := d.runner.Ready()
	away, vectors, alarms := map[string]bool{}, map[string]bool{}, d.runner.Alarms()
	for _, m := range d.cfg.Models {
		vectors[m.Name] = m.Embedding
	}
	for _, h := range d.pool.Health() {
		away[h.Name] = !h.Ready()
		if h.Alarm != "" {
			alarms["model "+h.Name] = h.Alarm
		}
	}
	for _, l := range d.libraries {
		maps.Copy(alarms, l.Alarms())
	}
	for _, b := range d.cfg.Bots {
		names := slices.DeleteFunc(slices.Clone(b.Models), func(name string) bool { return vectors[name] })
		if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !away[name] }) {
			reasons["models of "+b.Name] = "none answers; they are tried again"
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if len(reasons) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(map[string]any{"ready": len(reasons) == 0, "reasons": reasons, "alarms": alarms})
}

// maxConnections is how many connections are served at the same time; others wait
// until one ends, which of those that say nothing is after 10 s.
const maxConnections = 2000

// bodyTime is how long the body of a request may take, unless its handler knows
// better. Whoever announces one and never sends it would keep a place for ever, also
// where nobody reads it: the server does, to use the connection again. What has no
// body is not limited: browsers listen for hours.
const bodyTime = time.Minute

func limited(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // that of a test has none
		}
		h.ServeHTTP(w, r)
	})
}

// serve serves until ctx is done.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	// Whoever opens connections and says nothing takes places, not memory. Behind a
	// reverse proxy there are never so many.
	l = netutil.LimitListener(l, maxConnections)
	srv := &http.Server{Handler: limited(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return base }}
	stop := context.AfterFunc(ctx, func() {
		cancel() // ends the streams that browsers listen to
		limited, done := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer done()
		if srv.Shutdown(limited) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

// notify tells systemd (sd_notify(3)) how the daemon is, if systemd started it.
// The protocol is one datagram; a library for it would be longer.
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	c, err := net.Dial("unixgram", path)
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprint(c, state)
}
