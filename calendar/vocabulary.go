package calendar

import (
	"strings"
	"time"
)

// vocabulary is how one language names days, in plain form (lower case, no
// accents). Alternatives are separated by spaces, the words of one by
// underscores.
type vocabulary struct {
	today, tomorrow, afterTomorrow string
	yesterday, beforeYesterday     string
	weekend                        string
	next                           string     // before or behind a weekday
	weekdays                       [7]string  // from Sunday
	months                         [12]string // from January
	links                          string     // words allowed between a day's number and its month
	in, days, weeks                string     // "in" 3 "days"
	morning                        string     // words before a "tomorrow" that make it "morning"
	christmasEve, christmas        string
	newYearsEve, newYear           string
	prefixes                       []string // written at the front of a word: Arabic "and", "in", "for"
}

// wordsOf returns the vocabulary of a language, an empty one if it has none.
func wordsOf(lang string) vocabulary {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	switch lang {
	case "fr":
		return french()
	case "it":
		return italian()
	case "ru":
		return russian()
	case "en":
		return english()
	case "es":
		return spanish()
	case "de":
		return german()
	case "pt":
		return portuguese()
	case "ar":
		return arabic()
	}
	return more(lang)
}

func (v vocabulary) month(word string) int {
	for i, names := range v.months {
		if v.named(names, word) {
			return i + 1
		}
	}
	return 0
}

