# Two commands are all a newcomer needs: make run, make test.
# DATA is a folder of labelled logs (see examples/train/README.md); only
# models, quality and the tests on real data need it.
DATA ?=
GO   ?= go
FUZZTIME ?= 30s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT = mvdan.cc/gofumpt@v0.12.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: run test models quality bench fuzz lint fmt check

## run: writes example logs of every kind, with attacks among them, and scans them
run: bin/tiercel
	@$(GO) run ./examples/logs -seed 1 -o build/logs
	@bin/tiercel scan build/logs/access.log build/logs/conn.log build/logs/dns.log build/logs/auth.log

bin/tiercel: FORCE
	@$(GO) build -trimpath -o $@ ./host/cmd/tiercel
FORCE:

## test: all tests, those of the nested modules included
test:
	$(GO) vet ./...
	$(GO) test ./...
	cd examples/rules && $(GO) vet ./... && $(GO) test ./...
	cd examples/otelcol && $(GO) vet ./... && $(GO) test ./...
	$(MAKE) test-npm

## models: trains the embedded default models from DATA; same data, same bytes
models: data
	$(GO) run ./examples/train models -data $(DATA) -o core/model/models

## quality: measures every set of DATA and the default models, writes QUALITY.md
## and its plots; SEEDS=5 trains each set with five seeds and says what is chance
SEEDS ?= 1
quality: data
	$(GO) run ./examples/train quality -data $(DATA) -seeds $(SEEDS) -o examples/train/QUALITY.md

.PHONY: attack
## attack: how often attackers who see the score evade the default model and a
## rules engine beside it; writes ATTACK.md; a quarter of an hour, most of it the rules
attack:
	$(GO) build -C examples/rules -o ../../build/rules .
	$(GO) run ./examples/train attack -seeds 30 -beside 'build/rules -ask' -beside 'build/rules -ask -paranoia 2' -o examples/train/ATTACK.md

.PHONY: data
data:
	@test -n "$(DATA)" || { echo "say where the labelled logs are: make $(MAKECMDGOALS) DATA=folder" >&2; exit 1; }

## bench: speed, as ratios to a Go program that only splits lines
bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

## fuzz: every fuzz target for FUZZTIME. Making inputs smaller is bounded: by default
## it takes a minute each, all of a short run (5 inputs tried of 25,000)
fuzz:
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || exit 1; \
	  done; done

.PHONY: chaos serve-bench
CHAOS ?= 200

## chaos: CHAOS runs in which the service and its workers are killed at random;
## CHAOS=40-80 is those of the seeds 40 to 79
chaos:
	TIERCEL_CHAOS=$(CHAOS) $(GO) test ./host/cmd/tiercel -run 'TestKilled$$' -v -timeout 60m

.PHONY: clock-jump
## clock-jump: the clocks of the service, a worker and NATS jump by hours; builds
## the standard library anew with a time.Now that can be set, a minute the first time
clock-jump:
	@mkdir -p build/clock
	@sed -e 's|sec, nsec, mono := runtimeNow()|&; sec += jumped|' "$$($(GO) env GOROOT)/src/time/time.go" >build/clock/time.go
	@printf '\n//go:linkname jumped\nvar jumped int64\n' >>build/clock/time.go
	@printf '{"Replace": {"%s/src/time/time.go": "%s/build/clock/time.go"}}\n' "$$($(GO) env GOROOT)" "$(CURDIR)" >build/clock/overlay.json
	$(GO) test -tags clockjump -overlay $(CURDIR)/build/clock/overlay.json ./host/cmd/tiercel -run ClockJump -count=1 -v

OVERLOAD ?= 10m

## overload: a service is offered twice what it can do for OVERLOAD
.PHONY: overload
overload:
	TIERCEL_OVERLOAD=$(OVERLOAD) $(GO) test ./host/cmd/tiercel -run TwiceTheCapacity -v -timeout 60m

## serve-bench: the service and its workers, from post to verdict
serve-bench:
	$(GO) test ./host/cmd/tiercel -run '^$$' -bench 'Flood|Paced|Drain' -benchtime 4000000x

