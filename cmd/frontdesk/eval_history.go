package main

import (
	"context"
	"fmt"
	"time"

	"frontdesk"
	"frontdesk/ingest"
)

// past is a source of the sample clinic from which nobody may be answered: what it
// says was replaced, taken back, is not in force yet or was never approved.
type past struct {
	name      string
	revisions []string // one after the other
	effective time.Time
	approve   bool // each as it comes
	withdraw  bool // the last
}

// pasts are the sources that the sample clinic of a run has beside its documents.
func pasts() []past {
	return []past{
		{name: "vestiaire.md", approve: true, withdraw: true, revisions: []string{
			"# Vestiaire\n\n## Combien coûte le vestiaire ?\n\nLe vestiaire du site du Parc coûte 2 € par jour.\n",
			"# Vestiaire\n\n## Le vestiaire est-il ouvert ?\n\nLe vestiaire du site du Parc a fermé ses portes.\n",
		}},
		{name: "carte-de-fidelite.md", approve: true, withdraw: true, revisions: []string{
			"# Carte de fidélité\n\n## Combien coûte la carte de fidélité ?\n\nLa carte de fidélité du cabinet coûte 12 € par an.\n",
		}},
		{name: "navette.md", approve: true, effective: time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC), revisions: []string{
			"# Navette\n\n## À quelle heure part la navette ?\n\nLa navette gratuite part de la gare à 7h45.\n",
		}},
		{name: "salle-de-sport.md", revisions: []string{
			"# Salle de sport\n\n## Combien coûte l'abonnement à la salle de sport ?\n\nL'abonnement à la salle de sport coûte 19 € par mois.\n",
		}},
	}
}

// loadPasts adds the pasts that the clinic lacks.
func (w *parts) loadPasts(ctx context.Context, service *ingest.Service, clinic frontdesk.Clinic) error {
	for _, p := range pasts() {
		_, err := w.db.FindSource(ctx, clinic.ID, p.name)
		if err == nil {
			continue
		}
		if frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
			return fmt.Errorf("find %s: %w", p.name, err)
		}
		if err := loadPast(ctx, service, clinic, p); err != nil {
			return fmt.Errorf("past of the sample clinic, %s: %w", p.name, err)
		}
	}
	return nil
}

func loadPast(ctx context.Context, service *ingest.Service, clinic frontdesk.Clinic, p past) error {
	for _, text := range p.revisions {
		request := ingest.AddRequest{Name: p.name, Bytes: []byte(text), Effective: p.effective}
		if p.approve {
			request.ApproveAs = sampleApprover
		}
		if _, err := service.Add(ctx, clinic, request); err != nil {
			return err
		}
	}
	if p.withdraw {
		if _, err := service.Withdraw(ctx, clinic, p.name, len(p.revisions), sampleApprover, ""); err != nil {
			return err
		}
	}
	return nil
}
