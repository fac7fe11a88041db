package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// axis is one axis of a plot: its range and where it is marked.
type axis struct {
	label    string
	min, max float64
	scale    func(v float64) float64 // nil for linear; monotone
	ticks    []tick
}

type tick struct {
	at   float64
	text string
}

// at returns where a value stands on the axis, 0 to 1; values beyond its ends
// stand there.
func (a *axis) at(v float64) float64 {
	f := a.scale
	if f == nil {
		f = func(v float64) float64 { return v }
	}
	v = max(a.min, min(v, a.max))
	return (f(v) - f(a.min)) / (f(a.max) - f(a.min))
}

// series is one line of a plot.
type series struct {
	name   string
	x, y   []float64 // NaN in y breaks the line
	colour int       // of the palette, counted around
	dashed bool
	marks  bool // points are marked
}

// plot is a chart of lines.
type plot struct {
	title, note string
	x, y        axis
	series      []series
	diagonal    bool       // a line where y is x
	band        [2]float64 // shades y between these multiples of x; zero for none
	within      []float64  // faint vertical lines at x
}

// Sizes in pixels.
const (
	plotWidth, plotHeight = 760, 380
	plotLeft, plotTop     = 72, 40
	plotRight, plotBottom = 262, 58
	plotLine              = 16 // of the legend
)

// palette is that of Okabe and Ito (2008), told apart by people who see few
// colours; the first of each pair for light, the second for dark.
var palette = [...][2]string{
	{"#0072b2", "#56b4e9"},
	{"#d55e00", "#ff9a4d"},
	{"#009e73", "#2fd4a7"},
	{"#b0568b", "#e08fbf"},
	{"#9a7b00", "#f0e442"},
	{"#5b5b5b", "#c0c0c0"},
	{"#6a3fb5", "#b79cf0"},
}

// svg draws the plot. It has its own background, light or dark as the reader
// likes, because a page around it does not tell an image which it has.
func (p *plot) svg() []byte {
	var b bytes.Buffer
	put := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	height := max(plotHeight, plotTop+plotLine*(len(p.series)+2))
	w, h := float64(plotWidth-plotLeft-plotRight), float64(height-plotTop-plotBottom)
	px := func(v float64) float64 { return plotLeft + w*p.x.at(v) }
	py := func(v float64) float64 { return plotTop + h*(1-p.y.at(v)) }

	put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, plotWidth, height, plotWidth, height, escape(p.title))
	put(`<style>`)
	put(`text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-size:14px;font-weight:600}.n{font-size:11px;fill:#57606a}`)
	put(`.bg{fill:#fff}.g{stroke:#d0d7de;stroke-width:1}.f{stroke:#57606a;stroke-width:1;fill:none}.s{fill:none;stroke-width:2;stroke-linejoin:round}.d{stroke-dasharray:5 4;stroke-width:1.5}.b{fill:#57606a;opacity:.13}.i{stroke:#57606a;stroke-dasharray:2 3;fill:none}`)
	for i, c := range palette {
		put(`.c%d{stroke:%s}.m%d{fill:%s}`, i, c[0], i, c[0])
	}
	put(`@media(prefers-color-scheme:dark){text{fill:#e6edf3}.n{fill:#9da7b1}.bg{fill:#0d1117}.g{stroke:#30363d}.f,.i{stroke:#9da7b1}.b{fill:#9da7b1}`)
	for i, c := range palette {
		put(`.c%d{stroke:%s}.m%d{fill:%s}`, i, c[1], i, c[1])
	}
	put(`}</style>`)
	put(`<rect class="bg" width="%d" height="%d"/>`, plotWidth, height)
	put(`<text class="t" x="%d" y="24">%s</text>`, plotLeft, escape(p.title))

	if p.band != [2]float64{} {
		put(`<path class="b" d="%sZ"/>`, p.bandPath(px, py))
	}
	for _, t := range p.x.ticks {
		put(`<path class="g" d="M%.1f %dv%.1f"/>`, px(t.at), plotTop, h)
		put(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, px(t.at), plotTop+h+17, escape(t.text))
	}
	for _, t := range p.y.ticks {
		put(`<path class="g" d="M%d %.1fh%.1f"/>`, plotLeft, py(t.at), w)
		put(`<text x="%d" y="%.1f" text-anchor="end">%s</text>`, plotLeft-7, py(t.at)+4, escape(t.text))
	}
	for _, v := range p.within {
		put(`<path class="i" d="M%.1f %dv%.1f"/>`, px(v), plotTop, h)
	}
	if p.diagonal {
		from, to := max(p.x.min, p.y.min), min(p.x.max, p.y.max)
		put(`<path class="i" d="M%.1f %.1fL%.1f %.1f"/>`, px(from), py(from), px(to), py(to))
	}
	put(`<rect class="f" x="%d" y="%d" width="%.0f" height="%.0f"/>`, plotLeft, plotTop, w, h)
	put(`<text x="%.0f" y="%.0f" text-anchor="middle">%s</text>`, plotLeft+w/2, plotTop+h+34, escape(p.x.label))
	put(`<text transform="translate(14 %.0f) rotate(-90)" text-anchor="middle">%s</text>`, plotTop+h/2, escape(p.y.label))
	if p.note != "" {
		put(`<text class="n" x="%d" y="%d">%s</text>`, plotLeft, height-8, escape(p.note))
	}
	for i, s := range p.series {
		class := fmt.Sprintf("s c%d", s.colour%len(palette))
		if s.dashed {
			class += " d"
		}
		put(`<path class="%s" d="%s"/>`, class, s.path(px, py))
		if s.marks {
			for k := range s.x {
				if s.y[k] == s.y[k] {
					put(`<circle class="m%d" cx="%.1f" cy="%.1f" r="2.7"/>`, s.colour%len(palette), px(s.x[k]), py(s.y[k]))
				}
			}
		}
		x, y := plotLeft+w+12, float64(plotTop+8+plotLine*i)
		put(`<path class="%s" d="M%.0f %.0fh18"/>`, class, x, y-4)
		put(`<text x="%.0f" y="%.0f">%s</text>`, x+23, y, escape(s.name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// path draws the line.
func (s *series) path(px, py func(float64) float64) string {
	var b bytes.Buffer
	pen := byte('M')
	for i, y := range s.y {
		if math.IsNaN(y) {
			pen = 'M'
			continue
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", pen, px(s.x[i]), py(y))
		pen = 'L'
	}
	return b.String()
}

// bandPath draws around the band; where it leaves the plot it follows the edge.
func (p *plot) bandPath(px, py func(float64) float64) string {
	const steps = 24
	var lower, upper series
	for i := range steps + 1 {
		// Even steps of a logarithm; straight lines between them hardly differ.
		v := p.x.min * math.Pow(p.x.max/p.x.min, float64(i)/steps)
		lower.x, lower.y = append(lower.x, v), append(lower.y, v*p.band[0])
		upper.x, upper.y = append([]float64{v}, upper.x...), append([]float64{v * p.band[1]}, upper.y...)
	}
	around := series{x: append(lower.x, upper.x...), y: append(lower.y, upper.y...)}
	return around.path(px, py)
}

func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
