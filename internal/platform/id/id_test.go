package id

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := ID(rapid.Int64Range(1, 1<<63-1).Draw(t, "id"))
		got, err := Parse(want.String())
		if err != nil || got != want {
			t.Fatalf("Parse(%q) = %d, %v; want %d", want.String(), got, err, want)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "abc", "zzzzzzzzzzzzz", "0000000000000", "0000000000u00", "00000000000000"} {
		if v, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", s, v)
		}
	}
}

func TestNewRises(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	prev := New(at)
	for range 5000 {
		next := New(at)
		if next <= prev {
			t.Fatalf("%d after %d", next, prev)
		}
		prev = next
	}
	if later := New(at.Add(time.Second)); later <= prev {
		t.Errorf("an ID made a second later is not larger")
	}
}

func TestAClockThatIsMovedMakesNoIDTwice(t *testing.T) {
	a, b := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := map[ID]bool{}
	for range 20_000 {
		for _, at := range []time.Time{a, b} {
			n := New(at)
			if seen[n] {
				t.Fatalf("%s was made twice", n)
			}
			seen[n] = true
		}
	}
}
