package agent

import (
	"context"

	"frontdesk"
)

// Explain is Check with the word that was refused, for tables of tests.
func (c *Checker) Explain(ctx context.Context, sentence, tag string, passages []frontdesk.Passage) (why, what string) {
	return c.check(ctx, sentence, tag, passages)
}
