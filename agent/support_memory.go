package agent

import (
	"strings"
	"sync"

	"frontdesk"
	"frontdesk/language"
)

// passageReading is a passage as the check reads it: the title above it, then its
// sentences and rows. It depends on the passage's words alone and never changes.
type passageReading struct {
	title      *reading // nil where there is none
	units      []*reading
	spans      []language.Span // of the units in the passage's text
	currencies []string
	size       int // bytes, about
}

// readPassage returns the reading of a passage, from memory where it was read
// before: the passages of a clinic are cited again and again.
func (c *Checker) readPassage(p frontdesk.Passage) *passageReading {
	title := strings.Join(append(append([]string(nil), p.Headings...), p.Site, p.Question), " | ")
	key := p.Language + "\x00" + title + "\x00" + p.Text
	return c.memory.get(key, func() *passageReading { return c.readWhole(p, title) })
}

func (c *Checker) readWhole(p frontdesk.Passage, title string) *passageReading {
	out := &passageReading{size: 400}
	if strings.Trim(title, " |") != "" {
		out.title = c.read(p.Language, title)
		out.title.heading = true
		out.size += out.title.size()
	}
	for _, s := range unitsOf(p.Language, p.Text) {
		unit := c.read(p.Language, p.Text[s.Start:s.End])
		out.units, out.spans = append(out.units, unit), append(out.spans, s)
		out.size += unit.size()
	}
	for _, m := range reCoin.FindAllString(strings.ToLower(title+" "+p.Text), -1) {
		out.currencies = append(out.currencies, currencyOf(m))
	}
	return out
}

// Sizes of what a reading holds, in bytes, about.
const (
	markSize  = 320
	groupSize = 1200
)

func (r *reading) size() int {
	return 200 + len(r.text) + markSize*len(r.marks) + groupSize*len(r.groups)
}

// memoryMost bounds what a generation of the memory of passages holds, in bytes.
const memoryMost = 4 << 20

// passageMemory keeps passages that were read in two generations: when the young
// one is full it becomes the old one, and what is used moves back.
type passageMemory struct {
	mu    sync.Mutex // protects all following fields
	used  int
	young map[string]*passageReading
	old   map[string]*passageReading
}

func newPassageMemory() *passageMemory {
	return &passageMemory{young: map[string]*passageReading{}}
}

func (m *passageMemory) get(key string, read func() *passageReading) *passageReading {
	m.mu.Lock()
	known := m.young[key]
	if known == nil {
		if known = m.old[key]; known != nil {
			m.put(key, known)
		}
	}
	m.mu.Unlock()
	if known != nil {
		return known
	}
	known = read()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, known)
	return known
}

func (m *passageMemory) put(key string, r *passageReading) {
	if m.used > memoryMost {
		m.old, m.young, m.used = m.young, map[string]*passageReading{}, 0
	}
	m.young[key] = r
	m.used += r.size + len(key)
}
