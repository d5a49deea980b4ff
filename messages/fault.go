package messages

import (
	"strconv"
	"strings"

	"steelyard/models"
)

// Fault returns the sentence for a fault that an import found: its kind, the file
// and column it stands in and the value found there. Where a column has a closed
// list of words the sentence names them.
func Fault(l Lang, kind, file, column, value string) string {
	s, ok := faults[kind]
	if !ok {
		return kind
	}
	words, ok := allowed[column]
	if !ok {
		words = allowed[file+" "+column]
	}
	return fill(l, s.in(l), []string{column, value, words})
}

// faults have the column as {1}, the value as {2} and the words of the column's
// list as {3}.
var faults = map[string]sentence{
	"MISSING_FILE":        {"缺少此文件，请补上。", "This file is needed and is not there."},
	"MISSING_COLUMN":      {"缺少 {1} 列，请补上。", "The column {1} is needed and is not there."},
	"UNKNOWN_COLUMN":      {"没有名为 {1} 的列，请删除或更正列名。", "There is no column {1}: remove it or mend its name."},
	"DUPLICATE_COLUMN":    {"{1} 列出现两次，请只留一列。", "The column {1} stands there twice: keep one."},
	"WRONG_FIELD_COUNT":   {"此行有 {2} 个单元格，与表头列数不符；含逗号的文字请加引号。", "The row has {2} cells, not as many as the header: put quotes around texts that hold commas."},
	"BAD_CSV":             {"无法按 CSV 读取，请检查引号是否成对。", "This cannot be read as CSV: check that quotes come in pairs."},
	"OPEN_QUOTE":          {"此处的引号未闭合或闭合有误，其后各行无法辨认，请更正。", "A quote is opened here and not closed as it should be, which hides the rows behind it: mend it."},
	"ROW_TOO_LONG":        {"此行超过 1 MiB，其后各行无法读取；请缩短，并检查引号是否成对。", "This row is longer than 1 MiB, and nothing behind it was read: shorten it, and check that quotes come in pairs."},
	"BAD_ENCODING":        {"不是 UTF-8 编码，请另存为 UTF-8。", "This is not UTF-8: save the file as UTF-8."},
	"MISSING_VALUE":       {"{1} 必填，请填写。", "{1} must not be empty: fill it in."},
	"UNKNOWN_WORD":        {"“{2}”不是 {1} 的可选值，请使用：{3}。", "“{2}” is not a word for {1}; use one of: {3}."},
	"BAD_NUMBER":          {"“{2}”不是数字，{1} 须为数字（等级和次数为整数）。", "“{2}” is not a number as {1} needs it; levels and counts are whole numbers."},
	"OUT_OF_RANGE":        {"{2} 超出 {1} 的范围：等级为 1 至 5，次数和小时数不小于 0，时间为 1900 年以后。", "{2} is out of range for {1}: levels go from 1 to 5, counts and hours from 0, times from 1900 on."},
	"BAD_TIME":            {"“{2}”不是有效时间，请按 RFC 3339 书写，如 2025-03-04T09:30:00+08:00。", "“{2}” is not a time: write RFC 3339, e.g. 2025-03-04T09:30:00+08:00."},
	"IMPOSSIBLE_TIME":     {"时间先后不合理：结束、评价或办理不能早于开始。", "The times contradict one another: nothing ends, or is rated, before it began."},
	"DUPLICATE_ID":        {"“{2}”重复出现，请只留一行或更正编号。", "“{2}” stands there twice: keep one row or mend the id."},
	"DANGLING_REFERENCE":  {"“{2}”在被引用的文件或数据库中不存在，请更正或补上。", "There is no “{2}” in the file or database it refers to: mend it or add the row."},
	"CYCLE":               {"上级单位“{2}”又在该单位之下，形成循环；请更正 {1}。", "The unit lies below itself by way of “{2}”: mend {1}."},
	"CHANGED":             {"“{2}”已以不同内容导入；评价、评议和实事不能更改。", "“{2}” has been imported with other values; ratings, reviews and deeds are never changed."},
	"YEAR_SEALED":         {"“{2}”所在年度已封存，不能再导入。", "The year of “{2}” is sealed: nothing can be added to it."},
	"DEPENDS_ON_REJECTED": {"引用了被剔除的“{2}”，随之剔除；请先更正被引用的那一行。", "It refers to “{2}”, which was rejected: mend that row first."},
	"TOO_LONG":            {"{1} 过长，请缩短。", "{1} is too long: shorten it."},
	"CONTROL_CHARACTER":   {"{1} 含有不可见的控制字符，请删除。", "{1} holds an invisible control character: remove it."},
}

// allowed are the words of each column that has a closed list, by the column's
// name, or by file and name where it means another thing in another file.
var allowed = map[string]string{
	"channel":               list(models.Channels),
	"outcome":               list(models.CaseOutcomes),
	"confirmed":             list(models.Answers),
	"invited":               list(models.Answers),
	"asked":                 list(models.Answers),
	"relation":              list(models.Relations),
	"dimension":             list(models.Dimensions),
	"case_events.csv kind":  list(models.ImportedEventKinds),
	"deeds.csv kind":        list(models.DeedKinds),
	"achievements.csv kind": list(models.AchievementKinds),
}

func list[W ~string](words []W) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// Notice returns the sentence for what an import found that is no fault: its kind, the
// column it stands in, in how many rows, and what of the format is not there and may be
// meant.
func Notice(l Lang, kind, column string, rows int64, free []string) string {
	s, ok := notices[kind]
	if !ok {
		return kind
	}
	return fill(l, s.in(l), []string{column, strconv.FormatInt(rows, 10), strings.Join(free, ", ")})
}

// notices have the column as {1}, the number of rows as {2} and what is not there as {3}.
var notices = map[string]sentence{
	"UNREAD_FILE":     {"提醒：格式中没有此文件，未读取。格式中尚缺的文件：{3}。", "Note: the format has no such file, so that it was not read. Files of the format that are not there: {3}."},
	"LEFT_OUT_COLUMN": {"提醒：没有名为 {1} 的列，整列未导入。此文件中尚缺的列：{3}。", "Note: there is no column {1}, so that all of it was left out. Columns that the file does not have: {3}."},
	"FUTURE_TIME":     {"提醒：{1} 晚于现在（首见于此行，共 {2} 行），请核对年份。", "Note: {1} lies in the future, first in this row; rows like it: {2}. Check the year."},
}
