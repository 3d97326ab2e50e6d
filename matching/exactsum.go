package matching

import "math/big"

// exactSum adds products without ever overflowing, for whoever checks answers.
type exactSum struct {
	small int64
	big   big.Int
}

// add adds x*y.
func (s *exactSum) add(x, y int64) {
	const half = 1 << 30
	if x < half && x > -half && y < half && y > -half && s.small < 1<<62 && s.small > -1<<62 {
		s.small += x * y
		return
	}
	s.big.Add(&s.big, new(big.Int).Mul(big.NewInt(x), big.NewInt(y)))
}

func (s *exactSum) total() *big.Int { return new(big.Int).Add(&s.big, big.NewInt(s.small)) }
