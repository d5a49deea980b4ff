package messages

// Report returns a word of the files that reports are written as; a word that the
// catalogue does not have, such as a flag of a later engine, comes out as itself.
func Report(l Lang, word string, args ...string) string {
	s, ok := reports[word]
	if !ok {
		return word
	}
	return fill(l, s.in(l), args)
}

var reports = map[string]sentence{
	// The columns of the CSV contract, and what stands beside them.
	"official_id": {"干部编号", "official"}, "official_name": {"姓名", "name"},
	"unit_id": {"单位编号", "unit"}, "unit_name": {"单位", "name of the unit"},
	"position": {"岗位", "position"}, "peer_group": {"同类组", "peer group"}, "status": {"依据状况", "status"},
	"composite": {"综合得分", "composite"}, "composite_low": {"得分下限", "composite, low"}, "composite_high": {"得分上限", "composite, high"},
	"rank": {"名次", "rank"}, "rank_low": {"名次上限", "rank, best"}, "rank_high": {"名次下限", "rank, worst"}, "grade": {"建议等次", "proposed grade"},
	"satisfaction": {"群众满意", "satisfaction"}, "satisfaction_se": {"群众满意标准误", "satisfaction, se"}, "satisfaction_n": {"群众满意有效件数", "satisfaction, n"},
	"outcomes": {"办理结果", "outcomes"}, "outcomes_se": {"办理结果标准误", "outcomes, se"}, "outcomes_n": {"办理结果有效件数", "outcomes, n"},
	"peer_review": {"同事评议", "peer review"}, "peer_review_se": {"同事评议标准误", "peer review, se"}, "peer_review_n": {"同事评议有效件数", "peer review, n"},
	"practical_work": {"实事", "practical work"}, "practical_work_se": {"实事标准误", "practical work, se"}, "practical_work_n": {"实事有效件数", "practical work, n"},
	"visibility": {"显绩百分位", "visibility"}, "showcase_gap": {"显实之差", "showcase gap"}, "flags": {"提示", "flags"},

	// Enum words.
	"SCORED": {"已评分", "scored"}, "PROVISIONAL": {"暂定", "provisional"}, "INSUFFICIENT_EVIDENCE": {"依据不足", "insufficient evidence"},
	"EXCELLENT": {"优秀", "excellent"}, "BOUNDARY": {"界线上，由人裁量", "on the boundary: people choose"},
	"SATISFACTION": {"群众满意", "satisfaction"}, "OUTCOMES": {"办理结果", "outcomes"}, "PEER_REVIEW": {"同事评议", "peer review"}, "PRACTICAL_WORK": {"实事", "practical work"},
	"RATING": {"评价", "rating"}, "CASE": {"事项", "case"}, "REVIEW": {"评议", "review"}, "DEED": {"实事", "deed"}, "DECISION": {"对办事人不利的决定", "decisions against residents"},
	"ONE_COMPONENT": {"只有一项依据", "one component"}, "DISCONNECTED": {"与同组无从比较", "disconnected"}, "UNCONFIRMED": {"结果无人确认", "unconfirmed"},
	"NO_EVENTS": {"无办理记录", "no events"}, "SMALL_GROUP": {"同类组太小", "small group"}, "NO_VARIANCE": {"一项依据无区分", "no variance"},
	"BURST": {"评价异常集中", "burst"}, "REPEATED_RATER": {"一人多评", "repeated rater"}, "RECIPROCITY": {"互评互惠", "reciprocity"},
	"CLIQUE": {"小圈子互评", "clique"}, "CAMPAIGN_BURST": {"实事突击", "campaign burst"}, "LOW_RELIABILITY": {"信度不足", "low reliability"},
	"HALO_OFF": {"未扣显绩光环", "halo step off"}, "EXCLUDED": {"不参加评定", "excluded"},

	// Titles, facts and headings.
	"report": {"考核报告", "Assessment report"}, "sheet": {"个人考核单", "Official's sheet"},
	"summary": {"汇总", "Summary"}, "all": {"全部", "All"}, "points": {"散点", "Points"},
	"cycle": {"考核周期", "cycle"}, "period": {"期间", "period"}, "period_of": {"{1} 至 {2}", "{1} to {2}"}, "unit": {"单位", "unit"},
	"whole": {"全部单位", "all units"}, "policy": {"考核办法", "policy"}, "policy_of": {"{1} 第 {2} 版", "{1}, version {2}"},
	"policy_default": {"默认考核办法", "default policy"}, "engine": {"计算引擎", "engine"},
	"evidence_digest": {"依据摘要", "evidence digest"}, "policy_digest": {"办法摘要", "policy digest"}, "made": {"计算时间", "computed"},
	"officials": {"人数", "officials"}, "mean": {"平均综合得分", "mean composite"}, "by_unit": {"按单位", "By unit"}, "by_group": {"按同类组", "By peer group"},
	"distribution": {"综合得分分布", "Distribution of the composite"}, "from_to": {"{1}–{2} 分", "{1} to {2}"},
	"withheld": {"不足 {1} 人不列平均", "no mean of fewer than {1}"},
	"showcase": {"看得见的与做得实的", "What is seen and what is done"}, "showcase_x": {"显绩：同组百分位", "visibility: percentile in the peer group"},
	"quiet": {"实干而不显眼", "strong and unseen"}, "showy": {"显眼而不实", "seen and weak"}, "other": {"其余", "others"},
	"thinned":  {"其余各点每 {1} 个显示 1 个", "of the others one in {1} is shown"},
	"interval": {"95% 区间", "95 % interval"}, "of_rank": {"{1}（{2}–{3}）", "{1} ({2} to {3})"}, "none": {"无", "none"},
	"components": {"四项依据", "Components"}, "component": {"依据", "component"}, "value": {"得分", "score"}, "se": {"标准误", "standard error"},
	"n": {"有效件数", "effective n"}, "weight": {"权重", "weight"}, "counts": {"计入", "counts"}, "yes": {"是", "yes"}, "no": {"否", "no"},
	"explanation": {"得分由来：各步之和等于综合得分", "Why: parts that add up to the composite"},
	"evidence":    {"影响最大的依据", "The evidence that moved it most"}, "month": {"月份", "month"}, "kind": {"类别", "kind"}, "effect": {"影响（分）", "effect, points"},
	"part": {"步骤", "part"}, "source": {"来源", "source"},
	"evidence_rule": {
		"依据只列月份和类别；同一格不足规定人数的不列，任何人都不能由此得知是谁评的。",
		"Evidence is listed by month and kind alone. Where fewer persons than the threshold stand behind a line it is left out, so that nobody learns who said what.",
	},
	"trend": {"历次考核", "Earlier cycles"}, "reliability": {"信度", "reliability"}, "page_of": {"第 {1} 页，共 {2} 页", "page {1} of {2}"},
	"without_halo": {"不扣显绩光环的综合得分", "composite with the halo left in"}, "geometric": {"几何平均综合得分", "geometric composite"},
	"scale_note": {
		"各项得分为 0 至 100 分，50 分为同组平均。名次和等次是建议，由人决定。",
		"All scores run from 0 to 100, and 50 is the peer group's mean. Ranks and grades are proposals: persons decide.",
	},
}
