// Package imports reads evidence in the import format into the database.
package imports
