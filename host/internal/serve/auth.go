package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Scopes of tokens.
const (
	ScopeIngest = "ingest" // send logs
	ScopeRead   = "read"   // see incidents and metrics
	ScopeLabel  = "label"  // say what was right and wrong
)

// guard lets requests through that show what they need.
type guard struct {
	tokens       map[[32]byte]Token
	clientScopes []string // of a verified certificate
	open         bool     // loopback, and nothing configured: everybody here may do all
}

func newGuard(c *Config) *guard {
	g := &guard{tokens: map[[32]byte]Token{}, clientScopes: c.TLS.ClientScopes}
	for _, t := range c.Tokens {
		raw, _ := hex.DecodeString(t.SHA256) // Validate has looked at it
		g.tokens[[32]byte(raw)] = t
	}
	g.open = len(c.Tokens) == 0 && c.TLS.ClientCA == ""
	return g
}

// caller is who sent a request, for the log and for ids.
type caller struct {
	name   string
	scopes []string
}

// who returns the caller of a request; ok is false when it shows nothing that
// is known. Tokens are looked up by their hash, which tells no time.
func (g *guard) who(r *http.Request) (caller, bool) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		t, ok := g.tokens[sha256.Sum256([]byte(strings.TrimSpace(token)))]
		return caller{t.Name, t.Scopes}, ok
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return caller{r.TLS.VerifiedChains[0][0].Subject.CommonName, g.clientScopes}, true
	}
	return caller{"local", []string{ScopeIngest, ScopeRead, ScopeLabel}}, g.open
}

// wants wraps a handler that needs a scope.
func (g *guard) wants(scope string, h func(http.ResponseWriter, *http.Request, caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if g.open && !fromHere(r) {
			refuse(w, http.StatusForbidden, "without tokens only this machine is served, under its own names")
			return
		}
		who, ok := g.who(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "a known token is needed")
			return
		}
		if !slices.Contains(who.scopes, scope) {
			refuse(w, http.StatusForbidden, "the token lacks the scope "+scope)
			return
		}
		h(w, r, who)
	}
}

// fromHere tells a request of this machine from one that a page of another site
// makes a browser send: by the names that it believes to talk to and to be of.
func fromHere(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !isLoopback(net.JoinHostPort(strings.Trim(host, "[]"), "0")) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
