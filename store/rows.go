package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/schema"

	"steelyard/models"
)

// onConn is a transaction: a connection, as database/sql has it and as pgx does.
type onConn struct {
	*sql.Conn
	conn *pgx.Conn
}

// ExecContext implements gorm.ConnPool.
func (c onConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	done, err := c.conn.Exec(ctx, query, args...)
	return driver.RowsAffected(done.RowsAffected()), err
}

// query is gorm's callback for Find, Take and their like on PostgreSQL: gorm writes the
// statement, and records are read from pgx's binary rows. By way of database/sql each
// value would be made three times, and rows of many columns cost more than PostgreSQL
// takes to find them. What is not a record, or asks for relations, is left to gorm.
func (s *Store) query(db *gorm.DB) {
	if db.Error != nil {
		return
	}
	into, ok := recordsOf(db)
	if !ok || db.DryRun {
		callbacks.Query(db)
		return
	}
	var err error
	switch pool := db.Statement.ConnPool.(type) {
	case patient:
		callbacks.BuildQuerySQL(db)
		if r := replicaOf(db.Statement.Context); r != nil {
			var answered bool
			if answered, err = r.ask(db.Statement.Context, func(ctx context.Context) error { return into.read(ctx, db, r.pool) }); answered {
				break
			}
		}
		pool.again(db.Statement.Context, func() error {
			err = into.read(db.Statement.Context, db, s.pool)
			return err
		})
	case onConn:
		callbacks.BuildQuerySQL(db)
		err = into.read(db.Statement.Context, db, pool.conn)
	case *together:
		callbacks.BuildQuerySQL(db)
		if db.Error == nil {
			pool.query(into, db.Statement)
		}
		return // it is read later
	default:
		callbacks.Query(db)
		return
	}
	if err == nil && db.RowsAffected == 0 && db.Statement.RaiseErrorOnNotFound {
		err = gorm.ErrRecordNotFound
	}
	_ = db.AddError(err) // it keeps the error for the caller
	if db.Statement.Result != nil {
		db.Statement.Result.RowsAffected = db.RowsAffected
	}
}

// records are where the rows of a query go: one record, or a slice of them.
type records struct {
	dest    reflect.Value // the record, or the slice
	record  reflect.Type
	setters map[string]setter // by column
}

// recordsOf says where the rows of a query go; false where that is not plain records.
func recordsOf(db *gorm.DB) (records, bool) {
	st := db.Statement
	if st.Schema == nil || len(st.Joins) > 0 || len(st.Preloads) > 0 || len(st.ColumnMapping) > 0 || !st.ReflectValue.CanSet() {
		return records{}, false
	}
	record := st.ReflectValue.Type()
	if record.Kind() == reflect.Slice {
		if record = record.Elem(); record.Kind() == reflect.Pointer {
			record = record.Elem()
		}
	}
	if record != st.Schema.ModelType {
		return records{}, false
	}
	return records{dest: st.ReflectValue, record: record, setters: settersOf(st.Schema)}, true
}

// read runs the statement and reads its rows.
func (d records) read(ctx context.Context, db *gorm.DB, on pgxQueryer) error {
	st := db.Statement
	db.RowsAffected = 0
	if db.Error != nil {
		return nil // of writing the statement: it is kept already
	}
	rows, err := on.Query(ctx, st.SQL.String(), native(st.Vars)...)
	if err != nil {
		return err
	}
	db.RowsAffected, err = d.from(rows)
	return err
}

// from reads rows, and counts them.
func (d records) from(rows pgx.Rows) (n int64, err error) {
	defer rows.Close()
	columns := rows.FieldDescriptions()
	set := make([]setter, len(columns))
	for i, column := range columns {
		set[i] = d.setters[column.Name].fitting(column) // a column of no field is passed over, as gorm does
	}
	row, room := &Row{}, slab{of: d.record}
	many := d.dest.Kind() == reflect.Slice
	if many {
		d.dest.Set(reflect.MakeSlice(d.dest.Type(), 0, 20))
	}
	for rows.Next() {
		row.raw = rows.RawValues()
		into := d.dest
		if many {
			into = room.next()
		}
		for i := range set {
			if err := set[i].set(row, i, into); err != nil {
				return n, err
			}
		}
		if row.err != nil {
			return n, row.err
		}
		n++
		if !many {
			break
		}
		d.append(into)
	}
	rows.Close()
	return n, rows.Err()
}

// native are arguments with ids as pgx sends them: by way of their Value each would be
// written out, and read again to be sent in binary.
func native(vars []any) []any {
	out := make([]any, len(vars))
	for i, v := range vars {
		switch v := v.(type) {
		case models.ID:
			out[i] = pgtype.UUID{Bytes: v, Valid: true}
		case *models.ID:
			if v != nil {
				out[i] = pgtype.UUID{Bytes: *v, Valid: true}
			}
		case idArray:
			ids := make(pgtype.FlatArray[pgtype.UUID], len(v))
			for j, id := range v {
				ids[j] = pgtype.UUID{Bytes: id, Valid: true}
			}
			out[i] = ids
		case textArray:
			out[i] = []string(v)
		default:
			out[i] = v
		}
	}
	return out
}

// append adds a record to the slice; reflect.Append would make a slice's head for each.
func (d records) append(record reflect.Value) {
	if d.dest.Type().Elem().Kind() == reflect.Pointer {
		record = record.Addr()
	}
	n := d.dest.Len()
	if n == d.dest.Cap() {
		d.dest.Grow(1)
	}
	d.dest.SetLen(n + 1)
	d.dest.Index(n).Set(record)
}

