package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/auth"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/web/inprocess"
)

// trusted are the documents that are run, by the SHA-256 of their text in hexadecimal; nil:
// any document is. Our own pages' operations go on in any case.
type trusted struct {
	documents map[string]string
	strangers bool // only strangers are held to them
}

// manifestFormat is what Apollo calls its manifests.
const manifestFormat = "apollo-persisted-query-manifest"

// manifest is a list of documents as Apollo's tools write it. Relay's is a plain object of
// documents by their hash.
type manifest struct {
	Format     string              `json:"format"`
	Version    int                 `json:"version"`
	Operations []manifestOperation `json:"operations"`
}

type manifestOperation struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Body string `json:"body"`
}

// readTrusted reads a manifest, or every one (*.json) in a folder and below it.
func readTrusted(path string) (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || file != path && filepath.Ext(file) != ".json" {
			return err
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		documents, err := parseManifest(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for id, text := range documents {
			all[id] = text
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the trusted documents: %w", err)
	case len(all) == 0:
		return nil, fmt.Errorf("read the trusted documents: there is none in %s", path)
	}
	return all, nil
}

// parseManifest reads Apollo's form or Relay's. An id that is not the SHA-256 of its
// document is refused: then nobody can slip in another one under a known id.
func parseManifest(raw []byte) (map[string]string, error) {
	var apollo manifest
	documents := map[string]string{}
	if err := json.Unmarshal(raw, &apollo); err == nil && apollo.Format == manifestFormat {
		if apollo.Version != 1 {
			return nil, fmt.Errorf("a manifest of version %d: want 1", apollo.Version)
		}
		for _, op := range apollo.Operations {
			documents[op.ID] = op.Body
		}
	} else if err := json.Unmarshal(raw, &documents); err != nil {
		return nil, errors.New("neither a manifest of Apollo's form nor an object of documents by their SHA-256")
	}
	out := map[string]string{}
	for id, text := range documents {
		sum := documentID(text)
		if bareID(id) != sum {
			return nil, fmt.Errorf("%q is not the SHA-256 of its document, which is %s", id, sum)
		}
		out[sum] = text
	}
	return out, nil
}

// documentID is the SHA-256 of a document.
func documentID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// bareID is an id without the name of its hash.
func bareID(id string) string { return strings.ToLower(strings.TrimPrefix(id, "sha256:")) }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*trusted)(nil)

// ExtensionName names the extension.
func (*trusted) ExtensionName() string { return "TrustedDocuments" }

// Validate finds nothing wrong: what a document asks is validated as any other's.
func (*trusted) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters puts the document in place of its id, and refuses what is not
// trusted, sent as a text or by the id of what somebody else has sent as one.
func (t *trusted) MutateOperationParameters(ctx context.Context, in *graphql.RawParams) *gqlerror.Error {
	id := persistedID(in)
	if in.Query != "" {
		id = documentID(in.Query)
	}
	text, known := t.documents[id]
	switch {
	case known && in.Query == "":
		in.Query = text
		delete(in.Extensions, "persistedQuery")
	case known, inprocess.Is(ctx), t.strangers && !auth.ActorFrom(ctx).Anonymous():
	default:
		return &gqlerror.Error{
			Message:    messages.Text(messages.From(ctx), models.KeyNotTrusted),
			Extensions: map[string]any{"code": models.CodeForbidden},
		}
	}
	return nil
}

// knows says whether a document is a trusted one, by its text.
func (t *trusted) knows(text string) bool {
	if t == nil {
		return false
	}
	_, known := t.documents[documentID(text)]
	return known
}

// persistedID is the id by which a request names its document; empty where it names none.
func persistedID(in *graphql.RawParams) string {
	persisted, _ := in.Extensions["persistedQuery"].(map[string]any)
	id, _ := persisted["sha256Hash"].(string)
	return bareID(id)
}

// trustedFor are the values of --trusted-for.
var trustedFor = []string{"everybody", "strangers"}

// trust reads the trusted documents of the flags; nil: none are named.
func trust(path, who string) (*trusted, error) {
	if path == "" {
		return nil, nil
	}
	documents, err := readTrusted(path)
	return &trusted{documents, who == trustedFor[1]}, err
}

// sorted are the ids in order.
func (m manifest) sorted() manifest {
	slices.SortFunc(m.Operations, func(a, b manifestOperation) int {
		return strings.Compare(a.Name+"\n"+a.ID, b.Name+"\n"+b.ID)
	})
	return m
}
