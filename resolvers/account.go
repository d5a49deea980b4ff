package resolvers

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/accounts"
)

// Callers says of each operation of a schema which roles may call it; nil: all.
func Callers(schema *ast.Schema) (map[string][]models.Role, error) {
	rows, err := AccessTable(schema)
	if err != nil {
		return nil, err
	}
	callers := map[string][]models.Role{}
	for _, row := range rows {
		if row.Field != "" && (row.Of == "Query" || row.Of == "Mutation" || row.Of == "Subscription") {
			callers[row.Field] = row.Roles
		}
	}
	return callers, nil
}

// accountPayload is what a change of an account gave.
func accountPayload(ctx context.Context, a *models.Account, err error) (*graph.AccountPayload, error) {
	problems, err := userErrors(ctx, err)
	return &graph.AccountPayload{Account: a, UserErrors: problems}, err
}

func accountChange(in graph.AccountStepInput) accounts.Change {
	return accounts.Change{AccountID: in.AccountID, Reason: in.Reason, IdempotencyKey: in.IdempotencyKey.Value()}
}

func accountFilter(in *graph.AccountFilter) accounts.Filter {
	if in == nil {
		return accounts.Filter{}
	}
	return accounts.Filter{
		Search: orZero(in.Search.Value()), UnitID: in.UnitID.Value(), Role: in.Role.Value(), Kind: in.Kind.Value(), Disabled: in.Disabled.Value(),
	}
}

func newAccountEdge(c string, a *models.Account) *graph.AccountEdge {
	return &graph.AccountEdge{Cursor: c, Node: a}
}
