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
// more; the worker, WebAssembly and the policies of trusted types are the
// console's (wasm/console/index.html says the same of itself).
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types tiercel tiercel-page lit-html"

// livePage is the console's page that follows a service, in a folder that has
// it: there it is served at / instead of the one for logs of one's own.
const livePage = "live.html"

// page serves the console's folder, or the page inside.
func (s *Server) page() http.Handler {
	var files fs.FS
	if s.config.Console != "" {
		files = os.DirFS(s.config.Console)
	} else {
		files, _ = fs.Sub(inside, "page") // the folder is embedded
	}
	_, err := fs.Stat(files, livePage)
	live := err == nil
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if live && r.URL.Path == "/" {
			http.ServeFileFS(w, r, files, livePage)
			return
		}
		serve.ServeHTTP(w, r)
	})
}
