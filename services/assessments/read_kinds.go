package assessments

import (
	"fmt"
	"strings"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// kinds are the services and case categories that the evidence uses; one that no
// evidence uses is not in it, so that a longer catalogue changes nothing.
type kinds struct {
	list     []scoring.Kind
	index    map[string]int32 // by the kind's id
	ids      numbers          // of the services
	services []service        // by number
}

// service is an entry of the catalogue; kind is None until it is used.
type service struct {
	ref, name, category string
	kind                int32
}

func newKinds() kinds {
	return kinds{index: map[string]int32{}}
}

func (r *ratingReader) readServices() error {
	return r.snap.Each(r.ctx, "SELECT id, ref, name, category FROM services", nil, func(row *store.Row) error {
		r.kinds.ids.number(row.ID(0))
		r.kinds.services = append(r.kinds.services, service{row.Text(1), row.Text(2), row.Text(3), scoring.None})
		return nil
	})
}

// ofService returns a service's kind; its parent is the service's category.
func (k *kinds) ofService(id models.ID) (int32, error) {
	number := k.ids.find(id)
	if number == scoring.None {
		return scoring.None, fmt.Errorf("service %s is not in the catalogue", id)
	}
	s := &k.services[number]
	if s.kind == scoring.None {
		parent := scoring.None
		if s.category != "" {
			parent = k.ofCategory("service-category:", s.category)
		}
		s.kind = k.add(scoring.Kind{ID: "service:" + s.ref, Name: s.name, Parent: parent})
	}
	return s.kind, nil
}

// ofCategory returns the kind of a category of the form "parent / child"; the
// parent is its coarser kind.
func (k *kinds) ofCategory(prefix, category string) int32 {
	if known, ok := k.index[prefix+category]; ok {
		return known
	}
	parent := scoring.None
	if i := strings.LastIndex(category, " / "); i > 0 {
		parent = k.ofCategory(prefix, category[:i])
	}
	return k.add(scoring.Kind{ID: prefix + category, Name: category, Parent: parent})
}

func (k *kinds) add(kind scoring.Kind) int32 {
	k.index[kind.ID] = int32(len(k.list))
	k.list = append(k.list, kind)
	return k.index[kind.ID]
}
