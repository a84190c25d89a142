package httpd

import (
	"context"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/calendar"
)

// Profiler keeps the clinic's approved facts.
type Profiler interface {
	Profile(ctx context.Context, who Person) (Profile, error)
	// SaveFact puts a fact in force in the place of another, or proposes it where
	// the clinic wants four eyes.
	SaveFact(ctx context.Context, who Person, replaces frontdesk.EntryID, fact frontdesk.Fact) error
	// DecideFact approves a proposal, or takes a fact or proposal off the profile.
	DecideFact(ctx context.Context, who Person, id frontdesk.EntryID, approve bool) error
}

// Profile is what the clinic says of itself, and what waits to be decided.
type Profile struct {
	Sites     []string
	Facts     []ProfileFact
	Proposals []ProfileProposal
	Conflicts []Conflict // documents that say otherwise
}

// ProfileFact is a fact in force.
type ProfileFact struct {
	ID         frontdesk.EntryID
	Fact       frontdesk.Fact
	Text       string // as patients are told, in the clinic's language
	Source     string // "profile" where staff typed it
	Page       int
	ApprovedBy string
}

// ProfileProposal is a fact that waits, with what it would take the place of.
type ProfileProposal struct {
	ProfileFact
	By      string // who typed it, "" where a document states it
	Instead []string
}

// Bounds of a fact.
const (
	maxFactLabel = 80
	maxFactValue = 300
	hoursBlank   = 2  // empty rows for exceptions
	weeksShown   = 4  // of the calendar
	maxSpans     = 4  // openings of a day
	exceptMost   = 60 // dated exceptions of a week
)

// week is hours as a form shows them.
type week struct {
	Days       []weekDay // Monday first
	Exceptions []exceptionRow
	Holidays   bool
}

type weekDay struct {
	Weekday int // of time.Weekday
	Name    string
	Times   string
	Unknown bool
}

type exceptionRow struct{ From, To, Times, Note string }

// calendarDay is a day of the calendar.
type calendarDay struct {
	Date    time.Time
	Times   string
	Why     string // the holiday or the exception's note
	Special bool
	Known   bool
	Today   bool
	Past    bool
}

// profilePage shows the facts of one site, or of the whole clinic.
func (s *Server) profilePage(c *gin.Context) {
	person := who(c)
	profile, err := s.o.Manager.Profile(c.Request.Context(), person)
	if err != nil {
		s.fail(c, err)
		return
	}
	site := c.Query("site")
	facts := map[string][]ProfileFact{}
	for _, f := range profile.Facts {
		if f.Fact.Site == site {
			facts[string(f.Fact.Kind)] = append(facts[string(f.Fact.Kind)], f)
		}
	}
	type hoursView struct {
		ProfileFact
		Week     week
		Calendar [][]calendarDay
	}
	var hours []hoursView
	for _, f := range facts[string(frontdesk.FactHours)] {
		if f.Fact.Hours != nil {
			hours = append(hours, hoursView{f, s.weekOf(c, *f.Fact.Hours), s.calendarOf(*f.Fact.Hours, person)})
		}
	}
	s.render(c, http.StatusOK, "profile", gin.H{
		"Profile": profile, "Site": site, "Hours": hours, "NewWeek": s.weekOf(c, frontdesk.Hours{Unknown: [7]bool{true, true, true, true, true, true, true}}),
		"Facts": facts, "Kinds": []string{"phone", "email", "address", "price"}, "KnowsHolidays": calendar.KnowsHolidays(person.Clinic.Country),
		"Currency": currencyOf(profile.Facts), "None": ProfileFact{},
	})
}

// currencyOf is the currency of the prices that are there, the euro else.
func currencyOf(facts []ProfileFact) string {
	for _, f := range facts {
		if f.Fact.Money != nil {
			return f.Fact.Money.Currency
		}
	}
	return "EUR"
}

