package serve

import (
	"embed"
	"io/fs"
	"net/http"
	"os"
)

// The page inside: incidents as they come, for where no console is built.
//
//go:embed page
var inside embed.FS

// policy lets the page load what it came with and talk to this service, no
// more; workers and WebAssembly are the console's.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page serves the console's folder, or the page inside.
func (s *Server) page() http.Handler {
	var files fs.FS
	if s.config.Console != "" {
		files = os.DirFS(s.config.Console)
	} else {
		files, _ = fs.Sub(inside, "page") // the folder is embedded
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		serve.ServeHTTP(w, r)
	})
}
