package scoring

import "steelyard/scoring/mixed"

// pooledRows are the rows of one question put together that its model cannot tell
// apart, those of one official, kind and channel: as binomial counts are of single
// trials. All columns have one entry for each.
type pooledRows struct {
	posting, kind, channel []int32 // kind and channel are cells of the case mix
	mean, weight           []float64
	spread                 []float64 // Σ w (y − mean)²
	count                  []int32
}

// pool puts rows together; those of weight 0 say nothing. The outcome follows the
// rows' order, which is canonical.
func (c *caseRows) pool(postings int, mix caseMix) *pooledRows {
	p := &pooledRows{}
	cells := mix.kind.levels * mix.channel.levels
	at := make([]int32, cells) // by cell: where the posting's pool stands
	mine := filledIndex(cells, None)
	rows, starts := bucket(postings, c.posting)
	for posting := range postings {
		from, members := len(p.posting), rows[starts[posting]:starts[posting+1]]
		for _, i := range members {
			if c.weight[i] == 0 {
				continue
			}
			cell := mix.kind.index[i]*int32(mix.channel.levels) + mix.channel.index[i]
			if mine[cell] != int32(posting) {
				mine[cell], at[cell] = int32(posting), int32(len(p.posting))
				p.open(int32(posting), mix.kind.index[i], mix.channel.index[i])
			}
			to := at[cell]
			p.mean[to] += float64(c.weight[i] * c.y[i])
			p.weight[to] += c.weight[i]
			p.count[to]++
		}
		for k := from; k < len(p.mean); k++ {
			p.mean[k] /= p.weight[k]
		}
		for _, i := range members {
			if c.weight[i] == 0 {
				continue
			}
			to := at[mix.kind.index[i]*int32(mix.channel.levels)+mix.channel.index[i]]
			d := c.y[i] - p.mean[to]
			p.spread[to] += float64(float64(c.weight[i]*d) * d)
		}
	}
	return p
}

func (p *pooledRows) open(posting, kind, channel int32) {
	p.posting = append(p.posting, posting)
	p.kind = append(p.kind, kind)
	p.channel = append(p.channel, channel)
	p.mean = append(p.mean, 0)
	p.weight = append(p.weight, 0)
	p.spread = append(p.spread, 0)
	p.count = append(p.count, 0)
}

// problem is the model of single rows, for pools; Y, Weight and Within are filled by
// [pooledRows.working].
func (p *pooledRows) problem(single mixed.Problem, groupOf []int32) mixed.Problem {
	n := len(p.posting)
	group := make([]int32, n)
	for i, posting := range p.posting {
		group[i] = groupOf[posting]
	}
	pooled := mixed.Problem{Y: make([]float64, n), Weight: make([]float64, n), Within: make([]float64, n), Count: p.count}
	pooled.Fixed = append(pooled.Fixed, single.Fixed...)
	pooled.Random = append(pooled.Random, single.Random...)
	for k, index := range [][]int32{group, p.kind, p.channel} {
		pooled.Fixed[k].Index = index
	}
	pooled.Random[0].Index = p.posting
	return pooled
}

// startEta is the logit of each kind's share, shrunk to the share of all by ten
// rows.
func (p *pooledRows) startEta(kinds int) []float64 {
	sum, n := make([]float64, kinds), make([]float64, kinds)
	all, weight := 0.0, 0.0
	for i, y := range p.mean {
		w := p.weight[i]
		sum[p.kind[i]] += float64(w * y)
		n[p.kind[i]] += w
		all += float64(w * y)
		weight += w
	}
	share := min(max(all/weight, 0.005), 0.995)
	for c := range sum {
		sum[c] = logit((sum[c] + float64(10*share)) / (n[c] + 10))
	}
	eta := make([]float64, len(p.mean))
	for i := range eta {
		eta[i] = sum[p.kind[i]]
	}
	return eta
}

// working fills the working response, its weights, and what is left of the single
// rows' differences on its scale.
func (p *pooledRows) working(eta []float64, of *mixed.Problem) {
	for i, e := range eta {
		share := logistic(e)
		v := float64(share * (1 - share))
		of.Y[i] = e + (p.mean[i]-share)/v
		of.Weight[i] = float64(p.weight[i] * v)
		of.Within[i] = p.spread[i] / v
	}
}
