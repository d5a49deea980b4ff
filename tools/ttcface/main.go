// Command ttcface takes one face out of a TrueType collection, for programs that
// read plain TrueType alone:
//
//	go run ./ttcface FONTS.ttc 0 FONT.ttf
//
// The tables are copied as they are, in the collection's order; checksums are
// reckoned anew, since those of a collection hold for the whole.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: ttcface FONTS.ttc FACE FONT.ttf")
	}
	index, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("face %q: %w", args[1], err)
	}
	collection, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	font, err := face(collection, index)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[2], font, 0o644)
}

const (
	headerSize = 12 // of a font: version, number of tables, three search hints
	recordSize = 16 // of a table: tag, checksum, offset, length
	// adjusted is where the table "head" holds the checksum of the whole font, and
	// magic what that checksum makes it add up to.
	adjusted = 8
	magic    = 0xb1b0afba
)

var errShort = errors.New("the file ends within a table")

// face returns a face of a collection as a font of its own.
func face(c []byte, index int) ([]byte, error) {
	if len(c) < headerSize || string(c[:4]) != "ttcf" {
		return nil, errors.New("no TrueType collection")
	}
	if n := int(binary.BigEndian.Uint32(c[8:])); index < 0 || index >= n {
		return nil, fmt.Errorf("there is no face %d of %d", index, n)
	}
	at := headerSize + 4*index
	if len(c) < at+4 {
		return nil, errShort
	}
	start := int(binary.BigEndian.Uint32(c[at:]))
	if len(c) < start+headerSize {
		return nil, errShort
	}
	tables := int(binary.BigEndian.Uint16(c[start+4:]))
	head := headerSize + recordSize*tables
	if len(c) < start+head {
		return nil, errShort
	}
	out := append([]byte(nil), c[start:start+head]...)
	whole := -1
	for i := range tables {
		record := out[headerSize+recordSize*i:][:recordSize]
		from, size := int(binary.BigEndian.Uint32(record[8:])), int(binary.BigEndian.Uint32(record[12:]))
		if from < 0 || size < 0 || len(c) < from+size {
			return nil, errShort
		}
		to := len(out)
		out = append(out, c[from:from+size]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		record = out[headerSize+recordSize*i:][:recordSize] // append may have moved it
		if string(record[:4]) == "head" && size >= adjusted+4 {
			whole = to + adjusted
			binary.BigEndian.PutUint32(out[whole:], 0)
		}
		binary.BigEndian.PutUint32(record[4:], checksum(out[to:]))
		binary.BigEndian.PutUint32(record[8:], uint32(to))
	}
	if whole < 0 {
		return nil, errors.New(`the face has no table "head"`)
	}
	binary.BigEndian.PutUint32(out[whole:], magic-checksum(out))
	return out, nil
}

// checksum adds up the words of a table that fills whole words.
func checksum(table []byte) uint32 {
	sum := uint32(0)
	for i := 0; i+4 <= len(table); i += 4 {
		sum += binary.BigEndian.Uint32(table[i:])
	}
	return sum
}
