package language

import "strings"

// IsStop tells whether a folded word carries no meaning of its own in a language
// (articles, pronouns, auxiliaries). Negations, question words of time and place
// and numbers written out are kept: they decide what is asked.
func IsStop(lang, folded string) bool {
	return listed(stopWords(base(lang)), folded)
}

// listed tells whether word is one of the space-separated words of list.
func listed(list, word string) bool {
	for len(word) > 0 {
		i := strings.Index(list, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || list[i-1] == ' ') && (end == len(list) || list[end] == ' ') {
			return true
		}
		list = list[end:]
	}
	return false
}

// stopWords returns a language's stop words, folded, separated by spaces.
func stopWords(lang string) string {
	switch lang {
	case "fr":
		return "le la les un une des du de d l et ou a au aux en dans par pour sur avec ce cet cette ces cela ca c se s sa son ses mon ma mes ton ta tes notre nos votre vos leur leurs je j tu il elle on nous vous ils elles me m te t lui eux que qu qui dont est es sont suis sommes etes etait etaient sera seront etre ai as avons avez ont avait avoir y ne n si comme mais donc or ni car plus tres aussi bien tout tous toute toutes quel quelle quels quelles est-ce svp merci bonjour bonsoir salut moi toi soi fait faire peut peux puis pouvez pouvons dois doit faut"
	case "it":
		return "il lo la i gli le un uno una l di a da in con su per tra fra del dello della dei degli delle al allo alla ai agli alle dal dallo dalla dai dagli dalle nel nello nella nei negli nelle sul sullo sulla sui sugli sulle e ed o od ma se che chi cui ci vi ne mi ti si io tu lui lei noi voi loro mio mia miei mie tuo tua suo sua suoi sue nostro nostra vostro vostra questo questa questi queste quello quella quelli quelle e' sono sei siamo siete era erano essere ho hai ha abbiamo avete hanno avere anche come piu molto tutto tutti tutta tutte posso puo puoi devo deve salve ciao buongiorno buonasera grazie per favore"
	case "es":
		return "el la los las un una unos unas lo al del de a en con por para y e o u que se su sus mi mis tu tus nuestro nuestra es son soy somos era eran ser estar esta estan este estos esta estas ese esa eso esos esas aquel ha han he hemos hay tiene tienen tengo tener me te le les nos os yo ella ellos ellas usted ustedes nosotros como mas muy tambien pero si ya todo toda todos todas hola gracias buenos buenas dias tardes favor puedo puede pueden debo debe hacer hago"
	case "pt":
		return "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela pelos pelas para com e ou que se seu sua seus suas meu minha meus minhas ao aos eu tu ele ela eles elas nos vos voce voces me te lhe lhes este esta estes estas esse essa isso isto aquele aquela foi ser sao sou e esta estao estar tem tenho temos ter ha mais muito tambem mas como ja todo toda todos todas ola oi obrigado obrigada bom boa dia tarde favor posso pode podem devo deve fazer"
	case "en":
		return "a an the of to in on at for by with from as is are was were be been being am i you he she it we they me him her us them my your his its our their this that these those there here and or but if so do does did done doing has have had having can could would should will shall may might must which who whom whose than then too very just also any some all each other such please hi hello hey thanks thank what s t dont im ive"
	case "de":
		return "der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf aus bei mit nach von vom zu zum zur fur um uber unter vor durch ist sind war waren sein bin seid wird werden wurde hat haben habe hatte ich du er sie es wir ihr mich mir dich dir ihn ihm uns euch ihnen mein meine meinen meiner dein deine ihre ihren unser unsere euer dieser diese dieses diesen jener welche welcher welches dass ob wenn als wie so auch noch nur schon sehr man sich es gibt kann konnen konnte muss mussen soll darf durfen bitte danke hallo guten tag hi"
	case "ru":
		return "и в во на с со к ко о об от до из за по у для при над под а но или то же ли бы что чтобы как это этот эта эти этого этой тот та те того я ты он она оно мы вы они мне меня мной тебя тебе вас вам его ее ей ему им их них нас нам мой моя мое мои ваш ваша ваше ваши свой своя есть был была было были быть буду будет все всё весь вся так там тут здесь уже еще очень можно могу может надо нужно ли пожалуйста здравствуйте добрый день привет спасибо скажите подскажите который которая которые"
	case "uk":
		return "і й та в у на з зі із до від за по про для при над під а але або чи що щоб як це цей ця ці той та ті я ти він вона воно ми ви вони мені мене тебе тобі вас вам його її їй йому їм їх нас нам мій моя моє мої ваш ваша ваше є був була було були бути буде все весь вся так там тут вже ще дуже можна можу може треба потрібно будь ласка добрий день вітаю дякую скажіть підкажіть який яка яке які"
	case "pl":
		return "i w we na z ze do od za po o u dla przy nad pod a ale albo lub czy ze zeby jak to ten ta te tego tej tych ja ty on ona ono my wy oni mnie mi ciebie ci pan pani panstwo jego jej jemu im ich nas nam moj moja moje wasz wasza jest sa byl byla bylo byli byc bede bedzie sie juz jeszcze bardzo mozna moge moze trzeba prosze dzien dobry czesc dziekuje ktory ktora ktore"
	case "ar":
		return "في من الي على علي عن مع هذا هذه ذلك تلك التي الذي الذين هو هي هم انا انت نحن انتم كان كانت يكون ان انه انها او و ثم لكن قد لقد كل بعض هل ما يا اي عند لدي لديكم لديك لو سمحت من فضلك مرحبا السلام عليكم شكرا اريد اود يمكن يمكنني ممكن"
	case "tr":
		return "ve ile bir bu su o da de mi mu icin gibi ama fakat veya ya ki ben sen biz siz onlar beni bana sana size bize onu ona benim senin sizin bizim onun olan olarak cok daha en her sey merhaba selam lutfen tesekkurler tesekkur ederim"
	case "nl":
		return "de het een en of in op aan van voor met bij naar uit te tot door om over onder is zijn was waren ben bent wordt worden heeft hebben heb had ik jij je u hij zij ze wij we jullie mij me mijn uw jouw zijn haar ons onze hun dit dat deze die er maar als dan ook nog zeer heel kan kunnen moet moeten mag alstublieft hallo dag bedankt"
	}
	return ""
}

