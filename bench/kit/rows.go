package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// cell is what a figure is of.
type cell struct {
	work, server string
	connections  int
}

// figure is what was measured of a cell; NaN is what was not.
type figure struct {
	amount   float64 // answers a second, or seconds, as the unit of the work says
	p50, p99 float64 // milliseconds
	memory   float64 // MiB
}

// figures are the medians of each cell's rounds, and the most memory of any.
type figures map[cell]figure

// read reads rows and takes the medians of rounds. It refuses what goals.go does not know: a
// figure under a name that nothing judges would be lost without a word.
func read(r io.Reader) (figures, error) {
	rounds := map[cell][]figure{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at, one, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rounds[at] = append(rounds[at], one)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	all := figures{}
	for at, list := range rounds {
		all[at] = figure{
			median(list, func(f figure) float64 { return f.amount }), median(list, func(f figure) float64 { return f.p50 }),
			median(list, func(f figure) float64 { return f.p99 }), most(list, func(f figure) float64 { return f.memory }),
		}
	}
	return all, nil
}

func parse(line string) (cell, figure, error) {
	columns := strings.Split(line, "\t")
	if len(columns) != 8 {
		return cell{}, figure{}, fmt.Errorf("%d columns instead of 8", len(columns))
	}
	known, found := workOf(columns[0])
	switch {
	case !found:
		return cell{}, figure{}, fmt.Errorf("no work is called %q", columns[0])
	case !slices.Contains(servers, columns[1]):
		return cell{}, figure{}, fmt.Errorf("no server is called %q", columns[1])
	case columns[4] != known.unit:
		return cell{}, figure{}, fmt.Errorf("the unit of %q is %s, not %q", known.name, known.unit, columns[4])
	}
	connections, err := strconv.Atoi(columns[2])
	if err != nil || connections < 0 {
		return cell{}, figure{}, fmt.Errorf("%q is no number of connections", columns[2])
	}
	var numbers [4]float64
	for i, text := range []string{columns[3], columns[5], columns[6], columns[7]} {
		if numbers[i], err = number(text); err != nil {
			return cell{}, figure{}, err
		}
	}
	if math.IsNaN(numbers[0]) {
		return cell{}, figure{}, fmt.Errorf("%q says neither how many nor how long", line)
	}
	return cell{known.name, columns[1], connections}, figure{numbers[0], numbers[1], numbers[2], numbers[3]}, nil
}

// number reads a figure between a millionth and a billion; NaN where it was not taken.
func number(text string) (float64, error) {
	if text == "-" {
		return math.NaN(), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 1e-6 && x <= 1e9) {
		return 0, fmt.Errorf("%q is no figure above 0", text)
	}
	return x, nil
}

// median is the middle of what was taken, of two the mean; NaN where nothing was.
func median(list []figure, of func(figure) float64) float64 {
	var taken []float64
	for _, f := range list {
		if x := of(f); !math.IsNaN(x) {
			taken = append(taken, x)
		}
	}
	if len(taken) == 0 {
		return math.NaN()
	}
	slices.Sort(taken)
	half := len(taken) / 2
	if len(taken)%2 == 1 {
		return taken[half]
	}
	return taken[half-1]/2 + taken[half]/2
}

// most is the largest of what was taken; NaN where nothing was.
func most(list []figure, of func(figure) float64) float64 {
	largest := math.NaN()
	for _, f := range list {
		if x := of(f); !(x <= largest) && !math.IsNaN(x) {
			largest = x
		}
	}
	return largest
}
