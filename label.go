package frontdesk

// Label is what a screen says about a text. An administrative question has none.
type Label string

// The labels, most urgent first; [Labels] keeps that order.
const (
	LabelEmergency      Label = "emergency"
	LabelCrisis         Label = "crisis"
	LabelUrgent         Label = "urgent"
	LabelHumanRequest   Label = "human_request"
	LabelDistress       Label = "distress"
	LabelComplaint      Label = "complaint"
	LabelInsult         Label = "insult"
	LabelOptOut         Label = "opt_out"
	LabelBotQuestion    Label = "bot_question"
	LabelClinical       Label = "clinical"
	LabelPersonalRecord Label = "personal_record"
	LabelInjection      Label = "injection"
	LabelIdentifier     Label = "identifier"
	LabelSpam           Label = "spam"
	LabelSmalltalk      Label = "smalltalk"
	LabelOffTopic       Label = "off_topic"
	LabelGibberish      Label = "gibberish"
)

// Labels returns all labels, most urgent first.
func Labels() []Label {
	return []Label{
		LabelEmergency, LabelCrisis, LabelUrgent, LabelHumanRequest, LabelDistress, LabelComplaint,
		LabelInsult, LabelOptOut, LabelBotQuestion, LabelClinical, LabelPersonalRecord, LabelInjection,
		LabelIdentifier, LabelSpam, LabelSmalltalk, LabelOffTopic, LabelGibberish,
	}
}

// Mark is a masked stretch of a text, in Unicode code points, end excluded.
type Mark struct {
	Type   string `json:"type"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
	Secret bool   `json:"-"` // gone for good: never sealed, never shown to staff
}

// Verdict is what the inbound screens say about one text.
type Verdict struct {
	Language     string  // best guess, BCP-47
	LanguageSure float64 // 0 to 1
	Labels       []Label // most urgent first
	Masked       string  // the text with its identifiers replaced by tokens
	Marks        []Mark  // where they stood in the original
	Tokens       []Token // in order; Values[i] belongs to Tokens[i]
	Values       []string
	Evidence     []string // a rule's name or the nearest example, for the trace; never the patient's text
}

// Has tells whether the verdict carries label.
func (v Verdict) Has(label Label) bool {
	for _, l := range v.Labels {
		if l == label {
			return true
		}
	}
	return false
}
