package main

import (
	"fmt"
	"math"

	"steelyard/bench/plot"
)

// The layout of the plot, in pixels: a panel for each work and number of connections, in it
// a line for each server.
const (
	names, panel, gap = 110.0, 290.0, 42.0
	headed, lined     = 26.0, 15.0
	below             = 26.0
)

var kinds = map[string]plot.Kind{
	steelyard: plot.First, floor: plot.Second, keptFloor: plot.Second, "PostGraphile 4": plot.Third, postgraphile: plot.Fourth, mercurius: plot.Fifth,
}

// shownAt are the numbers of connections that have a column of panels.
var shownAt = []int{16, crowded}

// draw plots p50 and p99 of each work and server, on one scale of times whose steps are tens.
func draw(f figures) string {
	height := headed
	for _, w := range works {
		if n := len(f.timed(w.name)); n > 0 {
			height += headed + lined*float64(n)
		}
	}
	low, high := f.span()
	page := plot.New(int(names+(panel+gap)*float64(len(shownAt))), int(height+below), "p50 and p99 of each work and server")
	for i, connections := range shownAt {
		page.Text(left(i), 18, "start", plot.Faint, fmt.Sprintf("%d connections", connections))
		for e := low; e <= high; e++ {
			x := left(i) + panel*(e-low)/(high-low)
			page.Line(x, headed, x, height, plot.Frame)
			page.Text(x, height+16, "middle", plot.Faint, power(e))
		}
	}
	page.Text(4, height+16, "start", plot.Faint, "○ p50  ● p99")
	y := headed
	for _, w := range works {
		list := f.timed(w.name)
		if len(list) == 0 {
			continue
		}
		page.Head(4, y+headed-9, w.name)
		y += headed
		for _, server := range list {
			f.line(page, w.name, server, y, low, high)
			y += lined
		}
	}
	return page.String()
}

func left(column int) float64 { return names + (panel+gap)*float64(column) }

// line draws a server's times in a work, in each column where they are known.
func (f figures) line(page *plot.Page, name, server string, y, low, high float64) {
	kind := kinds[server]
	page.Text(names-8, y+8, "end", plot.Words, server)
	for i, connections := range shownAt {
		one, found := f[cell{name, server, connections}]
		if !found || math.IsNaN(one.p50) || math.IsNaN(one.p99) {
			continue
		}
		x := func(ms float64) float64 { return left(i) + panel*(math.Log10(ms)-low)/(high-low) }
		page.Line(x(one.p50), y+4, x(one.p99), y+4, kind)
		page.Ring(x(one.p50), y+4, kind)
		page.Dot(x(one.p99), y+4, kind)
	}
}

// timed are the servers whose times are known of a work, at any number of connections.
func (f figures) timed(name string) []string {
	var list []string
	for _, server := range servers {
		for _, connections := range shownAt {
			if one, found := f[cell{name, server, connections}]; found && !math.IsNaN(one.p50) && !math.IsNaN(one.p99) {
				list = append(list, server)
				break
			}
		}
	}
	return list
}

// span are the powers of ten that hold every time.
func (f figures) span() (low, high float64) {
	low, high = 0, 1
	for at, one := range f {
		if at.connections > 0 && !math.IsNaN(one.p50) && !math.IsNaN(one.p99) {
			low, high = math.Min(low, math.Floor(math.Log10(one.p50))), math.Max(high, math.Ceil(math.Log10(one.p99)))
		}
	}
	return low, high
}

// power names a power of ten of milliseconds.
func power(exponent float64) string {
	if exponent >= 3 {
		return fmt.Sprintf("%g s", math.Pow(10, exponent-3))
	}
	return fmt.Sprintf("%g ms", math.Pow(10, exponent))
}
