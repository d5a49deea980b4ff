package ratings

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// formOf returns what a resident may mark about a service: the service's own form,
// that of its category, or the usual one.
func formOf(db *gorm.DB, service *models.Service) (*models.RatingForm, error) {
	form, err := store.Take[models.RatingForm](db.Where("service_id = ? OR category = ?", service.ID, service.Category).
		Order("service_id IS NULL").Limit(1), "RatingForm")
	if models.CodeOf(err) == models.CodeNotFound {
		return models.DefaultRatingForm(), nil
	}
	return form, err
}

// allowed says whether a rating keeps to the form of its service.
func allowed(db *gorm.DB, r *models.Rating) error { return forms{}.allow(db, r) }

// forms are what may be marked about the services that were asked for.
type forms map[models.ID]*models.RatingForm

// allow says whether a rating keeps to the form of its service.
func (f forms) allow(db *gorm.DB, r *models.Rating) error {
	if len(r.Dimensions) == 0 && len(r.Tags) == 0 {
		return nil
	}
	form, known := f[r.ServiceID]
	if !known {
		service, err := store.Take[models.Service](db.Where("id = ?", r.ServiceID), "Service")
		if err != nil {
			return err
		}
		if form, err = formOf(db, service); err != nil {
			return err
		}
		f[r.ServiceID] = form
	}
	return form.Allows(r.Dimensions, r.Tags)
}

// Form returns what a resident may mark about a service.
func (s *Service) Form(ctx context.Context, service models.ID) (*models.RatingForm, error) {
	db := s.Store.Read(ctx)
	row, err := store.Take[models.Service](db.Where("id = ?", service), "Service")
	if err != nil {
		return nil, err
	}
	return formOf(s.Store.Read(ctx), row)
}

// NewForm is a form to be saved: for one service or for a category.
type NewForm struct {
	ServiceID      *models.ID
	Category       *string
	Dimensions     []models.Aspect
	Tags           []models.Tag
	IdempotencyKey *string
}

// SaveForm saves what residents may mark, in place of what was there. The catalogue is
// the whole organisation's, and so its forms are saved by those alone whose scope is
// the whole organisation. What was marked before stays as it is.
func (s *Service) SaveForm(ctx context.Context, actor auth.Actor, in NewForm) (*models.RatingForm, error) {
	form := &models.RatingForm{
		ID: models.NewID(), ServiceID: in.ServiceID, Category: in.Category, Dimensions: orEmpty(in.Dimensions),
		Tags: orEmpty(in.Tags), SavedBy: actor.Subject,
	}
	if err := form.Validate(); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := wholeOrganisation(tx, actor); err != nil {
			return err
		}
		if err := namesSomething(tx, in); err != nil {
			return err
		}
		form.SavedAt = tx.Now
		id, err := store.Once(tx, "saveRatingForm", actor.Subject, in.IdempotencyKey, in, form.ID, func() error {
			old := tx.Where("service_id = ?", in.ServiceID)
			if in.ServiceID == nil {
				old = tx.Where("category = ?", in.Category)
			}
			if err := old.Delete(&models.RatingForm{}).Error; err != nil {
				return err
			}
			if err := tx.Create(form).Error; err != nil {
				return err
			}
			return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: "saveRatingForm", Noun: "RatingForm", NounID: &form.ID})
		})
		if err != nil || id == form.ID {
			return err
		}
		form, err = store.Take[models.RatingForm](tx.Where("id = ?", id), "RatingForm")
		return err
	})
	if err != nil {
		return nil, err
	}
	return form, nil
}

// namesSomething says whether there is what a form is for.
func namesSomething(tx *store.Tx, in NewForm) error {
	if in.ServiceID != nil {
		_, err := store.Take[models.Service](tx.Where("id = ?", *in.ServiceID), "Service")
		return models.AtField("serviceId", err)
	}
	_, err := store.Take[models.Service](tx.Where("category = ?", *in.Category).Limit(1), "Service")
	return models.AtField("category", err)
}

// wholeOrganisation refuses whose scope is a part of the organisation.
func wholeOrganisation(tx *store.Tx, actor auth.Actor) error {
	if actor.UnitID == nil {
		return models.Forbidden()
	}
	unit, err := store.Take[models.OrgUnit](tx.Where("id = ?", *actor.UnitID), "OrgUnit")
	if err != nil {
		return err
	}
	if unit.ParentID != nil {
		return models.Forbidden()
	}
	return nil
}
