package tally

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Proof is what shows that an answer is among those that count.
type Proof struct {
	Content string // the answer as it counts
	Salt    []byte // what hides it in its leaf: the hash of the receipt
	Path    []Step // from the leaf to the root
}

// Root is the root that the proof leads to. It proves something only where that is the
// root that was published.
func (p *Proof) Root() Hash { return Climb(Leaf(p.Salt, p.Content), p.Path) }

// maxPath bounds a path: no tree has more leaves than two to this.
const maxPath = 64

// ParseProofs reads the proofs in a text: an answer of the API, whole or in part, or the
// lines that a receipt's page shows. Whatever else stands there is passed over.
func ParseProofs(text []byte) ([]Proof, error) {
	var answer any
	var found []Proof
	var err error
	if json.Unmarshal(text, &answer) == nil {
		err = gather(answer, &found)
	} else {
		found, err = parseLines(string(text))
	}
	if err == nil && len(found) == 0 {
		err = errors.New("there is no proof in it: it has content, salt and the path to the root")
	}
	return found, err
}

// gather finds proofs anywhere in an answer.
func gather(v any, found *[]Proof) error {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			if err := gather(each, found); err != nil {
				return err
			}
		}
	case map[string]any:
		if path, is := v["path"].([]any); is && v["salt"] != nil {
			p, err := fromAnswer(v, path)
			*found = append(*found, p)
			return err
		}
		for _, each := range v {
			if err := gather(each, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func fromAnswer(v map[string]any, path []any) (p Proof, err error) {
	content, is := v["content"].(string)
	salt, too := v["salt"].(string)
	if !is || !too {
		return p, errors.New("content or salt is no text")
	}
	p.Content = content
	if p.Salt, err = hex.DecodeString(salt); err != nil {
		return p, fmt.Errorf("salt: %w", err)
	}
	for _, each := range path {
		step, is := each.(map[string]any)
		text, too := step["hash"].(string)
		left, also := step["left"].(bool)
		if !is || !too || !also {
			return p, errors.New("a step of the path has no hash, or no side")
		}
		if err := p.step(text, left); err != nil {
			return p, err
		}
	}
	return p, nil
}

// step adds a neighbour.
func (p *Proof) step(text string, left bool) error {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != sha256.Size {
		return fmt.Errorf("%q is no hash", text)
	}
	if len(p.Path) == maxPath {
		return fmt.Errorf("the path is longer than %d steps", maxPath)
	}
	p.Path = append(p.Path, Step{Hash: Hash(raw), Left: left})
	return nil
}

// parseLines reads the lines of a page: content begins a proof.
func parseLines(text string) ([]Proof, error) {
	var found []Proof
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "content" {
			found = append(found, Proof{Content: strings.TrimSpace(rest)})
			continue
		}
		if len(found) == 0 {
			continue
		}
		p := &found[len(found)-1]
		var err error
		switch word {
		case "salt":
			if p.Salt, err = hex.DecodeString(strings.TrimSpace(rest)); err != nil {
				err = fmt.Errorf("salt: %w", err)
			}
		case "left", "right":
			err = p.step(strings.TrimSpace(rest), word == "left")
		}
		if err != nil {
			return nil, err
		}
	}
	for i := range found {
		if len(found[i].Salt) == 0 {
			return nil, errors.New("a proof has no salt")
		}
	}
	return found, nil
}
