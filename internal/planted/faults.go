package main

// faults are the changes that the quick gate must stop.
func faults() []fault {
	return []fault{
		// Screens.
		{"emergencies are not answered as such", "agent/people.go", "if !crisis && !t.has(frontdesk.LabelEmergency) {", "if crisis || !crisis {"},
		{"the emergency number of another country", "agent/people.go", "help := guardrails.Number(clinic.Country)", `help := guardrails.Number("IN")`},
		{"an emergency waits for the person who holds the pen", "agent/respond.go",
			"case a.emergency(t): // C2, whoever holds the pen\n\tcase a.personHoldsPen(t): // silence", "case a.personHoldsPen(t): // silence\n\tcase a.emergency(t): // C2, whoever holds the pen"},
		{"the alarm's threshold is moved up", "guardrails/layer.go", "if !ok || e+c < want {", "if !ok || e+c < want+0.9 {"},
		{"the alarm's threshold is moved down", "guardrails/layer.go", "if !ok || e+c < want {", "if !ok || e+c < want*0.02 {"},
		{"the rules are off", "guardrails/screens.go", "hits: s.rules.match(p)}", "hits: nil}"},
		{"the word weights are off", "guardrails/screens.go", "if s.linear != nil {", "if false {"},
		{"the embedding layer is off", "guardrails/screens.go", "if s.classifier == nil || s.embedding == nil", "if s.classifier != nil || s.embedding == nil"},
		{"what speaks against an alarm is ignored", "guardrails/screens.go", "r.label == frontdesk.LabelCrisis) && f.stands(h) {", "r.label == frontdesk.LabelCrisis) {"},
		{"clinical questions are answered", "agent/answer.go", "if !t.has(frontdesk.LabelClinical) {", "if true {"},
		{"a personal file is asked for and documents answer", "agent/people.go", "if !t.has(frontdesk.LabelPersonalRecord) || a.bookingIntent(t) != \"\" {", "if true {"},
		{"injections are taken for questions", "guardrails/screens.go", "\treturn labels, why\n", "\treturn slices.DeleteFunc(labels, func(l frontdesk.Label) bool { return l == frontdesk.LabelInjection }), why\n"},
		{"spam is answered", "agent/people.go", "if !t.has(frontdesk.LabelSpam) {", "if true {"},
		{"off topic is taken for a question", "agent/people.go", "case t.has(frontdesk.LabelInjection), t.has(frontdesk.LabelOffTopic):", "case t.has(frontdesk.LabelInjection):"},
		{"who stops messages is not heard", "agent/people.go", "if t.has(frontdesk.LabelOptOut) && t.dialogue.Flow == nil {", "if false {"},
		{"who wants a person gets the bot", "agent/people.go", "if !t.has(frontdesk.LabelHumanRequest) && t.tap != TapPerson {", "if t.tap != TapPerson {"},
		{"despair is not heard", "agent/people.go", "if !t.has(frontdesk.LabelDistress) {", "if true {"},
		{"complaints are not heard", "agent/people.go", "case t.has(frontdesk.LabelComplaint):", "case t.text == \"\":"},
		{"smalltalk is taken for a question", "agent/people.go", "case t.has(frontdesk.LabelSmalltalk), t.text == \"\":", "case t.text == \"\":"},
		{"identifiers are kept", "guardrails/mask.go", "v.Marks, v.Masked = marks, b.String()", "v.Marks, v.Masked = marks, text"},
		{"who sends a card number is not told to keep it", "agent/finish.go", "if !t.has(frontdesk.LabelIdentifier) || !holdsSecret(t.verdict) {", "if true {"},

		// Documents.
		{"citations are shifted by a page", "agent/quote.go", "Page: p.Page, Quote: quote", "Page: p.Page + 1, Quote: quote"},
		{"another document is named", "agent/quote.go", "frontdesk.Citation{Source: p.Name,", `frontdesk.Citation{Source: "livret.pdf",`},
		{"no citation", "agent/answer.go", "d.Citations = append(d.Citations, p.citations...)", "_ = p.citations"},
		{"the source is not named to the patient", "agent/quote.go", `return "\n" + strings.Join(names, "\n")`, `return ""`},
		{"quotes are cut in the middle", "agent/quote.go", "text := cutText(e.text(), quoteWant)", "text := cutText(e.text(), 24)"},
		{"a withdrawn revision is served", "store/revision.go", "\n\t\tAND (r.withdrawn IS NULL OR r.withdrawn > $2)", ""},
		{"a superseded revision is served", "store/revision.go", "\n\t\tAND (r.superseded IS NULL OR r.superseded > $2)", ""},
		{"a revision is served before its day", "store/revision.go", " AND (r.effective IS NULL OR r.effective <= $2)", ""},
		{"drafts are served", "store/revision.go", "(r.approved <= $2 AND r.released <= $2 AND", "($2::timestamptz IS NOT NULL AND"},
		{"the answerability threshold is moved down", "retrieval/retriever.go", "result.Score >= r.model.threshold", "result.Score >= r.model.threshold*0.02"},
		{"the answerability threshold is moved up", "retrieval/retriever.go", "result.Score >= r.model.threshold", "result.Score >= 0.97"},
		{"vectors are not searched by", "retrieval/retriever.go", "query.Vector, query.Space = vectors[0], r.embedder.Space()", "_ = vectors"},
		{"the ranking is upside down", "retrieval/retriever.go", "return ranked[a].Score > ranked[b].Score })", "return ranked[a].Score < ranked[b].Score })"},
		{"what is not known is guessed", "agent/answer.go", "default:\n\t\ta.unanswered(t)\n\t}", "default:\n\t\ta.reply(t, []piece{{text: \"Oui. Yes. Ja. Sì.\"}})\n\t}"},
		{"nobody is offered when the answer is not known", "agent/answer.go", `last.Buttons = []frontdesk.Button{{ID: TapPerson, Title: a.text(t, "button.person", nil)}}`, "last.Buttons = nil"},
		{"the profile is ignored", "agent/profile.go", `if kind == "" || !a.loadProfile(ctx, t) {`, "if true {"},
		{"notices are ignored", "agent/profile.go", "if len(lines) == 0 {\n\t\treturn p\n\t}\n\tif p.text == \"\" {", "if true {\n\t\treturn p\n\t}\n\tif p.text == \"\" {"},
		{"prices are ten times as high", "locale/format.go", "text := strconv.FormatInt(amount/100, 10)", "text := strconv.FormatInt(amount/10, 10)"},
		{"times are an hour late", "locale/format.go", `"hour":   strconv.Itoa(minutes / 60),`, `"hour":   strconv.Itoa(minutes/60 + 1),`},
		{"closed days are told as open", "agent/profile.go", "case len(open.Spans) == 0:", "case false:"},
		{"a wrong time zone", "clinic.go", "loc, err := time.LoadLocation(c.TimeZone)", `loc, err := time.LoadLocation("Asia/Tokyo")`},

		// Languages and dialogues.
		{"the patient's language is ignored", "agent/turn.go", "own := t.verdict.Language", `own := ""`},
		{"every text is in English", "agent/turn.go", "return a.Texts.Text(t.language, key, args)", `return a.Texts.Text("en", key, args)`},
		{"follow-ups are forgotten", "agent/understand.go", "if last == nil || len(t.words) == 0", "if last != nil || len(t.words) == 0"},
		{"a dialogue's history is forgotten", "conversation/turn.go", "s.History = append(append([]frontdesk.Exchange(nil), kept...), exchange)", "_, _ = kept, exchange"},
		{"one question of a message is answered", "agent/understand.go", "\treturn a.splitQuestions(t)\n", "\treturn a.splitQuestions(t)[:1]\n"},
		{"bookings do not start", "agent/booking.go", "intent := a.bookingIntent(t)\n", "intent := Intent(\"\")\n"},
		{"a booking forgets its question", "agent/booking.go", "if !t.digressed || t.decision.Flow == nil", "if t.decision.Flow != nil || t.decision.Flow == nil"},
		{"a person is not waited for", "handoff/reason.go", "return Route{TeamReception, frontdesk.PriorityNormal, true}", "return Route{TeamReception, frontdesk.PriorityNormal, false}"},
		{"staff come an hour later than promised", "handoff/promise.go", "return Promise{Kind: PromiseLater, At: next}", "return Promise{Kind: PromiseLater, At: next.Add(time.Hour)}"},

		// People.
		{"clinical questions go to billing", "handoff/reason.go", "return Route{TeamNurse, frontdesk.PriorityNormal, false}", "return Route{TeamBilling, frontdesk.PriorityNormal, false}"},
		{"an emergency's ticket is ordinary", "handoff/reason.go", "return Route{TeamNurse, frontdesk.PriorityEmergency, true}", "return Route{TeamNurse, frontdesk.PriorityNormal, true}"},
		{"complaints go to the nurse line", "handoff/reason.go", "return Route{TeamReception, frontdesk.PriorityUrgent, true}", "return Route{TeamNurse, frontdesk.PriorityUrgent, true}"},
		{"the bot talks into staff's conversation", "agent/people.go", "if t.dialogue.Pen != frontdesk.PenPerson {\n\t\treturn false", "if t.dialogue.Pen != \"\" {\n\t\treturn false"},
		{"the window is ignored", "conversation/post.go", "if d.At.Sub(d.Window) >= Window {", "if d.At.Sub(d.Window) >= 100*Window {"},
		{"the welcome is missing", "agent/finish.go", "if !t.dialogue.Welcome || len(d.Replies) == 0 {", "if true {"},
		{"a shared phone is greeted by a patient's name", "contact.go", "if len(c.Patients) > 1 {", "if len(c.Patients) > 9 {"},

		// What a model proposes.
		{"a model's sentences are not checked at all", "agent/compose.go", "if finding := a.checker.Check(ctx, sentence, t.language, cited); !finding.OK {", "if finding := a.checker.Check(ctx, sentence, t.language, cited); !finding.OK && finding.Why == \"\" {"},
		{"a model's numbers are not checked", "agent/support.go", "c.checkValues, c.checkDays, c.checkWords, c.checkClauses, c.checkBinding,", "c.checkDays, c.checkWords, c.checkClauses, c.checkBinding,"},
		{"a model's yes and no are not checked", "agent/support.go", "c.checkValues, c.checkDays, c.checkWords, c.checkClauses, c.checkBinding,", "c.checkValues, c.checkDays, c.checkWords, c.checkBinding,"},
		{"a model's days are not checked", "agent/support.go", "c.checkValues, c.checkDays, c.checkWords, c.checkClauses, c.checkBinding,", "c.checkValues, c.checkWords, c.checkClauses, c.checkBinding,"},
		{"a model's advice is not screened", "guardrails/outbound.go", "return OutboundVerdict{OK: len(why) == 0, Why: why}", "return OutboundVerdict{OK: true, Why: why}"},
		{"the prompt is said to who asks for it", "agent/people.go", `a.say(t, a.text(t, "off_topic.reply", clinic))`, "_ = clinic\n\t\ta.say(t, composeSystem)"},
		{"links lead anywhere", "guardrails/outbound.go", "if foreignLink(text, o) {", "if foreignLink(text, o) && text == \"\" {"},
		{"a model answers in any language", "guardrails/outbound.go", "if g.Tag != o.Language && g.Tag != language.Unknown && g.Sure > 0.8 {", "if g.Tag != o.Language && g.Tag != language.Unknown && g.Sure > 8 {"},
	}
}
