package httpd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Bounds of POST /api/v1/ask.
const (
	maxAskBody   = 16 << 20
	maxAskLine   = 1 << 20
	readyTimeout = 5 * time.Second
)

// health says that the process serves; it looks at nothing else, so that a
// database's outage does not restart every process.
func (s *Server) health(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// ready says whether the parts that a turn needs are there.
func (s *Server) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeoutCause(c.Request.Context(), readyTimeout, errors.New("readiness timed out"))
	defer cancel()
	if err := s.o.Ready(ctx); err != nil {
		s.o.Log.Warn("not ready", "err", err)
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "unavailable"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
}

// ask answers JSONL with JSONL, one turn a line, for the clinic of the token.
func (s *Server) ask(c *gin.Context) {
	clinic := clinicOf(c)
	lines, err := askLines(http.MaxBytesReader(c.Writer, c.Request.Body, maxAskBody))
	if err != nil {
		s.fail(c, err)
		return
	}
	ask := Asker(s.o.Try, clinic)
	c.Header("Content-Type", "application/x-ndjson")
	enc := json.NewEncoder(c.Writer)
	enc.SetEscapeHTML(false)
	for i, in := range lines {
		out, err := ask(c.Request.Context(), in)
		if err != nil {
			s.o.Log.Error("ask failed", "clinic", string(clinic.ID), "line", i+1, "err", err)
			if i == 0 {
				s.fail(c, err)
			}
			return
		}
		if enc.Encode(out) != nil {
			return // the caller went away
		}
		c.Writer.Flush()
	}
}

func askLines(body interface{ Read([]byte) (int, error) }) ([]AskIn, error) {
	scanner := bufio.NewScanner(body)
	scanner.Buffer(make([]byte, 64<<10), maxAskLine)
	var lines []AskIn
	for n := 1; scanner.Scan(); n++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		var in AskIn
		if err := json.Unmarshal(scanner.Bytes(), &in); err != nil {
			return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("Line %d is no JSON object such as {\"id\":\"1\",\"text\":\"…\"}.", n), Err: err}
		}
		lines = append(lines, in)
	}
	if err := scanner.Err(); err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The body is too long or cannot be read.", Err: err}
	}
	if len(lines) == 0 {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The body holds no line of JSON."}
	}
	return lines, nil
}
