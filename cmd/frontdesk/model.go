package main

import (
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"frontdesk/agent"
	"frontdesk/guardrails"
	"frontdesk/llm"
	"frontdesk/retrieval"
)

// model returns the language model, nil where none is set: quoting mode.
func (w *parts) model() (agent.Model, error) {
	s := w.settings
	if s.llmProvider == "" {
		return nil, nil //nolint:nilnil // no model is a supported way to run
	}
	account := newModelAccount(w.db, w.now)
	w.onClose(account.close)
	chat, err := llm.NewChat(llm.ChatConfig{
		Provider: llm.Provider(s.llmProvider), URL: s.llmURL, Key: s.llmKey, Model: s.llmModel, Timeout: s.llmTimeout,
		Prices: s.llmPrices, Account: account, Leaks: leaks(w.screens), Log: w.log, Now: w.now,
	})
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return chat, nil
}

// leaks is the last look at a prompt before it leaves: secrets were replaced
// before the message was stored, so one here is a fault of ours. Paragraphs that were
// found clean, such as a clinic's passages, are not read again.
func leaks(screens *guardrails.Screens) func(string) bool {
	clean := &cleanTexts{seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	return func(text string) bool {
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			if clean.has(paragraph) {
				continue
			}
			if screens.HoldsSecret(paragraph) {
				return true
			}
			clean.add(paragraph)
		}
		return false
	}
}

// cleanMost bounds how many paragraphs are remembered.
const cleanMost = 8192

// cleanTexts remembers, by hash, texts in which nothing was found.
type cleanTexts struct {
	seed maphash.Seed

	mu   sync.Mutex // protects all following fields
	seen map[uint64]bool
}

func (c *cleanTexts) has(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[maphash.String(c.seed, text)]
}

func (c *cleanTexts) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) >= cleanMost {
		clear(c.seen)
	}
	c.seen[maphash.String(c.seed, text)] = true
}

// reranker returns the reranking endpoint, nil where none is set.
func (w *parts) reranker() (retrieval.Reranker, error) {
	s := w.settings
	if s.rerankURL == "" {
		return nil, nil //nolint:nilnil // the model-free ranking is the default
	}
	reranker, err := llm.NewReranker(llm.RerankerConfig{URL: s.rerankURL, Key: s.rerankKey, Model: s.rerankModel, Now: w.now})
	if err != nil {
		return nil, fmt.Errorf("reranker: %w", err)
	}
	return reranker, nil
}