// weekOf is hours as the form shows them.
func (s *Server) weekOf(c *gin.Context, hours frontdesk.Hours) week {
	w := week{Holidays: hours.Holidays != ""}
	for _, day := range []int{1, 2, 3, 4, 5, 6, 0} {
		w.Days = append(w.Days, weekDay{
			Weekday: day, Name: s.phrases.text(s.language(c), "weekday."+strconv.Itoa(day)), Times: spansText(hours.Days[day]), Unknown: hours.Unknown[day],
		})
	}
	for _, e := range hours.Exceptions {
		w.Exceptions = append(w.Exceptions, exceptionRow{From: e.From, To: e.To, Times: spansText(e.Spans), Note: e.Note})
	}
	w.Exceptions = append(w.Exceptions, make([]exceptionRow, hoursBlank)...)
	return w
}

// calendarOf is what hours say of each day of the next weeks, from this Monday.
func (s *Server) calendarOf(hours frontdesk.Hours, person Person) [][]calendarDay {
	now := s.o.Now().In(person.Clinic.Location())
	today := now.Format(time.DateOnly)
	monday := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 12, 0, 0, 0, now.Location())
	weeks := make([][]calendarDay, weeksShown)
	for i := range 7 * weeksShown {
		at := monday.AddDate(0, 0, i)
		day := calendar.Day(hours, at)
		why := day.Holiday
		if why == "" {
			why = day.Note
		}
		date := at.Format(time.DateOnly)
		weeks[i/7] = append(weeks[i/7], calendarDay{
			Date: at, Times: spansText(day.Spans), Why: why, Special: day.Special, Known: day.Known, Today: date == today, Past: date < today,
		})
	}
	return weeks
}

// spansText is a day's openings as they are typed: "08:00-12:00, 14:00-18:00".
func spansText(spans []frontdesk.Span) string {
	clock := func(minutes int) string {
		return time.Date(2000, 1, 1, 0, minutes%(24*60), 0, 0, time.UTC).Format("15:04")
	}
	var parts []string
	for _, span := range spans {
		end := clock(span.End)
		if span.End == 24*60 {
			end = "24:00"
		}
		parts = append(parts, clock(span.Start)+"-"+end)
	}
	return strings.Join(parts, ", ")
}

// typedSpan reads one opening: "8-12", "8:00-12:30", "8h30 – 12h".
var typedSpan = regexp.MustCompile(`^(\d{1,2})(?:[:hH.]?(\d{2})|[hH])?\s*[-–—]\s*(\d{1,2})(?:[:hH.]?(\d{2})|[hH])?$`)

// parseSpans reads a day's openings; "" is closed. An opening that ends before it
// begins reaches into the next day.
func parseSpans(text string) (spans []frontdesk.Span, ok bool) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		found := typedSpan.FindStringSubmatch(strings.TrimSpace(part))
		if found == nil {
			return nil, false
		}
		start, startOK := minutesOf(found[1], found[2])
		end, endOK := minutesOf(found[3], found[4])
		if end <= start {
			end += 24 * 60
		}
		if !startOK || !endOK || start >= 24*60 || len(spans) == maxSpans {
			return nil, false
		}
		spans = append(spans, frontdesk.Span{Start: start, End: end})
	}
	return spans, true
}

func minutesOf(hour, minute string) (int, bool) {
	h, err := strconv.Atoi(hour)
	m := 0
	if err == nil && minute != "" {
		m, err = strconv.Atoi(minute)
	}
	return 60*h + m, err == nil && m < 60 && 60*h+m <= 24*60
}

// saveFact reads a fact of the form's kind.
func (s *Server) saveFact(c *gin.Context) {
	person := who(c)
	fact := frontdesk.Fact{
		Kind: frontdesk.FactKind(c.PostForm("kind")), Label: strings.TrimSpace(c.PostForm("label")), Value: strings.TrimSpace(c.PostForm("value")),
		Site: strings.Join(strings.Fields(c.PostForm("site")), " "), Language: person.Clinic.Language,
	}
	if problem := s.fillFact(c, &fact, person); problem != "" || len([]rune(fact.Label)) > maxFactLabel || len([]rune(fact.Value)) > maxFactValue || len([]rune(fact.Site)) > maxFactLabel {
		if problem == "" {
			problem = "profile.too_long"
		}
		s.fail(c, s.wrong(c, problem, nil))
		return
	}
	if err := s.o.Manager.SaveFact(c.Request.Context(), person, frontdesk.EntryID(c.PostForm("replaces")), fact); err != nil {
		s.fail(c, err)
		return
	}
	s.toProfile(c, fact.Site)
}

