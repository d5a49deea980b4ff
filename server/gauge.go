package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// lineEvery is how often a line says how far work is, where there is no terminal;
// what is done sooner goes without.
const lineEvery = 2 * time.Second

// gauge shows how far long work is: a bar on a terminal, a line now and then
// elsewhere. It is not safe for concurrent use.
type gauge struct {
	out      io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
	stage    string
	said     time.Time
}

func newGauge(out io.Writer) *gauge {
	file, ok := out.(*os.File)
	return &gauge{out: out, terminal: ok && term.IsTerminal(int(file.Fd())), said: time.Now()}
}

// at says that a stage is done so far; a total of 0 is not known. What cannot be
// shown is not worth stopping for.
func (g *gauge) at(stage string, done, total int64) {
	if g.terminal {
		g.draw(stage, done, total)
		return
	}
	if time.Since(g.said) < lineEvery {
		return
	}
	g.said = time.Now()
	if total > 0 {
		stage = fmt.Sprintf("%s %d %%", stage, 100*done/total)
	}
	g.say(stage + " …\n")
}

func (g *gauge) draw(stage string, done, total int64) {
	if stage != g.stage || g.bar == nil {
		g.end()
		g.stage = stage
		if total <= 0 {
			total = -1
		}
		g.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(g.out), progressbar.OptionSetDescription(stage),
			progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	if err := g.bar.Set64(done); err != nil {
		g.bar = nil // a count that went backwards: a new bar
	}
}

// end takes the bar away.
func (g *gauge) end() {
	if g.bar == nil {
		return
	}
	if err := g.bar.Clear(); err != nil {
		g.say("\n")
	}
	g.bar = nil
}

func (g *gauge) say(text string) {
	if _, err := io.WriteString(g.out, text); err != nil {
		g.out = io.Discard // nobody reads it any more
	}
}
