package handoff

import "frontdesk"

// Reason is why a ticket is opened. Reasons are stable: figures count them.
type Reason string

// The reasons.
const (
	ReasonAsked           Reason = "asked"            // the patient wants a person
	ReasonEmergency       Reason = "emergency"        // the emergency text went out
	ReasonCrisis          Reason = "crisis"           // the crisis text went out
	ReasonUrgent          Reason = "urgent"           // a clinician should look today
	ReasonClinical        Reason = "clinical"         // a clinical question was declined
	ReasonDistress        Reason = "distress"         // a worried or desperate patient
	ReasonComplaint       Reason = "complaint"        // about the clinic
	ReasonRepeatedFailure Reason = "repeated_failure" // the bot did not help, more than once
	ReasonLowConfidence   Reason = "low_confidence"   // the bot is not sure what is wanted
	ReasonFlowStuck       Reason = "flow_stuck"       // a dialogue could not read its answers
	ReasonMedia           Reason = "media"            // a file or voice note that the bot cannot open
	ReasonProvider        Reason = "provider_failure" // a part that the answer needs is down
	ReasonPersonalRecord  Reason = "personal_record"  // about the patient's own file
	ReasonBookingRequest  Reason = "booking_request"  // an appointment to make, move or cancel
	ReasonLead            Reason = "lead"             // somebody who wants something of the clinic's business
	ReasonCallBack        Reason = "call_back"        // nobody came in time; the patient wants to be called
	ReasonUncertainSend   Reason = "uncertain_send"   // a message whose delivery is not known
)

// The teams that a reason is routed to.
const (
	TeamReception = "reception"
	TeamBilling   = "billing"
	TeamNurse     = "nurse"
)

// Route is where a reason goes.
type Route struct {
	Team     string
	Priority frontdesk.Priority
	// Holds tells that the bot stops answering until somebody took the ticket
	// (the pen goes to waiting). A request beside the conversation (a booking to
	// confirm, a document to look up) leaves the pen where it is.
	Holds bool
}

// RouteOf returns the route of a reason. A reason that is not known goes to
// reception and holds: a person looks rather than nobody.
func RouteOf(reason Reason) Route {
	switch reason {
	case ReasonEmergency, ReasonCrisis:
		return Route{TeamNurse, frontdesk.PriorityEmergency, true}
	case ReasonUrgent:
		return Route{TeamNurse, frontdesk.PriorityUrgent, true}
	case ReasonDistress, ReasonComplaint, ReasonProvider, ReasonCallBack:
		return Route{TeamReception, frontdesk.PriorityUrgent, true}
	case ReasonClinical:
		return Route{TeamNurse, frontdesk.PriorityNormal, false}
	case ReasonMedia, ReasonPersonalRecord, ReasonBookingRequest, ReasonUncertainSend:
		return Route{TeamReception, frontdesk.PriorityNormal, false}
	case ReasonLead:
		return Route{TeamReception, frontdesk.PriorityLow, false}
	}
	return Route{TeamReception, frontdesk.PriorityNormal, true}
}

// rank orders priorities, 0 is the highest.
func rank(p frontdesk.Priority) int {
	switch p {
	case frontdesk.PriorityEmergency:
		return 0
	case frontdesk.PriorityUrgent:
		return 1
	case frontdesk.PriorityNormal:
		return 2
	}
	return 3
}

// Join merges a new request into the ticket that is open already: one
// conversation has one ticket. The more urgent priority wins, and with it its
// team and reason; at equal priority the open ticket stays as it is.
func Join(open frontdesk.Ticket, request frontdesk.TicketRequest) frontdesk.TicketRequest {
	if rank(request.Priority) < rank(open.Priority) {
		return request
	}
	request.Team, request.Priority, request.Reason = open.Team, open.Priority, open.Reason
	return request
}
