// Package ngram is the file format of the language model: a read-only hash table
// from n-grams to the languages that know them, used where it lies, without
// decoding anything at start.
package ngram

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"
)

// Scale is how many steps of a stored weight make one nat: a weight is
// round(-Scale × ln p), so 0 is certain and 255 about e^-16.
const Scale = 16

// WordPrefix starts the key of a whole word, beside the keys of n-grams.
const WordPrefix = "\x01"

// magic starts every file; its last byte is the version of the format.
const magic = "fdlang\x00\x03"

// Pair is what one language knows about an n-gram.
type Pair struct {
	Language byte // index into Names
	Weight   byte // round(-Scale × ln p)
}

// Table is an encoded model. The zero value knows nothing.
type Table struct {
	names []string
	slots string // 3 bytes each, little-endian offset into entries plus 1; 0 is empty
	mask  uint32
	data  string // entries: 2 bytes of fingerprint, number of pairs, pairs
}

// Open reads the head of an encoded model. It copies nothing.
func Open(file string) (Table, error) {
	if !strings.HasPrefix(file, magic) {
		return Table{}, fmt.Errorf("open model: not a model of this version")
	}
	rest := file[len(magic):]
	end := strings.IndexByte(rest, 0)
	if end < 0 || len(rest) < end+1+4 {
		return Table{}, fmt.Errorf("open model: cut short")
	}
	names := strings.Fields(rest[:end])
	rest = rest[end+1:]
	slots := binary.LittleEndian.Uint32([]byte(rest[:4]))
	rest = rest[4:]
	if slots == 0 || slots&(slots-1) != 0 || uint64(len(rest)) < 3*uint64(slots) {
		return Table{}, fmt.Errorf("open model: %d slots do not fit", slots)
	}
	return Table{names: names, slots: rest[:3*slots], mask: slots - 1, data: rest[3*slots:]}, nil
}

// Names returns the tags of the model's languages, in the order of their indices.
func (t Table) Names() []string { return t.names }

// Look calls visit with each language that knows gram and tells whether any does.
func (t Table) Look(gram []byte, visit func(language, weight byte)) bool {
	if t.slots == "" {
		return false
	}
	h := Hash(gram)
	print := uint16(h >> 48)
	for slot := uint32(h) & t.mask; ; slot = (slot + 1) & t.mask {
		at := int(t.slots[3*slot]) | int(t.slots[3*slot+1])<<8 | int(t.slots[3*slot+2])<<16
		if at == 0 {
			return false
		}
		entry := t.data[at-1:]
		if uint16(entry[0])|uint16(entry[1])<<8 != print {
			continue
		}
		n := int(entry[2])
		for i := range n {
			visit(entry[3+2*i], entry[4+2*i])
		}
		return true
	}
}

// Hash is FNV-1a of 64 bits with a final mix.
func Hash(gram []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range gram {
		h ^= uint64(b)
		h *= 1099511628211
	}
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return h ^ h>>32
}

// Encode writes a model. Names are tags without spaces, at most 255. It fails
// when the entries outgrow the format (16 MB).
func Encode(names []string, grams map[string][]Pair) ([]byte, error) {
	keys := make([]string, 0, len(grams))
	for gram := range grams {
		keys = append(keys, gram)
	}
	sort.Strings(keys)
	slots := uint32(1)
	for uint64(slots)*3 < uint64(len(keys))*4 {
		slots *= 2
	}
	table := make([]byte, 3*slots)
	prints := make(map[uint32]uint16, len(keys))
	var data []byte
	for _, gram := range keys {
		h := Hash([]byte(gram))
		print := uint16(h >> 48)
		slot := uint32(h) & (slots - 1)
		clash := false
		for table[3*slot]|table[3*slot+1]|table[3*slot+2] != 0 {
			clash = clash || prints[slot] == print
			slot = (slot + 1) & (slots - 1)
		}
		if clash {
			continue // the first of two n-grams that look the same stays
		}
		at := len(data) + 1
		if at >= 1<<24 {
			return nil, fmt.Errorf("encode model: entries outgrow 16 MB")
		}
		table[3*slot], table[3*slot+1], table[3*slot+2] = byte(at), byte(at>>8), byte(at>>16)
		prints[slot] = print
		pairs := grams[gram]
		sort.Slice(pairs, func(i, j int) bool { return pairs[i].Language < pairs[j].Language })
		data = append(data, byte(print), byte(print>>8), byte(len(pairs)))
		for _, p := range pairs {
			data = append(data, p.Language, p.Weight)
		}
	}
	out := append([]byte(magic+strings.Join(names, " ")+"\x00"), binary.LittleEndian.AppendUint32(nil, slots)...)
	return append(append(out, table...), data...), nil
}
