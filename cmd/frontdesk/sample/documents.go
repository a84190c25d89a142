package main

func welcomeBooklet(p *page) {
	p.running("Cabinet des Tilleuls – Livret d'accueil", "Cabinet des Tilleuls, 14 rue des Tilleuls, 87000 Limoges")
	p.AddPage()
	p.title("Livret d'accueil des patients")
	p.body("Bienvenue au Cabinet des Tilleuls. Ce livret répond aux questions pratiques que nos patients posent le plus souvent. Il est valable à partir du 2 novembre 2026.")
	p.heading("Sommaire")
	p.contents(map[int][2]string{
		0: {"1. Nos deux sites", "2"}, 1: {"2. Horaires d'ouverture", "2"}, 2: {"3. Votre première visite", "2"},
		3: {"4. Accès et stationnement", "3"}, 4: {"5. Annuler ou déplacer un rendez-vous", "3"}, 5: {"6. Résultats et documents", "3"},
	})
	p.AddPage()
	p.heading("1. Nos deux sites")
	p.body("Site du Parc : 14 rue des Tilleuls, 87000 Limoges. Téléphone : 05 55 01 02 03.")
	p.body("Site de la Gare : 3 place Maison-Dieu, 87000 Limoges. Téléphone : 05 55 01 02 04.")
	p.heading("2. Horaires d'ouverture")
	p.body("Le site du Parc est ouvert du lundi au vendredi de 8h30 à 12h30 et de 14h à 18h30. Il est fermé le samedi et le dimanche.")
	p.body("Le site de la Gare est ouvert du lundi au jeudi de 9h à 17h, et le samedi de 9h à 11h30 sans rendez-vous ; il est fermé le vendredi et le dimanche.")
	p.body("Le laboratoire de prises de sang reçoit du lundi au vendredi de 7h30 à 10h30, sans rendez-vous, sur le site du Parc.")
	p.heading("3. Votre première visite")
	p.body("Pour votre première visite, merci d'arriver dix minutes avant l'heure et d'apporter :")
	p.items("une pièce d'identité", "votre carte Vitale ou une attestation de droits", "votre carte de mutuelle", "le courrier de votre médecin traitant, si vous en avez un", "la liste de vos traitements en cours")
	p.AddPage()
	p.heading("4. Accès et stationnement")
	p.body("Bus ligne 4, arrêt Tilleuls, à 100 mètres du site du Parc. Un parking gratuit de 20 places se trouve derrière le bâtiment ; deux places sont réservées aux personnes à mobilité réduite. Le site de la Gare n'a pas de parking : le parking public le plus proche est celui de la gare des Bénédictins.")
	p.body("Les deux sites sont accessibles en fauteuil roulant. Les animaux ne sont pas admis, sauf les chiens guides.")
	p.heading("5. Annuler ou déplacer un rendez-vous")
	p.body("Merci de prévenir au moins 24 heures à l'avance. Un rendez-vous non honoré sans prévenir peut être facturé 15 €.")
	p.heading("6. Résultats et documents")
	p.body("Les résultats d'analyses sont déposés sur votre espace patient. Ils ne sont jamais communiqués par message ni par téléphone. Une copie de votre dossier est gratuite ; comptez huit jours.")
}

func priceList(p *page) {
	p.running("Cabinet des Tilleuls – Tarifs", "Tarifs en euros, valables à partir du 2 novembre 2026")
	p.AddPage()
	p.title("Tarifs 2026")
	p.body("Nous acceptons la carte bancaire, les chèques et les espèces. Le tiers payant est pratiqué sur la part obligatoire.")
	p.heading("Consultations")
	p.table([]float64{105, 35, 40}, []string{"Acte", "Durée", "Tarif"}, [][]string{
		{"Consultation de médecine générale", "20 min", "30 €"},
		{"Consultation enfant de moins de 6 ans", "20 min", "35 €"},
		{"Consultation de cardiologie", "30 min", "60 €"},
		{"Consultation de dermatologie", "20 min", "54 €"},
		{"Téléconsultation", "15 min", "30 €"},
		{"Visite à domicile", "30 min", "45 €"},
	})
	p.heading("Examens")
	p.table([]float64{105, 35, 40}, []string{"Examen", "Durée", "Tarif"}, [][]string{
		{"Électrocardiogramme", "15 min", "29,50 €"},
		{"Échographie abdominale", "30 min", "75 €"},
		{"Échographie cardiaque", "40 min", "96 €"},
		{"Prise de sang (hors analyses)", "10 min", "7,60 €"},
		{"Test d'effort", "45 min", "115 €"},
	})
	p.heading("Documents")
	p.table([]float64{140, 40}, []string{"Document", "Tarif"}, [][]string{
		{"Certificat médical de sport", "25 €"},
		{"Duplicata d'ordonnance", "gratuit"},
	})
}

func bloodTestLeaflet(p *page) {
	p.SetTitle("Preparing for your blood test", true)
	p.AddPage()
	p.title("Preparing for your blood test")
	const column, gap = 85.0, 10.0
	top := p.GetY()
	p.SetRightMargin(210 - 10 - column)
	p.heading("Before you come")
	p.body("For a fasting blood test, do not eat for 12 hours before it. You may drink plain water. Tea, coffee and juice are not allowed.")
	p.body("Take a short-sleeved shirt or one with loose sleeves.")
	p.heading("What to bring")
	p.items("your identity card", "your insurance card", "the prescription from your doctor")
	p.SetLeftMargin(10 + column + gap)
	p.SetRightMargin(10)
	p.SetY(top)
	p.heading("When to come")
	p.body("Blood is taken Monday to Friday from 7:30 to 10:30 at the Parc site. No appointment is needed. The wait is usually under 20 minutes.")
	p.heading("After the test")
	p.body("Press on the cotton pad for five minutes. You can eat straight away. Results are in your patient portal after two working days.")
	p.heading("Children")
	p.body("Children under 10 are welcome on Wednesdays from 9:00, with a parent.")
}
