package messages

// Part returns the label of a part of a score's explanation by its code; a code
// that the catalogue does not have, which the tests exclude, comes out as itself.
func Part(l Lang, code string) string {
	s, ok := parts[code]
	if !ok {
		return code
	}
	return s.in(l)
}

var parts = map[string]sentence{
	"BASE":           {"同组的平均水平", "where the middle of the peer group lies"},
	"RAW":            {"原始成绩与同组平均之差", "the raw figure against the group's"},
	"ATTACK":         {"一人一票，异常集中的评价降权", "each voice counted once, organised bursts and favours weighed down"},
	"CASE_MIX":       {"工作难易的调整", "how hard the work was"},
	"RATER":          {"评价人宽严的调整", "how lenient or severe the raters were"},
	"SHRINKAGE":      {"依据不足时向平均靠拢", "how little is known: drawn towards the middle"},
	"BORROWED":       {"其他方面佐证的影响", "what the other components say of it"},
	"HALO":           {"扣除显绩光环", "what leans on visibility, taken out"},
	"WEIGHT_SHARING": {"缺项的权重由其余各项分担", "the place of components that were left out"},
	"WINSORISED":     {"限于 0 至 100 分", "cut at the ends of the scale"},
}
