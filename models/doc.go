// Package models is the domain: the nouns of Steelyard, their closed lists of
// words, their life cycles and the rules that each record keeps by itself.
//
// Nothing here reads a database or a clock: the moment comes in as an argument,
// and a rule answers with the next state or with an [*Error] that says what
// would have been right. The gorm tags are plain strings; the tables themselves
// are made by the migrations.
package models
