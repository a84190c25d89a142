package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// z is the quantile of the normal distribution for 95% intervals.
const z = 1.959963984540054

// resamples of every bootstrap.
const resamples = 2000

// Interval is a 95% interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson is the score interval of a share, hits of n (Wilson 1927). It keeps its
// rate for small n and for shares near 0 and 1, where most figures here lie.
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	p, m := float64(hits)/float64(n), float64(n)
	center := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	low, high := (center-half)/(1+z*z/m), (center+half)/(1+z*z/m)
	if hits == 0 {
		low = 0
	}
	if hits == n {
		high = 1
	}
	return Interval{max(0, low), min(1, high)}
}

// McNemar is the exact two-sided p-value for paired cases of which b turned from
// pass to fail and c from fail to pass (a sign test on the pairs that changed).
func McNemar(b, c int) float64 {
	n := b + c
	if n == 0 {
		return 1
	}
	p := 0.0
	for k := 0; k <= min(b, c); k++ {
		p += math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// pairedDifference is the interval of a paired difference of shares (Agresti and
// Min 2005: half a case is added to each cell).
func pairedDifference(b, c, n int) Interval {
	if n == 0 {
		return Interval{-1, 1}
	}
	m := float64(n) + 2
	worse, better := (float64(b)+0.5)/m, (float64(c)+0.5)/m
	d := better - worse
	half := z * math.Sqrt(max(0, better+worse-d*d)/m)
	return Interval{max(-1, d-half), min(1, d+half)}
}

// quantile is the smallest value that a share q of the values does not exceed.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// quantileInterval is the distribution-free interval of a quantile: order
// statistics at the binomial's own 2.5% and 97.5%, by its normal approximation.
func quantileInterval(sorted []float64, q float64) Interval {
	n := float64(len(sorted))
	if n == 0 {
		return Interval{}
	}
	half := z * math.Sqrt(n*q*(1-q))
	at := func(i float64) float64 { return sorted[int(min(max(i, 0), n-1))] }
	return Interval{at(math.Floor(n*q - half)), at(math.Ceil(n*q + half))}
}

// meanInterval is the percentile bootstrap interval of a mean, repeatable by its
// seed.
func meanInterval(values []float64, seed uint64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	return bootstrap(seed, func(random *rand.Rand) float64 {
		sum := 0.0
		for range values {
			sum += values[random.IntN(len(values))]
		}
		return sum / float64(len(values))
	})
}

// bootstrap is the percentile interval of a statistic that draw computes on a
// resample of its own.
func bootstrap(seed uint64, draw func(*rand.Rand) float64) Interval {
	random := rand.New(rand.NewPCG(seed, resamples))
	stats := make([]float64, resamples)
	for i := range stats {
		stats[i] = draw(random)
	}
	slices.Sort(stats)
	return Interval{quantile(stats, 0.025), quantile(stats, 0.975)}
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
