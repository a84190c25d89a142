package language

// abbreviation tells whether a word before a point is one of a language's (or a
// common) abbreviations, so that the point ends no sentence.
func abbreviation(lang, word string) bool {
	word = Fold(word)
	if listed("dr prof mr mrs ms st no nr tel vs fax ext vol p pp ca approx max min n° e.g i.e a.m p.m", word) {
		return true
	}
	return listed(abbreviations(lang), word)
}

// abbreviations returns a language's abbreviations, folded, without their last point.
func abbreviations(lang string) string {
	switch lang {
	case "fr":
		return "m mm mme mlle me pr ste art av bd boul ch cf env ex fig hab janv fevr avr juil sept oct nov dec lun mar mer jeu ven sam dim min h num p.ex c.-a-d r.-v rdv apt bat chap"
	case "it":
		return "sig sigg sig.ra dott dott.ssa avv ing geom arch prof.ssa art c.so v.le p.zza p.le l.go cap pag es gen feb mar apr mag giu lug ago set sett ott nov dic lun mer gio ven sab dom int tel cell ca u.o s.p.a s.r.l n"
	case "es":
		return "sr sra srta sres d dna dra avda av c pza pso num pag ej ee.uu ene feb mar abr may jun jul ago sept oct nov dic lun mie jue vie sab dom aprox tfno telf dpto esq izq dcha ud uds vd"
	case "pt":
		return "sr sra srta d dra av r al pca num pag ex jan fev mar abr mai jun jul ago set out nov dez seg ter qua qui sex sab dom aprox apto ed eng v.exa"
	case "en":
		return "jr sr rev gen ave rd blvd dept jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun incl est fig u.k u.s"
	case "de":
		return "z.b d.h u.a bzw ca evtl ggf inkl zzgl str hr fr frl dipl med sog vgl abs bspw mind tgl mo di mi do sa so jan feb marz apr jun jul aug sept okt nov dez u.u i.d.r o.a z.t z.zt rd geb st a.d"
	case "ru":
		return "г ул д кв корп стр пр просп пер пл наб обл р-н руб коп тел им т.е т.д т.п т.к т.н мин час ч гг в вв янв февр апр авг сент окт нояб дек пн вт ср чт пт сб вс каб эт см тыс млн млрд мкр ш б-р"
	case "uk":
		return "м вул д кв корп просп пров пл обл р-н грн коп тел ім т.д т.п т.зв хв год пн вт ср чт пт сб нд каб пов див тис млн"
	case "pl":
		return "ul al pl os im tel godz min np m.in tj tzn ok lek dr.hab mgr inz hab nr zl gr pon wt sr czw pt sob ndz woj pow r w"
	case "nl":
		return "dhr mevr mw bijv d.w.z o.a m.b.t t.a.v i.v.m jl str"
	case "tr":
		return "sn doc yrd op uzm av cad sk sok mah no tel apt kat bkz ör"
	}
	return ""
}
