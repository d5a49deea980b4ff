// Package auditchain is the mathematics of the audit chain: what an entry's digest is
// taken over, how entries are gathered into blocks that each name the one before,
// and how a chain, or an extract of one, is gone over. It knows no database, so
// that an extract can be checked on any machine.
//
// Every digest is SHA-256 over netstrings: of each field its length in bytes as a
// decimal number, a colon, the field, a comma. So no two different lists of fields
// give the same bytes, and any language can write them in a few lines.
//
//	leaf  = H("steelyard audit entry v1", id, at, actor, action, noun, noun id or "", key, value, … by key)
//	block = H("steelyard audit block v1", number, hash before, closed at, anonymous, leaves, leaf, …)
//	signed: netstrings of "steelyard audit head v1" and "NUMBER:HASH"
//
// Digests are written as 64 hexadecimal digits, the hash before the first block as
// 64 zeros, moments in UTC with six decimals. An entry's id holds 122 random bits,
// so that a leaf says nothing about its entry: an extract may give a leaf alone
// where its reader may not see the entry, and still be checked. So it does with
// anonymous writes; how many of them a block holds stands in its hash, so that no
// other entry can be withheld in their name.
package auditchain
