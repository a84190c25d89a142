// Package llm is how the product reaches language models: chat through
// langchaingo, whose only home this is, embeddings and re-ranking through a
// small HTTP client. It decides nothing about patients: it carries prompts out
// and checked answers back, within named time-outs, behind a circuit breaker,
// and counts what was spent.
package llm
