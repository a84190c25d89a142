package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"frontdesk"
	"frontdesk/conversation"
)

// metrics counts what an operator watches. Labels are closed sets; nothing of a
// patient is among them.
type metrics struct {
	registry *prometheus.Registry
	webhooks *prometheus.CounterVec
	turns    *prometheus.CounterVec
	labels   *prometheus.CounterVec
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	sends    *prometheus.CounterVec
	tokens   *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_webhooks_total", Help: "Webhooks by result."}, []string{"result"}),
		turns:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_turns_total", Help: "Turns decided, by outcome, mode and language."}, []string{"outcome", "mode", "lang"}),
		labels:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_labels_total", Help: "Labels that the inbound screens gave."}, []string{"label"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_part_failures_total", Help: "Parts that failed within a turn."}, []string{"part"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "frontdesk_stage_seconds", Help: "Time of a turn's stages.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}, []string{"stage"}),
		sends:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_sends_total", Help: "Messages handed to the channel, by result."}, []string{"result"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "frontdesk_model_tokens_total", Help: "Tokens of the language model."}, []string{"model"}),
	}
	m.registry.MustRegister(m.webhooks, m.turns, m.labels, m.failures, m.seconds, m.sends, m.tokens,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) webhook(result string) { m.webhooks.WithLabelValues(result).Inc() }

// responder counts what the agent decides.
func (m *metrics) responder(next conversation.Responder) conversation.Responder {
	return countedResponder{m, next}
}

type countedResponder struct {
	metrics *metrics
	next    conversation.Responder
}

// Respond implements [conversation.Responder].
func (c countedResponder) Respond(ctx context.Context, dialogue frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	decision, err := c.next.Respond(ctx, dialogue, events)
	if err != nil {
		c.metrics.failures.WithLabelValues("turn").Inc()
		return decision, err
	}
	c.metrics.turns.WithLabelValues(string(decision.Outcome), string(decision.Mode), decision.Language).Inc()
	for _, label := range decision.Labels {
		c.metrics.labels.WithLabelValues(string(label)).Inc()
	}
	for _, part := range decision.Record.Failures {
		c.metrics.failures.WithLabelValues(part).Inc()
	}
	t := decision.Record.Timing
	for stage, ms := range map[string]float64{"total": t.Total, "screen": t.Screen, "embed": t.Embed, "search": t.Search, "model": t.Model, "check": t.Check} {
		c.metrics.seconds.WithLabelValues(stage).Observe(ms / 1000)
	}
	if decision.Record.Model != "" {
		c.metrics.tokens.WithLabelValues(decision.Record.Model).Add(float64(decision.Record.Tokens))
	}
	return decision, nil
}

// sender counts what is handed to the channel.
func (m *metrics) sender(next conversation.Sender) conversation.Sender {
	return countedSender{next, m}
}

type countedSender struct {
	conversation.Sender
	metrics *metrics
}

// Send implements [conversation.Sender].
func (c countedSender) Send(ctx context.Context, account conversation.Account, message conversation.Outbound) (string, error) {
	start := time.Now()
	id, err := c.Sender.Send(ctx, account, message)
	c.metrics.seconds.WithLabelValues("send").Observe(time.Since(start).Seconds())
	result := "accepted"
	if err != nil {
		result = string(conversation.ClassUncertain)
		var refused *conversation.SendError
		if errors.As(err, &refused) {
			result = string(refused.Class)
		}
	}
	c.metrics.sends.WithLabelValues(result).Inc()
	return id, err
}
