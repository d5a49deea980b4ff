package scoring

import (
	"math"
	"slices"
	"time"
)

// piecesEach is how many pieces of evidence a part shows: those that moved it most.
const piecesEach = 5

// topPieces keeps the pieces with the largest effects, largest first; of equals
// the first come first.
type topPieces []Piece

func (t *topPieces) add(p Piece) {
	if !t.take(p.Effect) {
		return
	}
	at, size := len(*t), math.Abs(p.Effect)
	for at > 0 && math.Abs((*t)[at-1].Effect) < size {
		at--
	}
	if *t == nil {
		*t = make(topPieces, 0, piecesEach)
	}
	if len(*t) == piecesEach {
		*t = (*t)[:piecesEach-1]
	}
	*t = slices.Insert(*t, at, p)
}

// take says whether a piece with this effect would be kept.
func (t topPieces) take(effect float64) bool {
	size := math.Abs(effect)
	return size > 0 && (len(t) < piecesEach || size > math.Abs(t[piecesEach-1].Effect))
}

// pieceRows are the rows of an indicator's model, as its pieces need them.
type pieceRows struct {
	posting       []int32
	y             []float64 // on the scale of indicator.raw
	voice, weight []float64 // before and after attacks were weighed down; nil: 1 each
	kind          []int32   // of work; nil: none
	cell          []int32   // the kind's case-mix cell
	effect        []float64 // of each cell, on the working scale
	source        string
	month         func(row int32) string
	value         func(row int32) float64
}

// piece is a row as it is shown; few of them are.
func (p *pieceRows) piece(row int32, effect float64) Piece {
	piece := Piece{Source: p.source, Month: p.month(row), Kind: None, N: 1, Value: p.value(row), Weight: weightOf(p.weight, row), Effect: effect}
	if p.kind != nil {
		piece.Kind = p.kind[row]
	}
	return piece
}

func weightOf[I int | int32](w []float64, row I) float64 {
	if w == nil {
		return 1
	}
	return w[row]
}

// mix is the effect of the kind of work of a row.
func (p *pieceRows) mix(row int32) float64 {
	if p.kind == nil {
		return 0
	}
	return p.effect[p.cell[row]]
}

// keepPieces fills an indicator's pieces: under the raw figure the answers
// farthest from the group's, under attacks those that lost or gained most weight,
// under the case mix the kinds of work. Effects are on the working scale.
func (r *run) keepPieces(in *indicator, p pieceRows) {
	n := len(r.ev.Postings)
	in.pieces = map[string][]topPieces{
		PartRaw: make([]topPieces, n), PartAttack: make([]topPieces, n), PartCaseMix: make([]topPieces, n),
	}
	rows, starts := bucket(n, p.posting)
	mix := filled(n, nan) // the mean effect of what each met
	inParallel(n, func(from, to int) {
		for i := from; i < to; i++ {
			sum, weight := 0.0, 0.0
			for _, row := range rows[starts[i]:starts[i+1]] {
				w := weightOf(p.weight, row)
				sum += float64(w * p.mix(row))
				weight += w
			}
			if weight > 0 {
				mix[i] = sum / weight
			}
		}
	})
	usual := make([]pieceCentre, r.groups.count())
	for g := range usual {
		usual[g] = pieceCentre{raw: r.groups.mean(g, in.raw), mix: r.groups.mean(g, mix)}
	}
	inParallel(n, func(from, to int) {
		kinds := kindPieces{at: filledIndex(len(r.ev.Kinds)+1, None)}
		for i := from; i < to; i++ {
			if mix[i] == mix[i] {
				in.piecesOf(i, rows[starts[i]:starts[i+1]], &p, &kinds, usual[r.groups.of[i]])
			}
		}
	})
}

// kindPieces are an official's pieces by kind of work, in the order of their first rows.
type kindPieces struct {
	list []Piece
	at   []int32 // by kind, None counted as 0: where its piece stands, or None
}

// of is the piece of a kind.
func (k *kindPieces) of(kind int32) (piece *Piece, fresh bool) {
	at := &k.at[kind+1]
	if fresh = *at == None; fresh {
		*at = int32(len(k.list))
		k.list = append(k.list, Piece{Kind: kind})
	}
	return &k.list[*at], fresh
}

// clear makes ready for the next official.
func (k *kindPieces) clear() {
	for i := range k.list {
		k.at[k.list[i].Kind+1] = None
	}
	k.list = k.list[:0]
}

// pieceCentre is what is usual in the group.
type pieceCentre struct{ raw, mix float64 }

func (in *indicator) piecesOf(i int, rows []int32, p *pieceRows, kinds *kindPieces, usual pieceCentre) {
	voices, weights := 0.0, 0.0
	for _, row := range rows {
		voices += weightOf(p.voice, row)
		weights += weightOf(p.weight, row)
	}
	raw, attack := &in.pieces[PartRaw][i], &in.pieces[PartAttack][i]
	for _, row := range rows {
		v, w := weightOf(p.voice, row)/voices, weightOf(p.weight, row)/weights
		if effect := float64(v * (p.y[row] - usual.raw)); raw.take(effect) {
			raw.add(p.piece(row, effect))
		}
		if effect := float64((w - v) * (p.y[row] - in.raw[i])); attack.take(effect) {
			attack.add(p.piece(row, effect))
		}
		if p.kind == nil {
			continue
		}
		piece, fresh := kinds.of(p.kind[row])
		if fresh {
			piece.Source, piece.Value = p.source, p.mix(row)
		}
		piece.N++
		piece.Weight += weightOf(p.weight, row)
		piece.Effect -= float64(w * (p.mix(row) - usual.mix))
	}
	for _, piece := range kinds.list {
		in.pieces[PartCaseMix][i].add(piece)
	}
	kinds.clear()
}

// piecesOf are the pieces under one part of one component, their effects in points
// of the composite; f is points for a unit of the component.
func (a *assessed) piecesOf(k Component, code string, i int, f float64) []Piece {
	var top topPieces
	for j, in := range a.combined.list {
		if in.component != k || in.pieces == nil {
			continue
		}
		scale := float64(f * a.combined.worth(j) / in.sigma)
		for _, piece := range in.pieces[code][i] {
			piece.Effect = float64(piece.Effect * scale)
			top.add(piece)
		}
	}
	return top
}

// calendar names months without a clock or a zone.
type calendar struct {
	from, to Day
	end      int64    // the first instant after to
	names    []string // by day since from
}

func (r *run) calendar() *calendar {
	c := &calendar{from: r.ev.From, to: r.ev.To, end: r.ev.Cases.End}
	for d := c.from; d <= c.to; d++ {
		// A day is a date already: midnight UTC of that date has its month.
		name := time.Unix(int64(d)*86400, 0).UTC().Format("2006-01")
		if n := len(c.names); n > 0 && c.names[n-1] == name {
			name = c.names[n-1]
		}
		c.names = append(c.names, name)
	}
	return c
}

// month is the month of a day of the period.
func (c *calendar) month(d Day) string {
	if d < c.from || d > c.to {
		return ""
	}
	return c.names[d-c.from]
}

// monthAt is the month of an instant, counted back in whole days from the
// period's end; empty before the period.
func (c *calendar) monthAt(at int64) string {
	back := (c.end - 1 - at) / 86400
	if at >= c.end || back > int64(c.to-c.from) {
		return ""
	}
	return c.month(c.to - Day(back))
}
