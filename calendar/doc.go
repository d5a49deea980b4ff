// Package calendar knows working days and computes due dates. It is pure: the moment, the time zone and the calendar
// come in as arguments.
//
// A Calendar is the arrangement of one jurisdiction: its weekend, its holidays and, in China, its make-up days (调休),
// weekend days that are worked to lengthen a holiday. The arrangements are published year by year; for a year that a
// calendar has no data of, its plain week is used, and every answer that rests on such a year names it.
//
// A Clock is an allowance of working or calendar days that starts, pauses and runs out.
package calendar
