package language

import (
	"strings"
	"testing"
	"time"
)

// Short messages as patients type them: three words or so, with and without
// accents, in chat spelling, and in Latin letters where the keyboard lacks others.
func shortMessages() map[string][]string {
	return map[string][]string{
		"fr": {"slt c koi les horaires", "vs ouvrez kan", "bjr c combien", "rdv pour demain svp", "je veux annuler", "ou etes vous", "parler a qqn", "c'est urgent", "mon fils est malade", "combien coute une radio", "quel est votre numero", "vous prenez la mutuelle", "ouvert le samedi ?", "faut il etre a jeun", "merci beaucoup", "je suis en retard", "a quelle heure fermez vous", "jpeux venir quand", "et le parking ?", "resultats disponibles ?"},
		"it": {"a che ora aprite", "quanto costa la visita", "siete aperti sabato", "vorrei un appuntamento", "devo annullare domani", "dove siete", "c'è parcheggio", "posso parlare con qualcuno", "serve la ricetta", "mio figlio ha la febbre", "grazie mille", "sono in ritardo", "che documenti servono", "nn riesco a prenotare", "xke non rispondete", "numero di telefono", "orari del laboratorio", "devo essere a digiuno", "i referti sono pronti", "accettate assicurazioni"},
		"ru": {"когда вы работаете", "сколько стоит приём", "где вы находитесь", "запись на завтра", "спс большое", "можно отменить запись", "kogda vy rabotaete", "skolko stoit priem", "gde vy nahodites", "hochu zapisatsya k vrachu", "privet mozhno zapisatsya", "нужен врач", "есть парковка?", "анализы готовы?", "позовите человека", "у меня болит зуб", "do skolki vy otkryty", "mne nuzhen stomatolog", "а в субботу", "нужно ли натощак"},
		"en": {"what time u open", "how much is it", "r u open sunday", "cancel my appointment", "where are you", "can i park there", "talk to someone", "need a doctor", "is lunch allowed", "my son is sick", "thx a lot", "running late sorry", "do i need to fast", "whats ur number", "lab opening hours", "are results ready", "do you take insurance", "bring my card?", "and on sunday?", "book for tomorrow"},
		"es": {"a que hora abren", "cuanto cuesta la consulta", "abren los sabados", "quiero una cita", "necesito cancelar", "donde estan", "hay aparcamiento", "hablar con alguien", "mi hijo tiene fiebre", "muchas gracias", "llego tarde", "tengo que ir en ayunas", "q documentos llevo", "xq no contestan", "estan mis resultados", "aceptan mi seguro", "horario del laboratorio", "cual es su telefono", "y el domingo", "me duele mucho"},
		"de": {"wann habt ihr auf", "was kostet das", "brauche einen termin", "termin absagen bitte", "wo seid ihr", "gibt es parkplätze", "mit jemandem sprechen", "mein kind hat fieber", "vielen dank", "komme etwas später", "muss ich nüchtern sein", "welche unterlagen brauche ich", "sind ergebnisse da", "offnungszeiten am samstag", "haben sie morgen offen", "nehmen sie meine kasse", "wie lange dauert das", "telefonnummer bitte", "und am sonntag", "ich habe schmerzen"},
		"pt": {"que horas abre", "quanto custa a consulta", "abrem ao sábado", "quero marcar consulta", "preciso desmarcar", "onde ficam", "tem estacionamento", "falar com alguém", "meu filho está com febre", "muito obrigado", "vou chegar atrasado", "preciso estar em jejum", "vcs atendem hj", "aceita meu convênio", "os exames estão prontos", "qual o telefone", "horario do laboratorio", "e no domingo", "estou com dor", "que documentos levo"},
		"ar": {"متى تفتحون", "كم سعر الكشف", "اريد موعد", "وين مكانكم", "هل عندكم موقف", "ابغى الغي الموعد", "شكرا جزيلا", "ممكن اكلم موظف", "النتائج جاهزة؟", "ابني عنده حرارة", "شحال الثمن", "wa9tach kat7ellou", "bch7al la consultation 3afak", "bghit maw3id", "3andkom parking", "salam momkin maw3id", "emta bteftaho", "واش محلولين اليوم", "و يوم الاحد", "رقم التلفون"},
		"pl": {"o ktorej otwieracie", "ile kosztuje wizyta", "chce sie umowic", "czy jest parking", "gdzie jestescie", "odwołać wizytę", "dziękuję bardzo", "syn ma gorączkę", "czynne w sobotę", "numer telefonu", "czy są wyniki", "na czczo czy nie", "spóźnię się chwilę", "rozmawiać z człowiekiem", "jakie dokumenty zabrać", "godziny otwarcia laboratorium", "a w niedziele", "boli mnie zab", "potrzebuje recepte", "kiedy wolny termin"},
		"tr": {"kaçta açılıyorsunuz", "muayene ne kadar", "randevu almak istiyorum", "randevumu iptal edin", "nerdesiniz", "otopark var mi", "biriyle konusmak istiyorum", "cocugumun atesi var", "tesekkur ederim", "gec kalacagim", "ac mi gelmeliyim", "sonuclar cikti mi", "cumartesi acik misiniz", "telefon numaraniz", "hangi belgeler lazim", "sigorta geciyor mu", "laboratuvar saatleri", "pazar gunu peki", "disim agriyor", "doktor ne zaman"},
	}
}