.PHONY: otelcol
OCB = go.opentelemetry.io/collector/cmd/builder@v0.165.0

## otelcol: an OpenTelemetry Collector with the processor of examples/otelcol, in build/otelcol, and its test; minutes the first time
otelcol:
	@mkdir -p build
	cd examples/otelcol && $(GO) run $(OCB) --config builder-config.yaml
	cd examples/otelcol && TIERCEL_OTELCOL=$(CURDIR)/build/otelcol/otelcol-tiercel $(GO) test -count=1 -run Collector -v .

lint:
	$(GO) run $(STATICCHECK) $$($(GO) list ./... | grep -v /wasm/engine)
	test -z "$$($(GO) run $(GOFUMPT) -l core host examples plugins wasm)"

fmt:
	$(GO) run $(GOFUMPT) -w .

## check: what a change must pass: lint, tests, and that core builds for the browser
check: lint test
	GOOS=wasip1 GOARCH=wasm $(GO) build ./core/...
	GOOS=windows $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) build ./...

.PHONY: engine npm test-npm

## engine: the browser's engine, the same bytes from the same sources
engine:
	@mkdir -p build
	GOOS=wasip1 GOARCH=wasm $(GO) build -buildmode=c-shared -trimpath -buildvcs=false -ldflags='-w -buildid=' -o build/tiercel.wasm ./wasm/engine
	$(GO) run ./wasm/engine/finish -traps build/tiercel.wasm

## npm: the npm package, in wasm/npm/dist
npm: engine wasm/npm/node_modules
	node wasm/npm/build.mjs

wasm/npm/node_modules: wasm/npm/package-lock.json
	cd wasm/npm && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

## console: the static page around the package, in build/console, served on localhost
.PHONY: console page
PORT ?= 8080
console: page
	node wasm/console/serve.mjs build/console $(PORT)

page: npm
	@$(GO) run ./examples/logs -seed 1 -o build/logs
	node wasm/console/build.mjs build/logs build/console

## picture: the picture of the README anew, from the example logs
.PHONY: picture
picture: page
	cd wasm/npm && PICTURE=../console/console.png node --test test/picture.test.mjs

## test-npm: the package in Node and in Chromium (CHROMIUM names one that is not /usr/bin/chromium)
test-npm: page
	cd wasm/npm && npm run check && npm test
	cd examples/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm test

.PHONY: release sbom checksums vuln
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64 windows/amd64

## release: the command line tool for PLATFORMS and the browser's engine, in build/release
release: engine
	@mkdir -p build/release
	@for platform in $(PLATFORMS); do \
	  os=$${platform%/*} arch=$${platform#*/} suffix=; [ $$os = windows ] && suffix=.exe; \
	  echo tiercel-$$os-$$arch$$suffix; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' \
	    -o build/release/tiercel-$$os-$$arch$$suffix ./host/cmd/tiercel || exit 1; \
	done
	@cp build/tiercel.wasm build/release/

## sbom: the software bill of materials, CycloneDX, in build/release
sbom:
	@mkdir -p build/release
	$(GO) run ./host/internal/sbom >build/release/sbom.cdx.json

## checksums: SHA-256 of all that is released; sha256sum -c SHA256SUMS checks them
checksums: release sbom
	cd build/release && rm -f SHA256SUMS && sha256sum * >../SHA256SUMS && mv ../SHA256SUMS . && cat SHA256SUMS

## vuln: known vulnerabilities in what is linked; needs https://vuln.go.dev. With
## VULN=offer, being unable to look is told and is no failure.
vuln:
	@GOBIN=$(CURDIR)/build/bin $(GO) install $(GOVULNCHECK) && build/bin/govulncheck ./...; status=$$?; \
	case $$status in \
	0|3) exit $$status;; \
	*) echo "vulnerabilities were NOT looked for: govulncheck or its database cannot be reached" >&2; \
	   [ "$(VULN)" = offer ];; \
	esac
