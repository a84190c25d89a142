package guardrails

import "testing"

func TestNamesOfMedicinesAndIllnessesAreKnownByListAndEnding(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]kindOfName{
		"ibuprofen": namesMedicine, "Amoxicillin": namesMedicine, "amoxicilina": namesMedicine, "rosuvastatin": namesMedicine,
		"pantoprazolo": namesMedicine, "candesartán": namesMedicine, "бисопролол": namesMedicine, "дротаверин": namesNothing,
		"бруфен": namesNothing, "بروفين": namesMedicine, "Tylenol": namesMedicine, "escitalopram": namesMedicine, "dabigatran": namesMedicine,
		"pericarditis": namesIllness, "asthma": namesIllness, "fibromyalgia": namesIllness, "гайморит": namesIllness, "polyneuropathy": namesIllness,
		// everyday words that end alike
		"April": namesNothing, "avril": namesNothing, "parking": namesNothing, "control": namesNothing, "console": namesNothing,
		"doctor": namesNothing, "personne": namesNothing, "servir": namesNothing, "savoir": namesNothing, "Ukraine": namesNothing,
		"appointment": namesNothing, "aggressive": namesNothing, "cinema": namesNothing, "schema": namesNothing, "problema": namesNothing,
		"visita": namesNothing, "limite": namesNothing, "site": namesNothing, "визит": namesNothing, "кредит": namesNothing, "Germania": namesNothing,
		"Romania": namesNothing, "Alemania": namesNothing, "diploma": namesNothing, "idioma": namesNothing, "Academy": namesNothing, "premia": namesNothing,
		"parasol": namesNothing, "bicycle": namesNothing, "medicine": namesNothing, "dottore": namesNothing, "hospital": namesNothing, "someone": namesNothing,
		"cholesterol": namesNothing, "africain": namesNothing, "académie": namesNothing, "autonoma": namesNothing, "депозит": namesNothing,
		"Liguria": namesNothing, "persone": namesNothing, "simpatia": namesNothing, "vaseline": namesNothing, "protocol": namesNothing,
	} {
		p := prepare(word)
		if got := knownNames.of(p.words[0].raw); got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
}
