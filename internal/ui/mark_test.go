package ui

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

func TestMarksAreTheSameAsTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/marks.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		ID   string
		Hash uint32
		D    string
		Dye  int
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 7 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for _, v := range vectors {
		if h := markHash(v.ID); h != v.Hash {
			t.Errorf("%q: hash %d, want %d", v.ID, h, v.Hash)
		}
		if d, dye := MarkPath(v.ID); d != v.D || dye != v.Dye {
			t.Errorf("%q: %s in dye %d, want %s in dye %d", v.ID, d, dye, v.D, v.Dye)
		}
	}
}

func TestIconsAreTheOnesOfTheSprite(t *testing.T) {
	data, err := os.ReadFile("icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	var sprite struct {
		Symbol []struct {
			Path struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		} `xml:"symbol"`
	}
	if err := xml.Unmarshal(data, &sprite); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("icon.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(src), " Icon = "); n != len(sprite.Symbol) {
		t.Errorf("%d icons in Go, %d in the sprite", n, len(sprite.Symbol))
	}
	for _, s := range sprite.Symbol {
		if !strings.Contains(string(src), `"`+s.Path.D+`"`) {
			t.Errorf("no icon with the path %s", s.Path.D)
		}
	}
}