func TestShortMessages(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for tag, messages := range shortMessages() {
		for _, m := range messages {
			all++
			if got := Detect(m); got.Tag == tag {
				right++
			} else {
				t.Logf("%s: %q is %s (%.2f)", tag, m, got.Tag, got.Sure)
			}
		}
	}
	t.Logf("%d of %d", right, all)
	if float64(right) < 0.95*float64(all) {
		t.Errorf("%d of %d right, want 95%%", right, all)
	}
}

func TestPriorsDecideBetweenCloseGuesses(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for tag, messages := range shortMessages() {
		for _, m := range messages {
			all++
			if Detect(m, tag, "en").Tag == tag {
				right++
			}
		}
	}
	if float64(right) < 0.99*float64(all) {
		t.Errorf("%d of %d right with the conversation's language, want 99%%", right, all)
	}
	for _, c := range []struct {
		text, want string
		priors     []string
	}{
		{"ok", "it", []string{"it", "fr"}},
		{"👍", "ru", []string{"ru"}},
		{"12345", "pt", []string{"pt-BR"}},
		{"à quelle heure ouvrez-vous demain ?", "fr", []string{"it", "en"}},
		{"сколько стоит приём врача", "ru", []string{"fr"}},
		{"Wann haben Sie am Samstag geöffnet?", "de", []string{"en"}},
		{"会社は何時に開きますか", "ja", nil},
		{"予約", "ja", []string{"ja"}},
	} {
		if got := Detect(c.text, c.priors...); got.Tag != c.want {
			t.Errorf("%q with %v: %s, want %s", c.text, c.priors, got.Tag, c.want)
		}
	}
}

func TestManyLanguages(t *testing.T) {
	t.Parallel()
	for tag, text := range map[string]string{
		"uk": "Добрий день, коли ви працюєте і скільки коштує прийом лікаря?",
		"nl": "Hoe laat gaat de praktijk morgen open en wat kost een afspraak?",
		"ro": "Bună ziua, la ce oră deschideți mâine și cât costă consultația?",
		"zh": "请问医院明天几点开门？",
		"ja": "明日の診察は何時からですか？",
		"ko": "내일 병원 몇 시에 열어요?",
		"vi": "Xin chào, ngày mai phòng khám mở cửa lúc mấy giờ?",
		"el": "Καλημέρα, τι ώρα ανοίγετε αύριο;",
		"fa": "سلام، فردا مطب چه ساعتی باز است و ویزیت چقدر می‌شود؟",
		"hi": "नमस्ते, कल अस्पताल कितने बजे खुलता है?",
		"hu": "Jó napot, mikor van holnap rendelés és mennyibe kerül?",
		"cs": "Dobrý den, v kolik hodin zítra otevíráte a kolik to stojí?",
		"sk": "Dobrý deň, o koľkej zajtra otvárate a koľko to stojí?",
		"sl": "Dober dan, ob kateri uri jutri odprete in koliko stane pregled?",
		"bg": "Добър ден, в колко часа отваряте утре и колко струва прегледът?",
		"sr": "Добар дан, када радите сутра и колико кошта преглед код лекара?",
		"hr": "Dobar dan, kada sutra otvarate ordinaciju i koliko košta pregled liječnika?",
		"sq": "Mirëdita, në çfarë ore hapeni nesër dhe sa kushton vizita?",
		"id": "Selamat pagi, besok klinik buka jam berapa dan berapa biayanya?",
		"lt": "Laba diena, kada rytoj dirbate ir kiek kainuoja vizitas?",
		"fi": "Hyvää päivää, mihin aikaan avaatte huomenna ja paljonko käynti maksaa?",
		"sv": "Hej, när öppnar ni i morgon och vad kostar ett besök hos läkaren?",
		"da": "Hej, hvornår åbner I i morgen, og hvad koster en tid hos lægen?",
		"he": "שלום, מתי אתם פותחים מחר?",
		"th": "พรุ่งนี้คลินิกเปิดกี่โมง",
		"ka": "გამარჯობა, როდის იხსნება კლინიკა?",
	} {
		if got := Detect(text); got.Tag != tag || got.Sure < 0.5 {
			t.Errorf("%s: got %s (%.2f)", tag, got.Tag, got.Sure)
		}
	}
}

func TestTextThatTellsNothingIsUnknown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "   ", "12 34", "👍🙏", "https://example.org/page", "⟦phone:1⟧", "...", "qwrtplk zxcvbnm sdfghjkl wqxz", "a\xff\xfe"} {
		if got := Detect(text); got.Tag != Unknown && got.Sure > 0.4 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestMaskedPlacesAndLinksSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"mi número es ⟦phone:1⟧ y nací el ⟦dob:1⟧",
		"mire https://www.the-website-of-the-english-hospital.com/opening-hours gracias",
		"escríbame a the.best.english.person@the-mail.com por favor",
	} {
		if got := Detect(text); got.Tag != "es" {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDetectionIsFastOnAnyLength(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one word":  strings.Repeat("a", 1<<20),
		"words":     strings.Repeat("horaires ", 1<<17),
		"masked":    strings.Repeat("⟦", 1<<18),
		"one glyph": strings.Repeat("e\u0301", 1<<18),
	} {
		start := time.Now()
		Detect(text)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("slt c koi les horaires", "fr")
	f.Add("⟦phone:1⟧ \xff İı", "")
	f.Fuzz(func(t *testing.T, text, prior string) {
		got := Detect(text, prior)
		if got.Sure < 0 || got.Sure > 1.0001 || got.Tag == "" || got.Sure != got.Sure {
			t.Errorf("%q: %v", text, got)
		}
	})
}
