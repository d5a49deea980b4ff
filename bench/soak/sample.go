package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"steelyard/store"
)

// figure is what is looked at each time.
type figure int

// The figures, in the order of the table.
const (
	minutes figure = iota
	rss            // MiB
	heap           // MiB, of objects that live or are not collected yet
	goroutines
	files
	connections     // that the server's pool holds
	connectionsUsed // of them
	queued          // runs, exports, mails, entries that wait
	answersWait     // for their release
	writesWait      // SQLite
	size            // MiB of the database
	perRow          // bytes of it for each row
	dead            // of all rows, or pages, how many are dead or free, in percent
	log             // MiB of the write-ahead log
	p99Residents    // ms, of the last minute
	p99Officials
	p99Reports
	away  // a minute
	wrong // so far
	figures
)

var names = [figures]string{
	"minutes", "rss_mib", "heap_mib", "goroutines", "open_files", "connections", "connections_in_use", "queued", "answers_waiting", "writes_waiting",
	"database_mib", "bytes_per_row", "dead_percent", "log_mib", "p99_residents_ms", "p99_officials_ms", "p99_reports_ms", "sent_away_per_minute", "wrong",
}

// sample is one look.
type sample [figures]float64

// looker looks at server and database.
type looker struct {
	st        *store.Store
	url, path string
	rates     *town
	wasAway   int64
	last      time.Time
}

func (l *looker) now(ctx context.Context) (sample, error) {
	var s sample
	if err := l.server(ctx, &s); err != nil {
		return s, fmt.Errorf("look at the server: %w", err)
	}
	look := l.postgres
	if l.st.Dialect() == store.SQLite {
		look = l.sqlite
	}
	if err := look(ctx, &s); err != nil {
		return s, fmt.Errorf("look at the database: %w", err)
	}
	at, sent := time.Now(), l.rates.away.Load()
	of := l.rates.slowest(at)
	s[p99Residents], s[p99Officials], s[p99Reports], s[wrong] = of[resident], of[atWork], of[reports], float64(l.rates.wrong.Load())
	if !l.last.IsZero() {
		s[away] = float64(sent-l.wasAway) / at.Sub(l.last).Minutes()
	}
	l.last, l.wasAway = at, sent
	return s, nil
}

const mib = 1 << 20

// server reads what the server says of itself.
func (l *looker) server(ctx context.Context, s *sample) error {
	r, err := http.NewRequestWithContext(ctx, "GET", l.url+"/metrics", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	of, err := metrics(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if of["steelyard_figures_read"] != 1 {
		return errors.New("its database does not answer")
	}
	used := of[`steelyard_db_connections{state="in_use"}`]
	s[rss], s[heap] = of["process_resident_memory_bytes"]/mib, of["go_memstats_heap_alloc_bytes"]/mib
	s[goroutines], s[files] = of["go_goroutines"], of["process_open_fds"]
	s[connections], s[connectionsUsed] = used+of[`steelyard_db_connections{state="idle"}`], used
	for name, v := range of {
		switch name, _, _ := strings.Cut(name, "{"); name {
		case "steelyard_queue_length":
			s[queued] += v
		case "steelyard_answers_waiting":
			s[answersWait] += v
		}
	}
	s[writesWait] = of["steelyard_db_writes_waiting"]
	return nil
}

// metrics reads Prometheus' text: a value for each name with its labels.
func metrics(r io.Reader) (map[string]float64, error) {
	of := map[string]float64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", line, err)
		}
		of[line[:at]] = v
	}
	return of, lines.Err()
}

func (l *looker) postgres(ctx context.Context, s *sample) error {
	var live, gone, bytes, wal float64
	err := l.st.SQL().QueryRowContext(ctx, `SELECT sum(n_live_tup), sum(n_dead_tup), pg_database_size(current_database()), (SELECT sum(size) FROM pg_ls_waldir())
		FROM pg_stat_user_tables`).Scan(&live, &gone, &bytes, &wal)
	s[size], s[perRow], s[dead], s[log] = bytes/mib, bytes/max(live, 1), 100*gone/max(live+gone, 1), wal/mib
	return err
}

// sqlite counts pages in place of rows: counting rows would read them all.
func (l *looker) sqlite(ctx context.Context, s *sample) error {
	for pragma, into := range map[string]*float64{"page_count": &s[size], "freelist_count": &s[dead]} {
		if err := l.st.SQL().QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return err
		}
	}
	s[dead] = 100 * s[dead] / max(s[size], 1)
	s[size], s[perRow] = s[size]*4096/mib, math.NaN()
	file, err := os.Stat(strings.TrimPrefix(l.path, "sqlite:") + "-wal")
	if err == nil {
		s[log] = float64(file.Size()) / mib
	}
	return err
}

// table writes samples as tab-separated values; what is not known is empty.
func table(w io.Writer, samples []sample) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, strings.Join(names[:], "\t"))
	for _, s := range samples {
		cells := make([]string, len(s))
		for i, v := range s {
			if !math.IsNaN(v) {
				cells[i] = strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
			}
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
	return out.Flush()
}

// readTable reads what table has written.
func readTable(r io.Reader) ([]sample, error) {
	lines := bufio.NewScanner(r)
	if !lines.Scan() || lines.Text() != strings.Join(names[:], "\t") {
		return nil, errors.Join(errors.New("this is no table of samples"), lines.Err())
	}
	var all []sample
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != int(figures) {
			return nil, fmt.Errorf("line %d has %d cells of %d", len(all)+2, len(cells), figures)
		}
		var s sample
		for i, cell := range cells {
			s[i] = math.NaN()
			if cell == "" {
				continue
			}
			var err error
			if s[i], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("line %d, %s: %w", len(all)+2, names[i], err)
			}
		}
		all = append(all, s)
	}
	return all, lines.Err()
}

func column(samples []sample, of figure) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = s[of]
	}
	return values
}