// slab is room for values of a type that are read one after the other: the more there are,
// the more are made at once.
type slab struct {
	of   reflect.Type
	made reflect.Value // a slice
	used int
}

// mostAtOnce is how many values of a type are made at once at most.
const mostAtOnce = 32

// next is a new value, which can be set and pointed to.
func (s *slab) next() reflect.Value {
	if !s.made.IsValid() {
		s.made = reflect.MakeSlice(reflect.SliceOf(s.of), 1, 1)
	} else if s.used == s.made.Len() {
		n := min(2*s.used, mostAtOnce)
		s.made, s.used = reflect.MakeSlice(reflect.SliceOf(s.of), n, n), 0
	}
	s.used++
	return s.made.Index(s.used - 1)
}

// setter reads a column into a field.
type setter struct {
	place []int // of the field within the record
	types []uint32
	read  func(r *Row, i int, field reflect.Value) error
	name  string
	room  slab // where the field is a pointer: what it points to
}

// set reads column i of a row into its field of a record. NULL leaves the field as a new
// record has it.
func (s *setter) set(r *Row, i int, record reflect.Value) error {
	if s.read == nil {
		return nil
	}
	field := record.FieldByIndex(s.place)
	if r.Null(i) {
		field.SetZero()
		return nil
	}
	if field.Kind() == reflect.Pointer {
		s.room.of = field.Type().Elem()
		to := s.room.next()
		field.Set(to.Addr())
		field = to
	}
	if err := s.read(r, i, field); err != nil {
		return fmt.Errorf("column %s: %w", s.name, err)
	}
	return nil
}

// fitting is the setter for a column as PostgreSQL describes it: where the column is of
// another type than the field's own, pgx decides.
func (s setter) fitting(column pgconn.FieldDescription) setter {
	binary := column.Format == pgtype.BinaryFormatCode || column.DataTypeOID == pgtype.TextOID
	if s.read == nil || binary && slices.Contains(s.types, column.DataTypeOID) {
		return s
	}
	s.read = func(r *Row, i int, field reflect.Value) error {
		return types.Scan(column.DataTypeOID, column.Format, r.raw[i], field.Addr().Interface())
	}
	return s
}

// types knows PostgreSQL's types; it is only read.
var types = pgtype.NewMap()

// settersOfSchema has what settersOf has found, by schema.
var settersOfSchema sync.Map

// settersOf has the setter of each column of a record.
func settersOf(s *schema.Schema) map[string]setter {
	if found, ok := settersOfSchema.Load(s); ok {
		return found.(map[string]setter)
	}
	made := make(map[string]setter, len(s.FieldsByDBName))
	for column, field := range s.FieldsByDBName {
		one := setterFor(field)
		one.name, one.place = column, field.StructField.Index
		made[column] = one
	}
	settersOfSchema.Store(s, made)
	return made
}

// setterFor chooses how a field is read by its type.
func setterFor(field *schema.Field) setter {
	if field.Serializer != nil {
		read := readJSON // the one serializer of models
		switch reflect.Zero(field.StructField.Type).Interface().(type) {
		case []models.ComponentScore:
			read = usually(readComponents)
		case []string:
			read = usually(readTexts)
		}
		return setter{types: texts, read: read}
	}
	plain := field.StructField.Type
	if plain.Kind() == reflect.Pointer {
		plain = plain.Elem()
	}
	switch reflect.Zero(plain).Interface().(type) {
	case models.ID:
		return setter{types: []uint32{pgtype.UUIDOID}, read: readAs((*Row).ID)}
	case models.Date:
		return setter{types: []uint32{pgtype.DateOID}, read: readAs((*Row).Date)}
	case time.Time:
		return setter{types: []uint32{pgtype.TimestamptzOID}, read: readAs(func(r *Row, i int) time.Time {
			micros, _ := r.Micros(i)
			return time.UnixMicro(micros).UTC()
		})}
	}
	switch plain.Kind() {
	case reflect.String:
		return setter{types: texts, read: func(r *Row, i int, field reflect.Value) error { field.SetString(r.Text(i)); return nil }}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return setter{types: []uint32{pgtype.Int8OID, pgtype.Int4OID}, read: func(r *Row, i int, field reflect.Value) error { field.SetInt(r.Int(i)); return nil }}
	case reflect.Float64:
		return setter{types: []uint32{pgtype.Float8OID}, read: func(r *Row, i int, field reflect.Value) error { field.SetFloat(r.Float(i)); return nil }}
	case reflect.Bool:
		return setter{types: []uint32{pgtype.BoolOID}, read: func(r *Row, i int, field reflect.Value) error { field.SetBool(r.Bool(i)); return nil }}
	case reflect.Slice:
		if plain.Elem().Kind() == reflect.Uint8 {
			return setter{types: []uint32{pgtype.ByteaOID}, read: func(r *Row, i int, field reflect.Value) error {
				field.SetBytes(slices.Clone(r.Bytes(i)))
				return nil
			}}
		}
	}
	return setter{read: func(*Row, int, reflect.Value) error { return fmt.Errorf("no way to read a %s", plain) }}
}

var texts = []uint32{pgtype.TextOID, pgtype.VarcharOID}

// readAs reads a field of just this type.
func readAs[T any](read func(r *Row, i int) T) func(r *Row, i int, field reflect.Value) error {
	return func(r *Row, i int, field reflect.Value) error {
		*field.Addr().Interface().(*T) = read(r, i)
		return nil
	}
}

func readJSON(r *Row, i int, field reflect.Value) error {
	text := r.Bytes(i)
	if len(text) == 0 {
		field.SetZero()
		return nil
	}
	return json.Unmarshal(text, field.Addr().Interface())
}
