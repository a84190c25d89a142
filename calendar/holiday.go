package calendar

import (
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
)

// Holiday returns the name of the public holiday on t's date in a region: an ISO
// 3166-1 country, or a part of one for Germany and Switzerland ("DE-BY",
// "CH-GE"). Days that move with the moon's sighting (the Islamic feasts) are not
// computed: a clinic enters them as exceptions. An unknown region has none.
func Holiday(region string, t time.Time) (string, bool) {
	year, month, day := t.Date()
	for _, h := range holidays(strings.ToUpper(region)) {
		// A holiday that falls on a weekend may be kept on another day; both are closed.
		actual, observed := h.Calc(year)
		for _, on := range []time.Time{actual, observed} {
			y, m, d := on.Date()
			if y == year && m == month && d == day {
				return h.Name, true
			}
		}
	}
	return "", false
}

// KnowsHolidays tells whether the public holidays of a region are known.
func KnowsHolidays(region string) bool { return len(holidays(strings.ToUpper(region))) > 0 }

func holidays(region string) []*cal.Holiday {
	country, part, _ := strings.Cut(region, "-")
	switch country {
	case "DE":
		return germany(part)
	case "CH":
		return switzerland(part)
	case "PT":
		return portugal()
	case "LU":
		return luxembourg()
	case "TR":
		return turkey()
	case "FR":
		if part == "57" || part == "67" || part == "68" || part == "GES" {
			return append([]*cal.Holiday{aa.GoodFriday.Clone(&cal.Holiday{Name: "Vendredi saint"}), fixed("Saint-Étienne", time.December, 26)}, fr.Holidays...)
		}
		return fr.Holidays
	case "IT":
		return it.Holidays
	case "ES":
		return es.Holidays
	case "GB":
		return gb.Holidays
	case "IE":
		return ie.Holidays
	case "US":
		return us.Holidays
	case "CA":
		return ca.Holidays
	case "BR":
		return br.Holidays
	case "RU":
		return ru.Holidays
	case "UA":
		return ua.Holidays
	case "PL":
		return pl.Holidays
	}
	return further(country)
}

// further holds the countries whose patients come second.
func further(country string) []*cal.Holiday {
	switch country {
	case "AT":
		return at.Holidays
	case "BE":
		return be.Holidays
	case "NL":
		return nl.Holidays
	case "BG":
		return bg.Holidays
	case "CZ":
		return cz.Holidays
	case "DK":
		return dk.Holidays
	case "GR":
		return gr.Holidays
	case "HR":
		return hr.Holidays
	case "LT":
		return lt.Holidays
	case "LV":
		return lv.Holidays
	case "NO":
		return no.Holidays
	case "RO":
		return ro.Holidays
	case "SE":
		return se.Holidays
	case "SI":
		return si.Holidays
	case "SK":
		return sk.Holidays
	}
	return nil
}

func germany(land string) []*cal.Holiday {
	lists := map[string][]*cal.Holiday{
		"BW": de.HolidaysBW, "BY": de.HolidaysBY, "BE": de.HolidaysBE, "BB": de.HolidaysBB,
		"HB": de.HolidaysHB, "HH": de.HolidaysHH, "HE": de.HolidaysHE, "MV": de.HolidaysMV,
		"NI": de.HolidaysNI, "NW": de.HolidaysNW, "RP": de.HolidaysRP, "SL": de.HolidaysSL,
		"SN": de.HolidaysSN, "ST": de.HolidaysST, "SH": de.HolidaysSH, "TH": de.HolidaysTH,
	}
	if list, ok := lists[land]; ok {
		return list
	}
	return de.Holidays
}

