package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"steelyard/auth"
	"steelyard/tally"
)

type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Check that a rating is among those that a published result counts."`
}

type receiptVerifyCmd struct {
	Proof   string `arg:"" placeholder:"FILE" help:"The proof, as the receipt's page or ratingByReceipt shows it; - reads it from the standard input."`
	Root    string `required:"" placeholder:"HEX" help:"The root that was published: ratingsRoot of the public notice, or what a newspaper printed."`
	Receipt string `placeholder:"CODE" help:"The receipt as well: then it is checked that the proof is of this receipt's rating."`
}

// Help is the longer text of --help.
func (receiptVerifyCmd) Help() string {
	return "Needs neither database nor network. Take the root from where everybody sees it, not from the proof: a proof that leads to another root proves nothing."
}

// errNotCounted ends a check that found no proof for the root.
var errNotCounted = errors.New("the proof does not lead to this root: the rating is not shown to be among those that it counts")

func (c *receiptVerifyCmd) Run(s *session) error {
	root, err := hex.DecodeString(c.Root)
	if err != nil || len(root) != len(tally.Hash{}) {
		return fmt.Errorf("--root %q is no root: it has %d hexadecimal digits", c.Root, 2*len(tally.Hash{}))
	}
	text, err := c.read()
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	proofs, err := tally.ParseProofs(text)
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	var salt []byte
	if c.Receipt != "" {
		receipt, err := auth.ParseReceipt(c.Receipt)
		if err != nil {
			return errors.New("--receipt is not a receipt: look for a slip of the pen")
		}
		hash := receipt.Hash()
		salt = hash[:]
	}
	for _, p := range proofs {
		if p.Root() != tally.Hash(root) {
			continue
		}
		if salt != nil && !bytes.Equal(salt, p.Salt) {
			return errors.New("the proof is of another receipt's rating")
		}
		_, err := fmt.Fprintf(s.stdout, "counted     %s\nroot        %x, %d steps from the leaf\n", p.Content, root, len(p.Path))
		return err
	}
	return errNotCounted
}

func (c *receiptVerifyCmd) read() (text []byte, err error) {
	const limit = 1 << 20
	in := os.Stdin
	if c.Proof != "-" {
		if in, err = os.Open(c.Proof); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, in.Close()) }()
	}
	text, err = io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && len(text) > limit {
		err = errors.New("it is too long for a proof")
	}
	return text, err
}
