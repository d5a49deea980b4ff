// Package report writes assessments down for others to read: rows in, an
// io.Writer out.
//
// A [Row] holds numbers as they were computed; they are rounded when they are
// printed and nowhere before, so that a stored assessment and a fresh one give
// the same bytes.
package report
