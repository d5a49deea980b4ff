package messages

import (
	"cmp"
	"slices"
	"strings"
)

// TrailAction says what was done, by the name that an entry of the audit trail has for
// it; an action without words is itself.
func TrailAction(l Lang, action string) string {
	if s, ok := trailActions[action]; ok {
		return s.in(l)
	}
	return action
}

// TrailNoun says to what it was done.
func TrailNoun(l Lang, noun string) string {
	if noun == "Import" {
		return sentence{"数据导入", "import"}.in(l)
	}
	if s, ok := nouns[noun]; ok {
		return s.in(l)
	}
	return noun
}

// TrailDetail says what a thing that was noted is. Where there are several of a kind its
// number follows the name.
func TrailDetail(l Lang, name string) string {
	word, number, numbered := strings.Cut(name, " ")
	s, ok := trailDetails[word]
	switch {
	case !ok:
		return name
	case numbered:
		return s.in(l) + " " + number
	}
	return s.in(l)
}

// TrailActions are the actions that have words, in the order of these.
func TrailActions(l Lang) []string {
	actions := make([]string, 0, len(trailActions))
	for action := range trailActions {
		actions = append(actions, action)
	}
	slices.SortFunc(actions, func(a, b string) int {
		return cmp.Or(strings.Compare(TrailAction(l, a), TrailAction(l, b)), strings.Compare(a, b))
	})
	return actions
}

