package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// worlds is how many experiments a simulation makes: the share of those whose
// interval holds the truth has a standard error of half a percent then.
const worlds = 2000

// TestWilsonCoversItsNominalRate draws shares that are known and counts how often
// the interval of 95% holds them. Wilson's is right on average and may fall a few
// percent short at single shares and sizes (Brown, Cai, DasGupta 2001).
func TestWilsonCoversItsNominalRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	sum, n := 0.0, 0
	for _, size := range []int{10, 30, 64, 200, 1000} {
		for _, truth := range []float64{0.05, 0.2, 0.5, 0.8, 0.95, 0.99} {
			covered := coverage(func() Interval { return Wilson(binomial(random, size, truth), size) }, truth)
			if covered < 0.85 {
				t.Errorf("n %d, share %g: %.1f%% covered", size, truth, 100*covered)
			}
			sum, n = sum+covered, n+1
		}
	}
	if mean := sum / float64(n); mean < 0.94 || mean > 0.97 {
		t.Errorf("on average %.1f%% covered, 95%% is nominal", 100*mean)
	}
}

// TestTheBootstrapCoversItsNominalRate does so for means: of a skewed amount, as
// times are, and of shares from 0 to 1, as the retrieval figures are.
func TestTheBootstrapCoversItsNominalRate(t *testing.T) {
	t.Parallel()
	const few = 400 // each of 2,000 resamples; a standard error of one percent
	random := rand.New(rand.NewPCG(3, 4))
	for name, world := range map[string]struct {
		draw  func() float64
		truth float64
	}{
		"skewed":  {random.ExpFloat64, 1},
		"bounded": {func() float64 { return math.Pow(random.Float64(), 0.25) }, 0.8},
	} {
		hits := 0
		for i := range few {
			values := make([]float64, 60)
			for j := range values {
				values[j] = world.draw()
			}
			if in := meanInterval(values, uint64(i)); in.Low <= world.truth && world.truth <= in.High {
				hits++
			}
		}
		if covered := float64(hits) / few; covered < 0.90 || covered > 0.98 {
			t.Errorf("%s: %.1f%% covered, 95%% is nominal", name, 100*covered)
		}
	}
}

// TestPairedDifferencesCoverTheirNominalRate does so for the difference of shares
// of paired cases.
func TestPairedDifferencesCoverTheirNominalRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	const n, worse, better = 200, 0.04, 0.10
	covered := coverage(func() Interval {
		b, c := 0, 0
		for range n {
			switch u := random.Float64(); {
			case u < worse:
				b++
			case u < worse+better:
				c++
			}
		}
		return pairedDifference(b, c, n)
	}, better-worse)
	if covered < 0.93 || covered > 0.975 {
		t.Errorf("%.1f%% covered, 95%% is nominal", 100*covered)
	}
}

// TestQuantilesCoverTheirNominalRate does so for p50 and p95 of times.
func TestQuantilesCoverTheirNominalRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for _, q := range []float64{0.5, 0.95} {
		truth := -math.Log(1 - q) // of the exponential distribution
		covered := coverage(func() Interval {
			values := make([]float64, 300)
			for i := range values {
				values[i] = random.ExpFloat64()
			}
			slices.Sort(values)
			return quantileInterval(values, q)
		}, truth)
		if covered < 0.93 || covered > 0.985 {
			t.Errorf("p%.0f: %.1f%% covered, 95%% is nominal", 100*q, 100*covered)
		}
	}
}

// coverage is how often an interval holds the truth.
func coverage(draw func() Interval, truth float64) float64 {
	hits := 0
	for range worlds {
		if in := draw(); in.Low <= truth && truth <= in.High {
			hits++
		}
	}
	return float64(hits) / worlds
}

func binomial(random *rand.Rand, n int, p float64) int {
	hits := 0
	for range n {
		if random.Float64() < p {
			hits++
		}
	}
	return hits
}