func switzerland(canton string) []*cal.Holiday {
	lists := map[string][]*cal.Holiday{
		"ZH": ch.HolidaysZH, "BE": ch.HolidaysBE, "LU": ch.HolidaysLU, "UR": ch.HolidaysUR,
		"SZ": ch.HolidaysSZ, "OW": ch.HolidaysOW, "NW": ch.HolidaysNW, "GL": ch.HolidaysGL,
		"ZG": ch.HolidaysZG, "FR": ch.HolidaysFR, "SO": ch.HolidaysSO, "BS": ch.HolidaysBS,
		"BL": ch.HolidaysBL, "SH": ch.HolidaysSH, "AR": ch.HolidaysAR, "AI": ch.HolidaysAI,
		"SG": ch.HolidaysSG, "GR": ch.HolidaysGR, "AG": ch.HolidaysAG, "TG": ch.HolidaysTG,
		"VD": ch.HolidaysVD, "TI": ch.HolidaysTI, "VS": ch.HolidaysVS, "NE": ch.HolidaysNE,
		"GE": geneva(), "JU": ch.HolidaysJU,
	}
	if list, ok := lists[canton]; ok {
		return list
	}
	return ch.Holidays
}

// geneva: Loi sur les jours fériés (LJF, J 1 45), art. 1. The Jeûne genevois is
// the Thursday after the first Sunday of September.
func geneva() []*cal.Holiday {
	fast := &cal.Holiday{
		Name: "Jeûne genevois", Month: time.September, Weekday: time.Sunday, Offset: 1, CalcOffset: 4,
		Func: cal.CalcWeekdayOffset,
	}
	return []*cal.Holiday{
		fixed("Nouvel An", time.January, 1), easter("Vendredi saint", -2), easter("Lundi de Pâques", 1),
		easter("Ascension", 39), easter("Lundi de Pentecôte", 50), fixed("Fête nationale", time.August, 1),
		fast, fixed("Noël", time.December, 25), fixed("Restauration de la République", time.December, 31),
	}
}

// portugal: Código do Trabalho, art. 234.
func portugal() []*cal.Holiday {
	return []*cal.Holiday{
		fixed("Ano Novo", time.January, 1), easter("Sexta-feira Santa", -2), easter("Páscoa", 0),
		fixed("Dia da Liberdade", time.April, 25), fixed("Dia do Trabalhador", time.May, 1),
		easter("Corpo de Deus", 60), fixed("Dia de Portugal", time.June, 10),
		fixed("Assunção", time.August, 15), fixed("Implantação da República", time.October, 5),
		fixed("Todos os Santos", time.November, 1), fixed("Restauração da Independência", time.December, 1),
		fixed("Imaculada Conceição", time.December, 8), fixed("Natal", time.December, 25),
	}
}

// luxembourg: Code du travail, art. L. 232-2.
func luxembourg() []*cal.Holiday {
	return []*cal.Holiday{
		fixed("Nouvel An", time.January, 1), easter("Lundi de Pâques", 1), fixed("Fête du Travail", time.May, 1),
		fixed("Journée de l’Europe", time.May, 9), easter("Ascension", 39), easter("Lundi de Pentecôte", 50),
		fixed("Fête nationale", time.June, 23), fixed("Assomption", time.August, 15),
		fixed("Toussaint", time.November, 1), fixed("Noël", time.December, 25), fixed("Saint-Étienne", time.December, 26),
	}
}

// turkey: Law 2429, its fixed days.
func turkey() []*cal.Holiday {
	return []*cal.Holiday{
		fixed("Yılbaşı", time.January, 1), fixed("Ulusal Egemenlik ve Çocuk Bayramı", time.April, 23),
		fixed("Emek ve Dayanışma Günü", time.May, 1), fixed("Gençlik ve Spor Bayramı", time.May, 19),
		fixed("Demokrasi ve Millî Birlik Günü", time.July, 15), fixed("Zafer Bayramı", time.August, 30),
		fixed("Cumhuriyet Bayramı", time.October, 29),
	}
}

func fixed(name string, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, Func: cal.CalcDayOfMonth}
}

func easter(name string, offset int) *cal.Holiday {
	return &cal.Holiday{Name: name, Offset: offset, Func: cal.CalcEasterOffset}
}
