package cases

import (
	"context"
	"time"

	"steelyard/models"
	"steelyard/services/notify"
	"steelyard/store"
)

const (
	// dueSoon is how long before the end of the time to answer a unit is warned.
	dueSoon = 24 * time.Hour
	// dueLong is how long after it nobody is told any more: a server that comes back
	// after weeks does not tell of them all.
	dueLong = 7 * 24 * time.Hour
)

// tell tells of a step those whom it concerns. The case is as the step leaves it.
func tell(tx *store.Tx, c *models.Case, e models.CaseEvent) error {
	notice := notify.Notice{Case: c, UnitID: c.UnitID}
	switch e.Kind {
	case models.EventSubmitted, models.EventTransferAccepted:
		notice.Kind = models.NoticeCaseArrived
	case models.EventTransferred:
		notice.Kind, notice.UnitID = models.NoticeCaseOffered, *e.ToUnitID
	case models.EventTransferRefused, models.EventTransferLapsed:
		notice.Kind, notice.UnitID = models.NoticeCaseReturned, *e.ToUnitID
	case models.EventEscalated:
		notice.Kind, notice.UnitID = models.NoticeCaseOverdue, *e.ToUnitID
	case models.EventResolved, models.EventReminded:
		notice.Kind = models.NoticeCaseResolved
	case models.EventReopened:
		notice.Kind = models.NoticeCaseReopened
	case models.EventRejected:
		notice.Kind = models.NoticeCaseRejected
	default:
		return nil
	}
	return notify.Enqueue(tx, notice)
}

// WarnDue tells units of cases whose time to answer is nearly over, and of those
// whose time is over, once for each due date. It returns how many it told of, and is
// safe to run in several processes at once.
func (s *Service) WarnDue(ctx context.Context) (int, error) {
	now := s.Store.Now()
	soon, err := s.warn(ctx, models.NoticeCaseDueSoon, now, now.Add(dueSoon))
	if err != nil {
		return soon, err
	}
	late, err := s.warn(ctx, models.NoticeCaseOverdue, now.Add(-dueLong), now)
	return soon + late, err
}

// warn tells of the cases whose clock runs and ends after from and not after to.
func (s *Service) warn(ctx context.Context, kind models.NotificationKind, from, to time.Time) (int, error) {
	told := 0
	due := func() ([]models.ID, error) {
		var ids []models.ID
		err := s.Store.Read(ctx).Model(&models.Clock{}).
			Where("kind = ? AND stopped_at IS NULL AND paused_at IS NULL AND due_at > ? AND due_at <= ?", models.ClockResolve, from, to).
			Where("NOT EXISTS (SELECT 1 FROM notifications n WHERE n.case_id = clocks.case_id AND n.kind = ? AND n.due_at = clocks.due_at "+
				"AND n.unit_id = (SELECT c.unit_id FROM cases c WHERE c.id = clocks.case_id))", kind).
			Order("due_at, id").Limit(sweepBatch).Pluck("case_id", &ids).Error
		return ids, err
	}
	_, err := s.sweep(ctx, due, func(tx *store.Tx, c *models.Case) (bool, error) {
		clocks, err := runningClocks(tx, c, models.ClockResolve)
		if err != nil || len(clocks) == 0 || clocks[0].PausedAt != nil || !clocks[0].DueAt.After(from) || clocks[0].DueAt.After(to) {
			return false, err // answered, paused or moved in the meantime
		}
		told++
		of := *c
		of.DueAt = &clocks[0].DueAt
		return false, notify.Enqueue(tx, notify.Notice{Kind: kind, Case: &of, UnitID: c.UnitID}) // the case itself stays as it is
	})
	return told, err
}