func (v vocabulary) weekday(word string) (time.Weekday, bool) {
	for i, names := range v.weekdays {
		if v.named(names, word) {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// named tells whether word is one of names, prefixes taken off.
func (v vocabulary) named(names, word string) bool {
	if listed(names, word) {
		return true
	}
	for _, prefix := range v.prefixes {
		if rest, ok := strings.CutPrefix(word, prefix); ok && listed(names, rest) {
			return true
		}
	}
	return false
}

func (v vocabulary) isLink(word string) bool { return listed(v.links, word) }

// isMorning tells whether the "tomorrow" at words[at] is the time of day ("por
// la mañana", "am Morgen").
func (v vocabulary) isMorning(words []string, at int) bool {
	return at > 0 && listed(v.morning, words[at-1])
}

// inDays reads "in 3 days" and "in 2 weeks".
func (v vocabulary) inDays(words []string) (int, bool) {
	for i := 0; i+2 < len(words); i++ {
		if !listed(v.in, words[i]) {
			continue
		}
		n := number(words[i+1])
		if n < 1 || n > 366 {
			continue
		}
		if listed(v.days, words[i+2]) {
			return n, true
		}
		if listed(v.weeks, words[i+2]) && n <= 52 {
			return 7 * n, true
		}
	}
	return 0, false
}

func french() vocabulary {
	return vocabulary{
		today: "aujourd_hui aujourdhui ajd auj ce_soir ce_matin cet_apres_midi cette_nuit maintenant", tomorrow: "demain dmain 2main", afterTomorrow: "apres_demain",
		yesterday: "hier", beforeYesterday: "avant_hier", weekend: "week_end weekend we", next: "prochain prochaine",
		weekdays: [7]string{"dimanche dim", "lundi lun", "mardi", "mercredi mer", "jeudi jeu", "vendredi ven", "samedi sam"},
		months:   [12]string{"janvier janv", "fevrier fev fevr", "mars", "avril avr", "mai", "juin", "juillet juil", "aout", "septembre sept", "octobre oct", "novembre nov", "decembre dec"},
		links:    "du de", in: "dans", days: "jour jours", weeks: "semaine semaines",
		christmasEve: "veille_de_noel reveillon_de_noel", christmas: "noel", newYearsEve: "saint_sylvestre st_sylvestre reveillon", newYear: "jour_de_l_an nouvel_an premier_de_l_an",
	}
}

func italian() vocabulary {
	return vocabulary{
		today: "oggi stasera stamattina stamani stanotte adesso", tomorrow: "domani", afterTomorrow: "dopodomani dopo_domani",
		yesterday: "ieri", beforeYesterday: "altro_ieri altroieri", weekend: "fine_settimana weekend week_end", next: "prossimo prossima",
		weekdays: [7]string{"domenica dom", "lunedi lun", "martedi mart", "mercoledi merc", "giovedi gio giov", "venerdi ven", "sabato sab"},
		months:   [12]string{"gennaio gen", "febbraio feb", "marzo", "aprile apr", "maggio mag", "giugno giu", "luglio lug", "agosto ago", "settembre sett set", "ottobre ott", "novembre nov", "dicembre dic"},
		links:    "di del", in: "tra fra", days: "giorno giorni", weeks: "settimana settimane",
		christmasEve: "vigilia_di_natale vigilia", christmas: "natale", newYearsEve: "san_silvestro", newYear: "capodanno",
	}
}

func russian() vocabulary {
	return vocabulary{
		today: "сегодня сейчас", tomorrow: "завтра", afterTomorrow: "послезавтра", yesterday: "вчера", beforeYesterday: "позавчера",
		weekend: "выходные выходных выходным", next: "следующий следующую следующее следующая следующие следующей",
		weekdays: [7]string{"воскресенье воскресенья воскресеньям вс", "понедельник понедельника понедельникам пн", "вторник вторника вторникам вт", "среда среду среды средам ср", "четверг четверга четвергам чт", "пятница пятницу пятницы пятницам пт", "суббота субботу субботы субботам сб"},
		months:   [12]string{"январь января янв", "февраль февраля фев", "март марта", "апрель апреля апр", "май мая", "июнь июня", "июль июля", "август августа авг", "сентябрь сентября сент", "октябрь октября окт", "ноябрь ноября нояб", "декабрь декабря дек"},
		links:    "го ого е", in: "через", days: "день дня дней", weeks: "неделю недели недель",
		newYearsEve: "канун_нового_года", newYear: "новый_год нового_года", christmas: "католическое_рождество",
	}
}

func english() vocabulary {
	return vocabulary{
		today: "today tonight this_morning this_afternoon this_evening now right_now 2day", tomorrow: "tomorrow tmrw tmr tomorow tommorow tommorrow 2moro", afterTomorrow: "day_after_tomorrow",
		yesterday: "yesterday", beforeYesterday: "day_before_yesterday", weekend: "weekend week_end", next: "next",
		weekdays: [7]string{"sunday sundays sun", "monday mondays mon", "tuesday tuesdays tue tues", "wednesday wednesdays wed", "thursday thursdays thu thurs", "friday fridays fri", "saturday saturdays sat"},
		months:   [12]string{"january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug", "september sept sep", "october oct", "november nov", "december dec"},
		links:    "of the", in: "in", days: "day days", weeks: "week weeks",
		christmasEve: "christmas_eve xmas_eve", christmas: "christmas xmas", newYearsEve: "new_year_s_eve new_years_eve new_year_eve", newYear: "new_year_s_day new_years_day new_year_s new_years new_year",
	}
}

func spanish() vocabulary {
	return vocabulary{
		today: "hoy esta_noche esta_tarde esta_manana ahora", tomorrow: "manana", afterTomorrow: "pasado_manana", yesterday: "ayer", beforeYesterday: "anteayer antes_de_ayer",
		weekend: "fin_de_semana finde", next: "proximo proxima siguiente", morning: "la cada esta",
		weekdays: [7]string{"domingo domingos dom", "lunes", "martes", "miercoles", "jueves", "viernes", "sabado sabados sab"},
		months:   [12]string{"enero ene", "febrero feb", "marzo", "abril abr", "mayo", "junio jun", "julio jul", "agosto ago", "septiembre setiembre sept", "octubre oct", "noviembre nov", "diciembre dic"},
		links:    "de del", in: "en", days: "dia dias", weeks: "semana semanas",
		christmasEve: "nochebuena noche_buena", christmas: "navidad", newYearsEve: "nochevieja noche_vieja fin_de_ano", newYear: "ano_nuevo",
	}
}

func german() vocabulary {
	return vocabulary{
		today: "heute jetzt heut", tomorrow: "morgen", afterTomorrow: "ubermorgen uebermorgen", yesterday: "gestern", beforeYesterday: "vorgestern",
		weekend: "wochenende", next: "nachsten nachster nachste naechsten kommenden kommender", morning: "guten am jeden heute gestern",
		weekdays: [7]string{"sonntag sonntags so", "montag montags mo", "dienstag dienstags di", "mittwoch mittwochs mi", "donnerstag donnerstags do", "freitag freitags fr", "samstag samstags sonnabend sonnabends sa"},
		months:   [12]string{"januar janner jan", "februar feber feb", "marz maerz", "april apr", "mai", "juni", "juli", "august aug", "september sept", "oktober okt", "november nov", "dezember dez"},
		links:    "der den", in: "in", days: "tag tagen tage", weeks: "woche wochen",
		christmasEve: "heiligabend heilig_abend heiliger_abend weihnachtsabend", christmas: "weihnachten weihnachtstag weihnachtsfeiertag", newYearsEve: "silvester", newYear: "neujahr neujahrstag",
	}
}

func portuguese() vocabulary {
	return vocabulary{
		today: "hoje hj esta_noite esta_tarde agora", tomorrow: "amanha amnh", afterTomorrow: "depois_de_amanha", yesterday: "ontem", beforeYesterday: "anteontem antes_de_ontem",
		weekend: "fim_de_semana fds final_de_semana", next: "proximo proxima que_vem",
		weekdays: [7]string{"domingo domingos dom", "segunda segundas 2ª", "terca tercas", "quarta quartas", "quinta quintas", "sexta sextas", "sabado sabados sab"},
		months:   [12]string{"janeiro jan", "fevereiro fev", "marco", "abril abr", "maio", "junho jun", "julho jul", "agosto ago", "setembro set", "outubro out", "novembro nov", "dezembro dez"},
		links:    "de do", in: "em daqui_a a", days: "dia dias", weeks: "semana semanas",
		christmasEve: "vespera_de_natal", christmas: "natal", newYearsEve: "vespera_de_ano_novo reveillon passagem_de_ano", newYear: "ano_novo",
	}
}

func arabic() vocabulary {
	return vocabulary{
		today: "اليوم الان الليله الآن", tomorrow: "غدا بكره بكرا غد", afterTomorrow: "بعد_غد بعد_بكره", yesterday: "امس أمس", beforeYesterday: "اول_امس",
		weekend: "نهايه_الاسبوع عطله_نهايه_الاسبوع عطله_الاسبوع", next: "القادم المقبل القادمه المقبله",
		weekdays: [7]string{"الاحد احد", "الاثنين الإثنين اثنين الاتنين", "الثلاثاء ثلاثاء التلات", "الاربعاء اربعاء الاربع", "الخميس خميس", "الجمعه جمعه", "السبت سبت"},
		months: [12]string{
			"يناير جانفي", "فبراير فيفري", "مارس اذار", "ابريل افريل نيسان", "مايو ماي ايار", "يونيو جوان حزيران",
			"يوليو جويليه تموز", "اغسطس اوت غشت", "سبتمبر شتنبر ايلول", "اكتوبر", "نوفمبر نونبر", "ديسمبر دجنبر",
		},
		links: "من شهر", in: "بعد خلال", days: "يوم ايام", weeks: "اسبوع اسابيع",
		christmas: "عيد_الميلاد الكريسماس", newYear: "راس_السنه", prefixes: []string{"و", "ب", "ل", "ف"},
	}
}

// more holds the languages that come second.
func more(lang string) vocabulary {
	switch lang {
	case "uk":
		return vocabulary{
			today: "сьогодні зараз", tomorrow: "завтра", afterTomorrow: "післязавтра", yesterday: "вчора учора", beforeYesterday: "позавчора", weekend: "вихідні вихідних", next: "наступний наступну наступного наступної",
			weekdays: [7]string{"неділя неділю неділі нд", "понеділок понеділка пн", "вівторок вівторка вт", "середа середу середи ср", "четвер четверга чт", "п'ятниця п'ятницю пятниця пятницю пятниці ятниця ятницю ятниці пт", "субота суботу суботи сб"},
			months:   [12]string{"січень січня", "лютий лютого", "березень березня", "квітень квітня", "травень травня", "червень червня", "липень липня", "серпень серпня", "вересень вересня", "жовтень жовтня", "листопад листопада", "грудень грудня"},
			in:       "через за", days: "день дні днів", weeks: "тиждень тижні тижнів",
		}
	case "pl":
		return vocabulary{
			today: "dzis dzisiaj teraz", tomorrow: "jutro", afterTomorrow: "pojutrze", yesterday: "wczoraj", beforeYesterday: "przedwczoraj", weekend: "weekend", next: "nastepny nastepna przyszly przyszla nastepnym",
			weekdays: [7]string{"niedziela niedziele niedzieli", "poniedzialek poniedzialki", "wtorek wtorki", "sroda srode srody", "czwartek czwartki", "piatek piatki", "sobota sobote soboty"},
			months:   [12]string{"styczen stycznia", "luty lutego", "marzec marca", "kwiecien kwietnia", "maj maja", "czerwiec czerwca", "lipiec lipca", "sierpien sierpnia", "wrzesien wrzesnia", "pazdziernik pazdziernika", "listopad listopada", "grudzien grudnia"},
			in:       "za", days: "dzien dni", weeks: "tydzien tygodnie tygodni", christmas: "boze_narodzenie", christmasEve: "wigilia wigilie", newYear: "nowy_rok", newYearsEve: "sylwester sylwestra",
		}
	case "nl":
		return vocabulary{
			today: "vandaag vanavond nu", tomorrow: "morgen", afterTomorrow: "overmorgen", yesterday: "gisteren", beforeYesterday: "eergisteren", weekend: "weekend weekeinde", next: "volgende aanstaande", morning: "goede",
			weekdays: [7]string{"zondag zo", "maandag ma", "dinsdag di", "woensdag wo", "donderdag do", "vrijdag vr", "zaterdag za"},
			months:   [12]string{"januari jan", "februari feb", "maart", "april apr", "mei", "juni", "juli", "augustus aug", "september", "oktober", "november", "december"},
			in:       "over", days: "dag dagen", weeks: "week weken", christmas: "kerst kerstmis eerste_kerstdag", christmasEve: "kerstavond", newYear: "nieuwjaar nieuwjaarsdag", newYearsEve: "oudjaar oudejaarsavond",
		}
	case "tr":
		return vocabulary{
			today: "bugun simdi bu_aksam", tomorrow: "yarin", afterTomorrow: "obur_gun yarindan_sonra", yesterday: "dun", weekend: "hafta_sonu haftasonu", next: "gelecek onumuzdeki",
			weekdays: [7]string{"pazar", "pazartesi", "sali", "carsamba", "persembe", "cuma", "cumartesi"},
			months:   [12]string{"ocak", "subat", "mart", "nisan", "mayis", "haziran", "temmuz", "agustos", "eylul", "ekim", "kasim", "aralik"},
			newYear:  "yilbasi",
		}
	}
	return vocabulary{}
}