// fillFact reads what belongs to a fact's kind and names the text of what is wrong.
func (s *Server) fillFact(c *gin.Context, fact *frontdesk.Fact, person Person) string {
	switch fact.Kind {
	case frontdesk.FactHours:
		return fillHours(c, fact, person)
	case frontdesk.FactPrice:
		money, ok := moneyOf(c.PostForm("amount"), c.PostForm("to"), c.PostForm("from") != "", c.PostForm("currency"))
		if !ok || fact.Label == "" {
			return "profile.bad_price"
		}
		fact.Money = &money
	case frontdesk.FactPhone:
		if len(strings.Trim(fact.Value, "+0123456789 ().-/")) > 0 || len(fact.Value) < 3 {
			return "profile.bad_phone"
		}
	case frontdesk.FactEmail:
		if address, err := mail.ParseAddress(fact.Value); err != nil || address.Address != fact.Value {
			return "profile.bad_email"
		}
	case frontdesk.FactAddress:
		if fact.Value == "" {
			return "profile.bad_address"
		}
		return fillPoint(c, fact)
	default:
		return "knowledge.which"
	}
	return ""
}

// fillPoint reads the point on the map, where one was typed.
func fillPoint(c *gin.Context, fact *frontdesk.Fact) string {
	latitude, longitude := strings.TrimSpace(c.PostForm("lat")), strings.TrimSpace(c.PostForm("lon"))
	if latitude == "" && longitude == "" {
		return ""
	}
	var point frontdesk.Point
	var latErr, lonErr error
	point.Latitude, latErr = strconv.ParseFloat(strings.ReplaceAll(latitude, ",", "."), 64)
	point.Longitude, lonErr = strconv.ParseFloat(strings.ReplaceAll(longitude, ",", "."), 64)
	inRange := point.Latitude >= -90 && point.Latitude <= 90 && point.Longitude >= -180 && point.Longitude <= 180
	if latErr != nil || lonErr != nil || !inRange {
		return "profile.bad_point"
	}
	fact.Point = &point
	return ""
}

// moneyOf reads an amount, or a range, as it is typed: "25", "25,50".
func moneyOf(amount, to string, from bool, currency string) (frontdesk.Money, bool) {
	read := func(text string) (int64, bool) {
		whole, part, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(text), ",", "."), ".")
		euros, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || euros < 0 || euros > 1_000_000 || len(part) > 2 {
			return 0, false
		}
		cents, err := strconv.ParseInt((part + "00")[:2], 10, 64)
		return 100*euros + cents, err == nil && cents >= 0
	}
	money := frontdesk.Money{From: from, Currency: strings.ToUpper(strings.TrimSpace(currency))}
	var ok bool
	if money.Amount, ok = read(amount); !ok || len(money.Currency) != 3 {
		return money, false
	}
	if strings.TrimSpace(to) != "" {
		if money.To, ok = read(to); !ok || money.To <= money.Amount {
			return money, false
		}
	}
	return money, true
}

// fillHours reads a week with its exceptions.
func fillHours(c *gin.Context, fact *frontdesk.Fact, person Person) string {
	hours := frontdesk.Hours{}
	known := false
	for day := range hours.Days {
		n := strconv.Itoa(day)
		spans, ok := parseSpans(c.PostForm("day_" + n))
		if !ok {
			return "profile.bad_hours"
		}
		hours.Days[day], hours.Unknown[day] = spans, c.PostForm("unknown_"+n) != "" && len(spans) == 0
		known = known || !hours.Unknown[day]
	}
	if c.PostForm("holidays") != "" && calendar.KnowsHolidays(person.Clinic.Country) {
		hours.Holidays = person.Clinic.Country
	}
	var problem string
	if hours.Exceptions, problem = exceptionsOf(c); problem != "" {
		return problem
	}
	if !known && len(hours.Exceptions) == 0 {
		return "profile.bad_hours"
	}
	fact.Hours = &hours
	return ""
}

