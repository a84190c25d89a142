package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"strings"
	"testing"
	"time"
)

// serving are settings with which serve would start.
func serving() map[string]string {
	return map[string]string{
		"WHATSAPP_APP_SECRET":   "app secret",
		"WHATSAPP_VERIFY_TOKEN": "verify token",
		"FRONTDESK_ADDR":        "127.0.0.1:0",
	}
}

func TestServeNamesTheSettingThatIsMissingOrWrong(t *testing.T) {
	t.Parallel()
	const key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	tests := map[string]struct {
		with  map[string]string
		names string
	}{
		"no app secret":           {map[string]string{"WHATSAPP_APP_SECRET": ""}, "WHATSAPP_APP_SECRET"},
		"app secret of commas":    {map[string]string{"WHATSAPP_APP_SECRET": " , "}, "WHATSAPP_APP_SECRET"},
		"no verify token":         {map[string]string{"WHATSAPP_VERIFY_TOKEN": ""}, "WHATSAPP_VERIFY_TOKEN"},
		"database without key":    {map[string]string{"DATABASE_URL": "postgres://s@127.0.0.1:1/x"}, "FRONTDESK_KEY"},
		"key of a wrong length":   {map[string]string{"FRONTDESK_KEY": "abcd"}, "FRONTDESK_KEY"},
		"key without hexadecimal": {map[string]string{"FRONTDESK_KEY": "zz" + key[2:]}, "FRONTDESK_KEY"},
		"database out of reach":   {map[string]string{"DATABASE_URL": "postgres://s@127.0.0.1:1/x", "FRONTDESK_KEY": key}, "database cannot be reached"},
		"database no address":     {map[string]string{"DATABASE_URL": "my database", "FRONTDESK_KEY": key}, "DATABASE_URL"},
		"address without port":    {map[string]string{"FRONTDESK_ADDR": "localhost"}, "FRONTDESK_ADDR"},
		"address out of reach":    {map[string]string{"FRONTDESK_ADDR": "192.0.2.1:80"}, "FRONTDESK_ADDR"},
		"public address":          {map[string]string{"FRONTDESK_PUBLIC_URL": "bot.example.org"}, "FRONTDESK_PUBLIC_URL"},
		"embeddings address":      {map[string]string{"EMBEDDINGS_URL": "ftp://x"}, "EMBEDDINGS_URL"},
		"embeddings style":        {map[string]string{"EMBEDDINGS_URL": "http://127.0.0.1:1", "EMBEDDINGS_STYLE": "both"}, "EMBEDDINGS_STYLE"},
		"embeddings dimension":    {map[string]string{"EMBEDDINGS_DIMENSION": "many"}, "EMBEDDINGS_DIMENSION"},
		"negative dimension":      {map[string]string{"EMBEDDINGS_DIMENSION": "-1"}, "EMBEDDINGS_DIMENSION"},
		"rerank address":          {map[string]string{"RERANK_URL": "/rerank"}, "RERANK_URL"},
		"model address":           {map[string]string{"LLM_URL": "localhost", "LLM_MODEL": "m"}, "LLM_URL"},
		"model without name":      {map[string]string{"LLM_PROVIDER": "openai"}, "LLM_MODEL"},
		"unknown provider":        {map[string]string{"LLM_PROVIDER": "oracle", "LLM_MODEL": "m"}, "LLM_PROVIDER"},
		"model without time":      {map[string]string{"LLM_TIMEOUT": "0s"}, "LLM_TIMEOUT"},
		"model time is no time":   {map[string]string{"LLM_TIMEOUT": "8"}, "LLM_TIMEOUT"},
		"prices":                  {map[string]string{"LLM_PRICES": "cheap"}, "LLM_PRICES"},
		"sample of a gate":        {map[string]string{"FRONTDESK_GATE_SAMPLE": "few"}, "FRONTDESK_GATE_SAMPLE"},
		"mail server":             {map[string]string{"SMTP_URL": "mail.example.org:587"}, "SMTP_URL"},
		"mail without sender":     {map[string]string{"SMTP_URL": "smtp://mail.example.org:587"}, "SMTP_FROM"},
		"log level":               {map[string]string{"LOG_LEVEL": "loud"}, "LOG_LEVEL"},
		"allow-list":              {map[string]string{"FRONTDESK_FETCH_ALLOW": "10.0.0.0/99"}, "FRONTDESK_FETCH_ALLOW"},
		"graph address":           {map[string]string{"WHATSAPP_GRAPH_URL": "graph"}, "WHATSAPP_GRAPH_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needPrograms(t)
			settings := serving()
			maps.Copy(settings, test.with)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // one that starts after all is stopped
			defer cancel()
			var stderr bytes.Buffer
			code := run(ctx, []string{"serve"}, strings.NewReader(""), io.Discard, &stderr, environment(settings))
			got := result{code: code, stderr: stderr.String()}
			if got.code != exitFail {
				t.Errorf("exit %d, want %d", got.code, exitFail)
			}
			if !strings.Contains(got.stderr, test.names) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("standard error is not one line that names %s:\n%s", test.names, got.stderr)
			}
			for _, secret := range []string{key, settings["WHATSAPP_APP_SECRET"]} {
				if len(secret) > 3 && strings.Contains(got.stderr, secret) {
					t.Errorf("standard error shows a secret: %s", got.stderr)
				}
			}
		})
	}
}