// trailActions have the names of mutations and, at the end, of what is done on the
// command line or by the system itself.
var trailActions = map[string]sentence{
	"acceptCase":               {"签收事项", "Signed for a case"},
	"amendReviewAssignment":    {"调整评议安排", "Changed who reviews whom"},
	"answerMediation":          {"答复调解", "Answered a mediation"},
	"appealFlag":               {"对疑点提出申诉", "Appealed against a doubt"},
	"assignCase":               {"分派事项", "Gave out a case"},
	"cancelAssessment":         {"取消计算", "Cancelled a run"},
	"checkDeed":                {"核查实事", "Checked a deed"},
	"closeReviewRound":         {"结束评议", "Ended a review round"},
	"comparePolicies":          {"换权重试算", "Tried other weights"},
	"confirmDeed":              {"确认实事", "Confirmed a deed"},
	"confirmExclusion":         {"确认剔除依据", "Confirmed that evidence is left out"},
	"confirmResolution":        {"确认办结", "Confirmed a resolution"},
	"decideCycle":              {"决定考核结果", "Decided a cycle"},
	"decideExclusion":          {"审定不予受理", "Decided on excluding a case"},
	"decideFlag":               {"裁定疑点", "Decided on a doubt"},
	"decideFlagAppeal":         {"裁定疑点申诉", "Decided on the appeal against a doubt"},
	"decideGrade":              {"决定等次", "Decided a grade"},
	"decideObjection":          {"决定异议", "Decided an objection"},
	"decideTransfer":           {"答复转办", "Answered a transfer"},
	"declareReviewConflict":    {"登记回避关系", "Declared a conflict of interest"},
	"deleteReportDefinition":   {"删除报表定义", "Deleted a report's definition"},
	"endMediation":             {"结束调解", "Ended a mediation"},
	"eraseCase":                {"删除事项中的个人信息", "Erased a case"},
	"eraseMine":                {"评价人删除本人文字", "A resident erased the own words"},
	"excludeEvidence":          {"提出剔除依据", "Proposed to leave evidence out"},
	"extendCase":               {"延长办理期限", "Gave a case more time"},
	"extendObjection":          {"延长申诉期限", "Gave an appeal more time"},
	"fileObjection":            {"提出异议", "Objected"},
	"holdCase":                 {"暂停计时", "Put a case on hold"},
	"issueAppraisalCodes":      {"发放测评码", "Issued appraisal codes"},
	"issueCounterCode":         {"制作窗口评价码", "Issued a counter code"},
	"issueRatingInvitation":    {"出示评价码", "Issued a rating link"},
	"joinCases":                {"合并事项", "Joined cases"},
	"objectExclusion":          {"对不予受理提出异议", "Objected to an exclusion"},
	"openCase":                 {"提交事项", "Opened a case"},
	"openCycle":                {"开始考核周期", "Opened a cycle"},
	"openReviewRound":          {"开始评议", "Opened a review round"},
	"partCase":                 {"拆分事项", "Parted a case"},
	"proposeGrade":             {"提出等次", "Proposed a grade"},
	"proposeReviewAssignments": {"安排评议人", "Proposed who reviews whom"},
	"publishCycle":             {"公示", "Published a cycle"},
	"rateAgain":                {"重新评价", "Rated again"},
	"rateMending":              {"评价整改", "Rated a mending"},
	"recordAchievement":        {"登记业绩荣誉", "Recorded an achievement"},
	"recordDeed":               {"登记实事", "Recorded a deed"},
	"recordEncounter":          {"登记服务", "Recorded an encounter"},
	"recordEncounters":         {"批量登记服务", "Recorded encounters"},
	"recordMending":            {"登记整改", "Recorded a mending"},
	"rejectCase":               {"不予受理", "Rejected a case"},
	"remindReviewers":          {"提醒评议人", "Reminded reviewers"},
	"removeArea":               {"删除区域", "Removed an area"},
	"removeCategoryRule":       {"删除分类规则", "Removed a category rule"},
	"removeHoliday":            {"删除节假日安排", "Removed a holiday"},
	"removeReviewConflict":     {"删除回避关系", "Removed a conflict of interest"},
	"removeRoutingRule":        {"删除分派规则", "Removed a routing rule"},
	"removeWebhook":            {"删除通知地址", "Removed a webhook"},
	"replyToRating":            {"答复评价", "Replied to a rating"},
	"requestExclusion":         {"申请不予受理", "Asked to exclude a case"},
	"requestExport":            {"申请导出", "Asked for an export"},
	"requestMediation":         {"请第三方调解", "Asked for mediation"},
	"resolveCase":              {"答复已办", "Resolved a case"},
	"resumeCase":               {"恢复办理", "Resumed a case"},
	"revokeCounterCode":        {"停用窗口评价码", "Revoked a counter code"},
	"revokeInvitation":         {"作废评价链接", "Revoked a rating link"},
	"runAssessment":            {"计算考核结果", "Asked for a run"},
	"saveArea":                 {"保存区域", "Saved an area"},
	"saveCategoryRule":         {"保存分类规则", "Saved a category rule"},
	"saveHoliday":              {"保存节假日安排", "Saved a holiday"},
	"savePolicy":               {"保存考核办法", "Saved a policy"},
	"saveRatingForm":           {"保存评价项目", "Saved a rating form"},
	"saveReportDefinition":     {"保存报表定义", "Saved a report's definition"},
	"saveReviewDraft":          {"保存评议草稿", "Kept a review's draft"},
	"saveReviewTemplate":       {"保存评议问卷", "Saved a questionnaire"},
	"saveRoutingRule":          {"保存分派规则", "Saved a routing rule"},
	"saveWebhook":              {"保存通知地址", "Saved a webhook"},
	"sealCycle":                {"同意封存", "Signed a seal"},
	"setGradeLimit":            {"设定等次限制", "Limited a grade"},
	"startCase":                {"开始办理", "Began a case"},
	"startCollecting":          {"开始收集依据", "Began to collect"},
	"startScoring":             {"开始评分", "Began to score"},
	"submitAppraisal":          {"提交测评票", "Cast a ballot"},
	"submitPeerReview":         {"提交评议", "Handed in a review"},
	"submitRating":             {"提交评价", "Rated"},
	"submitSelfSummary":        {"提交述职", "Handed in a self-summary"},
	"submitWalkIn":             {"窗口评价", "Rated at a counter"},
	"subscribeToCase":          {"订阅事项进展", "Asked to be told of a case"},
	"tellDecision":             {"书面告知结果", "Told a result in writing"},
	"transferCase":             {"转办事项", "Offered a case to another unit"},
	"undoRating":               {"撤回评价", "Took a rating back"},
	"unsubscribeFromCase":      {"取消订阅", "Asked not to be told of a case"},
	"withdrawCase":             {"撤回事项", "Took a case back"},

	"disableAccount": {"停用账号", "Disabled an account"},
	"enableAccount":  {"启用账号", "Enabled an account"},
	"revokeToken":    {"作废令牌", "Revoked a token"},
	"revokeTokens":   {"作废账号的全部令牌", "Revoked an account's tokens"},

	"attach":              {"添加附件", "Attached a file"},
	"destroyRaterKey":     {"销毁年度密钥", "Destroyed a year's rater key"},
	"eraseOverdue":        {"到期删除个人信息", "Erased what was kept long enough"},
	"endPause":            {"暂停到期恢复计时", "A pause ended by itself"},
	"escalateCase":        {"逾期上报事项", "Laid an overdue case before the unit above"},
	"escalateReply":       {"逾期上报答复", "Laid an overdue reply before the unit above"},
	"export":              {"导出", "Exported"},
	"extract":             {"导出计算依据", "Extracted a run with its evidence"},
	"extractPublic":       {"公开计算的分项表", "Gave the estimates of a run to everybody"},
	"extractSheet":        {"导出计算的分项表", "Extracted the estimates of a run"},
	"exportOfficialSheet": {"导出考核单", "Exported a sheet"},
	"exportReport":        {"导出报表", "Exported a report"},
	"fetchExport":         {"下载导出文件", "Fetched an export"},
	"grantAccount":        {"授权账号", "Granted an account"},
	"import":              {"导入数据", "Imported data"},
	"lapseTransfer":       {"转办逾期退回", "A transfer fell back"},
	"lapseUnconfirmed":    {"逾期未确认，自动办结", "Closed a case that nobody confirmed"},
	"leaveUncounted":      {"运行证据已变，未计票", "Left a run uncounted whose evidence had changed"},
	"newAuditKey":         {"更换审计密钥", "Went on with a new audit key"},
	"raiseFlags":          {"提出疑点", "Raised doubts"},
	"seal":                {"封存", "Sealed a cycle"},
	"tally":               {"计票", "Tallied what is published"},
}

