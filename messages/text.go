package messages

import (
	"strconv"
	"strings"

	"steelyard/models"
)

// sentence is one thing to say, in each language.
type sentence struct{ zh, en string }

func (s sentence) in(l Lang) string {
	if l == English {
		return s.en
	}
	return s.zh
}

// Text returns a key's sentence with its arguments filled in. A key that the
// catalogue does not have, which the tests exclude, comes out as itself.
func Text(l Lang, key models.Key, args ...string) string {
	s, ok := sentences[key]
	if !ok {
		return string(key)
	}
	return fill(l, s.in(l), args)
}

// fill puts the arguments in the places that name them. Arguments are put in
// once: braces inside them stay what they are.
func fill(l Lang, text string, args []string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		place, after, _ := strings.Cut(rest, "}")
		out.WriteString(argument(l, place, args))
		text = after
	}
}

// argument is the text for a place such as "1" or "1:noun"; a dash for an
// argument that was not given.
func argument(l Lang, place string, args []string) string {
	number, kind, _ := strings.Cut(place, ":")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(args) || args[n-1] == "" {
		return "–"
	}
	if kind == "noun" {
		if s, ok := nouns[args[n-1]]; ok {
			return s.in(l)
		}
	}
	return args[n-1]
}

// nouns are the types of the domain as people call them.
var nouns = map[string]sentence{
	"Account":          {"账号", "account"},
	"AccountToken":     {"令牌", "token"},
	"Achievement":      {"业绩荣誉", "achievement"},
	"Area":             {"区域", "area"},
	"CategoryRule":     {"分类规则", "category rule"},
	"Exclusion":        {"不予受理申请", "exclusion"},
	"Holiday":          {"节假日安排", "holiday"},
	"RoutingRule":      {"分派规则", "routing rule"},
	"Assessment":       {"考核结果", "assessment"},
	"AssessmentRun":    {"计算任务", "assessment run"},
	"Attachment":       {"附件", "attachment"},
	"AuditBlock":       {"审计链区块", "block of the audit chain"},
	"Case":             {"事项", "case"},
	"CaseEvent":        {"办理记录", "case event"},
	"CaseTransfer":     {"转办", "transfer"},
	"Cycle":            {"考核周期", "cycle"},
	"Deed":             {"实事", "deed"},
	"Encounter":        {"服务记录", "encounter"},
	"IntegrityFlag":    {"疑点", "integrity flag"},
	"FlagAppeal":       {"疑点申诉", "appeal against a flag"},
	"Mediation":        {"调解", "mediation"},
	"Objection":        {"异议", "objection"},
	"Official":         {"干部", "official"},
	"OrgUnit":          {"单位", "unit"},
	"Policy":           {"考核办法", "policy"},
	"Posting":          {"任职", "posting"},
	"Publication":      {"公示", "public notice"},
	"Rating":           {"评价", "rating"},
	"RatingInvitation": {"评价链接", "rating link"},
	"RatingReply":      {"评价答复", "reply to a rating"},
	"ReplyDuty":        {"待答复评价", "rating that owes a reply"},
	"CounterCode":      {"窗口评价码", "counter code"},
	"RatingForm":       {"评价项目", "rating form"},
	"RatingUndo":       {"评价", "rating"},
	"ReviewConflict":   {"回避关系", "conflict of interest"},
	"ReviewTemplate":   {"评议问卷", "questionnaire"},
	"ReviewAssignment": {"评议任务", "review assignment"},
	"AppraisalClaim":   {"测评凭证", "appraisal ballot"},
	"AppraisalCode":    {"测评码", "appraisal code"},
	"ReviewRound":      {"评议", "review round"},
	"Service":          {"服务事项", "service"},
	"Tally":            {"计票", "tally"},
	"TallyBlock":       {"计票", "tally"},
	"Webhook":          {"通知地址", "webhook"},
	"Export":           {"导出", "export"},
	"ReportDefinition": {"报表定义", "report definition"},

	// What follows the scoring of a cycle.
	"CycleGrade":        {"等次", "grade"},
	"CycleProposal":     {"待确认步骤", "step that awaits a second person"},
	"CycleResult":       {"结果", "result"},
	"EvidenceExclusion": {"证据剔除", "exclusion of evidence"},
	"GradeLimit":        {"等次限制", "grade limit"},
	"GradeQuota":        {"优秀名额", "quota"},
	"KeyEpoch":          {"年度密钥", "rater key of a year"},
	"Seal":              {"封存", "seal"},
	"SelfSummary":       {"述职", "self-summary"},
}