// exceptionsOf reads the rows of dated exceptions; one without a date is left out.
func exceptionsOf(c *gin.Context) ([]frontdesk.Exception, string) {
	from, to, times, notes := c.PostFormArray("except_from"), c.PostFormArray("except_to"), c.PostFormArray("except_times"), c.PostFormArray("except_note")
	if n := len(from); len(to) != n || len(times) != n || len(notes) != n || n > exceptMost {
		return nil, "profile.bad_exception"
	}
	var out []frontdesk.Exception
	for i := range from {
		e := frontdesk.Exception{From: strings.TrimSpace(from[i]), To: strings.TrimSpace(to[i]), Note: strings.TrimSpace(notes[i])}
		if e.From == "" {
			continue
		}
		spans, ok := parseSpans(times[i])
		if !ok || !isDay(e.From) || e.To != "" && (!isDay(e.To) || len(e.To) != len(e.From) || len(e.From) == len(time.DateOnly) && e.To < e.From) || len([]rune(e.Note)) > maxFactValue {
			return nil, "profile.bad_exception"
		}
		e.Spans = spans
		out = append(out, e)
	}
	return out, ""
}

// isDay tells whether a text is a date, or a day of every year.
func isDay(text string) bool {
	_, dated := time.Parse(time.DateOnly, text)
	_, yearly := time.Parse("2006-01-02", "2000-"+text)
	return dated == nil || yearly == nil
}

func (s *Server) approveFact(c *gin.Context) { s.decideFact(c, true) }
func (s *Server) retireFact(c *gin.Context)  { s.decideFact(c, false) }

func (s *Server) decideFact(c *gin.Context, approve bool) {
	if err := s.o.Manager.DecideFact(c.Request.Context(), who(c), frontdesk.EntryID(c.PostForm("fact")), approve); err != nil {
		s.fail(c, err)
		return
	}
	s.toProfile(c, c.PostForm("site"))
}

func (s *Server) toProfile(c *gin.Context, site string) {
	to := "/console/profile"
	if site != "" {
		to += "?site=" + url.QueryEscape(site)
	}
	c.Redirect(http.StatusSeeOther, to)
}

// setLinks sets the addresses and numbers that the assistant gives out.
func (s *Server) setLinks(c *gin.Context) {
	links := map[string]string{}
	for _, name := range []string{"booking_url", "portal_url", "privacy_url"} {
		links[name] = strings.TrimSpace(c.PostForm(name))
		if u, err := url.Parse(links[name]); links[name] != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
			s.fail(c, s.wrong(c, "profile.bad_link", err))
			return
		}
	}
	for _, name := range []string{"phone", "nurse_line"} {
		links[name] = strings.TrimSpace(c.PostForm(name))
		if len(strings.Trim(links[name], "+0123456789 ().-/")) > 0 {
			s.fail(c, s.wrong(c, "profile.bad_phone", nil))
			return
		}
	}
	var changed []string
	current := who(c).Clinic.Settings
	for name, before := range map[string]string{
		"booking_url": current.BookingURL, "portal_url": current.PortalURL, "privacy_url": current.PrivacyURL, "phone": current.Phone, "nurse_line": current.NurseLine,
	} {
		if links[name] != before {
			changed = append(changed, name+"="+links[name])
		}
	}
	slices.Sort(changed)
	err := s.o.Configure(c.Request.Context(), who(c), strings.Join(changed, " "), func(settings *frontdesk.Settings) error {
		settings.BookingURL, settings.PortalURL, settings.PrivacyURL = links["booking_url"], links["portal_url"], links["privacy_url"]
		settings.Phone, settings.NurseLine = links["phone"], links["nurse_line"]
		return nil
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.toProfile(c, "")
}