// trailDetails are what is noted with entries.
var trailDetails = map[string]sentence{
	"addedOfficial": {"新增被评人", "reviewed, added"}, "addedReviewer": {"新增评议人", "reviewer, added"},
	"removedOfficial": {"移除被评人", "reviewed, removed"}, "removedReviewer": {"移除评议人", "reviewer, removed"},
	"assignments": {"安排份数", "assignments"}, "before": {"之前", "before"}, "beyond": {"超出名额", "beyond the quota"}, "carried": {"沿用裁定", "decisions carried on"},
	"class": {"类别", "class"}, "officials": {"人数", "officials"}, "columns": {"更改的列", "columns changed"}, "confirmedBy": {"确认人", "confirmed by"}, "count": {"数量", "number"}, "cycle": {"考核周期", "cycle"}, "decision": {"决定", "decision"},
	"digest": {"摘要", "digest"}, "dueOn": {"期限", "due on"}, "evidenceDigest": {"依据摘要", "digest of the evidence"}, "evidenceDigestNow": {"现依据摘要", "digest of the evidence now"},
	"format": {"格式", "format"}, "from": {"从", "from"}, "grade": {"等次", "grade"}, "ground": {"依据", "ground"}, "instance": {"程序", "instance"}, "key": {"密钥", "key"},
	"kind": {"种类", "kind"}, "lead": {"主办事项", "leading case"}, "lines": {"行数", "lines"}, "name": {"名称", "name"}, "objection": {"异议", "objection"}, "official": {"干部", "official"},
	"other": {"另一方", "the other"}, "peerGroup": {"同类组", "peer group"}, "proposedBy": {"提出人", "proposed by"}, "raised": {"新疑点", "doubts raised"}, "ratings": {"评价数", "ratings"},
	"reason": {"理由", "reason"}, "relation": {"评议关系", "relation"}, "replaced": {"替换", "replaced"}, "role": {"角色", "role"}, "root": {"根", "root"}, "run": {"计算", "run"}, "size": {"大小", "size"},
	"skipBadRows": {"跳过错行", "bad rows skipped"}, "stands": {"是否成立", "stands"}, "state": {"状态", "state"}, "subject": {"账号", "account"}, "to": {"到", "to"}, "toldOn": {"告知日期", "told on"},
	"unit": {"单位", "unit"}, "version": {"版本", "version"}, "year": {"年度", "year"}, "policy": {"考核办法", "policy"}, "without": {"去掉的步骤", "step left out"},
}