// spelled writes out a chat spelling or common abbreviation, "" if it is none.
// Both sides are folded.
func spelled(lang, folded string) string {
	switch folded {
	case "email", "emails", "mails", "courriel":
		return "mail"
	case "whatsap", "watsap", "whats":
		return "whatsapp"
	}
	switch lang {
	case "fr":
		switch folded {
		case "rdv":
			return "rendez"
		case "tel", "tél":
			return "telephone"
		case "dr":
			return "docteur"
		case "koi":
			return "quoi"
		case "kan":
			return "quand"
		case "ki":
			return "qui"
		}
	case "es":
		switch folded {
		case "tel", "tfno":
			return "telefono"
		case "dr", "dra":
			return "doctor"
		case "xq":
			return "porque"
		}
	case "it":
		switch folded {
		case "tel":
			return "telefono"
		case "dott", "dr":
			return "dottore"
		case "xke", "xche":
			return "perche"
		}
	case "pt":
		switch folded {
		case "tel", "fone":
			return "telefone"
		case "dr", "dra":
			return "doutor"
		}
	case "en":
		switch folded {
		case "appt":
			return "appointment"
		case "dr":
			return "doctor"
		case "tel":
			return "telephone"
		}
	case "de":
		switch folded {
		case "tel":
			return "telefon"
		case "dr":
			return "doktor"
		case "std":
			return "stunde"
		}
	case "ru":
		switch folded {
		case "тел":
			return "телефон"
		case "ул":
			return "улица"
		case "руб":
			return "рубль"
		}
	}
	return ""
}
