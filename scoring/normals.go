package scoring

import (
	"math"
	"math/rand/v2"
)

// normals draws standard normal numbers from a generator whose every stream is fixed
// by its two seeds, by the ziggurat of Marsaglia & Tsang (2000, J. Stat. Softw. 5) in
// the form of Doornik (2005), which takes layer and place from bits of their own: the
// density is covered by layers of one area, and all but one draw in a hundred lie
// where a layer is all under the curve.
type normals struct{ source *rand.PCG }

func newNormals(seed, stream uint64) *normals {
	return &normals{source: rand.NewPCG(seed, mixBits(stream+0x5eed))}
}

// uniform returns a number in (0, 1).
func (n *normals) uniform() float64 { return fraction(n.source.Uint64()) }

// fraction turns the upper 53 bits into a number in (0, 1).
func fraction(bits uint64) float64 { return (float64(bits>>11) + 0.5) / (1 << 53) }

const (
	layers     = 128
	layersArea = 9.91256303526217e-3 // of each layer, the tail with the lowest
	tailFrom   = 3.442619855899      // where the lowest layer's tail begins
)

// ziggurat has each layer's width, the lowest first, and the share of it that lies
// under the curve all through.
var ziggurat = func() (z struct{ width, inside [layers + 1]float64 }) {
	density := func(x float64) float64 { return exp(-float64(x*x) / 2) }
	z.width[0], z.width[1] = layersArea/density(tailFrom), tailFrom
	for i := 2; i < layers; i++ {
		z.width[i] = math.Sqrt(-2 * log(layersArea/z.width[i-1]+density(z.width[i-1])))
	}
	for i := range layers {
		z.inside[i] = z.width[i+1] / z.width[i]
	}
	return z
}()

// next returns the next number.
func (n *normals) next() float64 {
	for {
		bits := n.source.Uint64()
		layer, u := bits%layers, float64(2*fraction(bits))-1
		if math.Abs(u) < ziggurat.inside[layer] {
			return float64(u * ziggurat.width[layer])
		}
		if layer == 0 {
			return math.Copysign(n.tail(), u)
		}
		if x := float64(u * ziggurat.width[layer]); n.under(x, layer) {
			return x
		}
	}
}

// under says of a point at a random height of the layer whether it lies under the curve.
func (n *normals) under(x float64, layer uint64) bool {
	outer, inner := ziggurat.width[layer], ziggurat.width[layer+1]
	low := exp(-(float64(outer*outer) - float64(x*x)) / 2)
	high := exp(-(float64(inner*inner) - float64(x*x)) / 2)
	return low+float64(n.uniform()*(high-low)) < 1
}

// tail draws beyond tailFrom (Marsaglia 1964).
func (n *normals) tail() float64 {
	for {
		x, y := -log(n.uniform())/tailFrom, -log(n.uniform())
		if y+y > float64(x*x) {
			return tailFrom + x
		}
	}
}
