package terms

import "encoding/binary"

// Posting is what one text adds to one term. Its impact is 1 at least; the unit
// is that of the index it stands in.
type Posting struct {
	Term   Term
	Impact int64
}

// Pack writes postings, which are in the order of their terms, each of which
// occurs once: the differences of terms and the impacts as varints.
func Pack(ps []Posting) []byte {
	out := make([]byte, 0, 8*len(ps))
	last := Term(0)
	for _, p := range ps {
		out = binary.AppendUvarint(out, uint64(p.Term-last))
		out = binary.AppendUvarint(out, uint64(p.Impact))
		last = p.Term
	}
	return out
}

// Unpack reads what Pack wrote, up to the first byte that it did not.
func Unpack(b []byte) []Posting {
	var out []Posting
	last := Term(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return out
		}
		i, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return out
		}
		last += Term(d)
		out = append(out, Posting{last, int64(i)})
		b = b[n+m:]
	}
	return out
}
