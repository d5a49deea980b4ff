// Package messages is the catalogue of what Steelyard says to people: every
// sentence in Chinese and in English, by the key that records and services name.
//
// A sentence says what would be right, in plain words. Arguments stand in it by
// number: {1}, {2}. An argument that is a noun of the domain is written {1:noun}
// and comes out in the language of the sentence.
package messages
