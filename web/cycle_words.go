package web

import (
	"strconv"
	"strings"

	"steelyard/messages"
)

// cycleWords are the sentences of the pages of assessments in one language. What reports
// say as well is said by [words.Report].
type cycleWords struct {
	In messages.Lang

	Assessments, CyclesText, NoCycles, OwnSheet, NotYet, NothingThere                                  string
	Steps6, StateNow, Period, Policy, NoRun, RunMade, Engine, Overview                                 string
	AllUnits, Show, UnitLabel, Officials, NotScored, NotScoredHint                                     string
	Questions, WhoImproved, WhoUnsung, WhyScore, WhyHint, WhatIfHalf                                   string
	WhatIfHint, SinceCycle, NoBefore, UnsungHint, SeeAll                                               string
	Distribution, From, To, Count, Scatter, ScatterHint, TooMany, Gap                                  string
	Visibility, Groups, Group, Mean, Unsung, Showy                                                     string
	Ranking, RankingText, Order, ByRank, ByComposite, ByImproved, ByUnsung                             string
	ByShowy, Filter, Search, SearchHint, AllGroups, Apply, NextPage                                    string
	FirstPage, Matches, NoMatch, Person, Rank, Composite, Interval, Change                             string
	Grade, Whisker, Clear, ClearHint, Files, ChangeText, UnsungText                                    string
	RankText, ShowyText, OfGroup                                                                       string
	Sheet, NoSheet, Explained, PartsAdd, Part, Points, Sum, Moved                                      string
	MovedHint, Month, Source, Kind, Effect, Strands, Strand, Score, SE                                 string
	N, Weight, NotCounted, Otherwise, OtherwiseHint, WithoutHalo, Geometric                            string
	AsItIs, TryWeights, Trend, Cycle, GradeHint, BoundaryHint, NoGrade                                 string
	PDF, Reliability, Flags, Versions, Object                                                          string
	WhatIf, WhatIfText, Weights, Share, Compare, Presets, OwnPolicy, Half                              string
	Without, Nothing, Agreement, AgreementHint, Regraded, Movers, MoversHint                           string
	Before, After, Sensitive, SensitiveHint, Same, Computing, AnyWeights, ThenText, Matters, QuotaText string
	Scaled, RankMoves                                                                                  string

	PresetNames map[PolicyPreset]string
	CycleKinds  map[CycleKind]string
	CycleStates map[CycleState]string
	MethodSteps map[MethodStep]string
	Grades5     map[Grade]string
	GradeStates map[GradeState]string
}

// Report is a word that reports have as well: a component, a flag, a proposal.
func (w *words) Report(word string, args ...string) string {
	return messages.Report(w.In, word, args...)
}

// Then says in a sentence what other weights come to.
func (w *words) Then(c *Compared) string {
	most := 0
	if len(c.Officials.Nodes) > 0 {
		if change := c.Officials.Nodes[0].Scores[1].RankChange; change != nil {
			most = max(*change, -*change)
		}
	}
	return strings.NewReplacer("{1}", strconv.Itoa(c.Officials.TotalCount), "{2}", strconv.Itoa(c.Sides[1].Regraded), "{3}", strconv.Itoa(most)).Replace(w.ThenText)
}

// Quota says how many of a class of staff may be EXCELLENT.
func (w *words) Quota(q *Quota) string {
	return strings.NewReplacer("{1}", q.Unit.Name, "{2}", q.Position, "{3}", strconv.Itoa(q.Size), "{4}", strconv.Itoa(q.Places), "{5}", strconv.Itoa(q.Taken)).
		Replace(w.QuotaText)
}

// Version is a policy's name and version, or says that it is the default.
func (w *words) Version(p *PolicyVersion) string {
	if p == nil {
		return w.Report("policy_default")
	}
	return messages.Report(w.In, "policy_of", p.Name, strconv.Itoa(p.Version))
}

var chineseCycle = cycleWords{
	In: messages.Chinese,

	Assessments: "考核", CyclesText: "每个考核周期从收集依据到封存，结果、理由和试算都在这里。", NoCycles: "还没有考核周期。", OwnSheet: "我的考核单",
	NotYet: "结果公示后才能查看。", NothingThere: "没有这个内容，或它不在您的范围内。",
	Steps6: "进行到", StateNow: "现在", Period: "考核期间", Policy: "考核办法", NoRun: "还没有计算结果。", RunMade: "最近一次计算", Engine: "计算引擎", Overview: "总览",
	AllUnits: "本人范围内全部单位", Show: "查看", UnitLabel: "单位", Officials: "人数", NotScored: "依据不足，未评分", NotScoredHint: "没有依据不等于零分：不给分，也不排名。",
	Questions: "四个问题", WhoImproved: "谁进步最大？", WhoUnsung: "谁默默无闻？", WhyScore: "分数为什么是这样？", WhyHint: "点开任何一人：每一步加减都列出来，加起来正好等于综合得分。",
	WhatIfHalf: "如果同事评议占一半？", WhatIfHint: "换一组权重试算，看分数、名次和建议等次怎样变。试算不改变任何结果，但会留下记录。",
	SinceCycle: "相比", NoBefore: "没有可比的上一个周期。", UnsungHint: "做得实、看不见：显绩百分位比得分百分位低 50 以上。", SeeAll: "全部",
	Distribution: "得分分布", From: "从", To: "到", Count: "人数", Scatter: "实干与显眼", ScatterHint: "每个点是一个人：越往上做得越实，越往右越显眼。显眼与否从不计入得分。",
	TooMany: "人数太多，图上看不清：请先选一个单位。", Gap: "显实之差", Visibility: "显绩百分位", Groups: "同类组", Group: "同类组", Mean: "平均", Unsung: "实干而不显眼", Showy: "显眼而不实",
	Ranking: "排名", RankingText: "线段是 95% 区间，点是综合得分，竖线是同组平均（50 分）。区间重叠的人，分不出先后。", Order: "排列方式", ByRank: "按名次", ByComposite: "按得分",
	ByImproved: "谁进步最大", ByUnsung: "谁默默无闻", ByShowy: "谁显眼而不实", Filter: "筛选", Search: "姓名或编号", SearchHint: "可只输入一部分", AllGroups: "全部同类组", Apply: "筛选",
	NextPage: "下一页", FirstPage: "回到第一页", Matches: "共", NoMatch: "没有符合条件的人。", Person: "姓名", Rank: "名次", Composite: "综合得分", Interval: "95% 区间", Change: "与上期相比",
	Grade: "建议等次", Whisker: "得分与区间", Clear: "确有进步", ClearHint: "区间整个在零以上：不是偶然。", Files: "下载",
	ChangeText: "按综合得分比上一周期的增量排列。两期都以同类组平均为 50 分；增量的区间不含零，才算确有进步。", UnsungText: "按“显实之差”排列，最默默无闻的在前：得分高而看不见。",
	RankText: "按同类组和名次排列。", ShowyText: "按“显实之差”倒序排列，最显眼而不实的在前。", OfGroup: "同类组内",
	Sheet: "考核单", NoSheet: "这个周期里没有此人的结果，或您现在还不能看。", Explained: "分数为什么是这样", PartsAdd: "从 50 分（同组平均）起，一步一步加减，正好等于综合得分。", Part: "步骤", Points: "分", Sum: "综合得分",
	Moved: "影响最大的依据", MovedHint: "只列月份和类别；同一格不足规定人数的不列，任何人都不能由此得知是谁评的。", Month: "月份", Source: "来源", Kind: "类别", Effect: "影响（分）",
	Strands: "四项依据", Strand: "依据", Score: "得分", SE: "标准误", N: "有效件数", Weight: "实际权重", NotCounted: "依据太少，未计入",
	Otherwise: "换个算法会怎样", OtherwiseHint: "同样的依据，只换一个算法。", WithoutHalo: "不扣显绩光环", Geometric: "几何平均（各项不能相互抵补）", AsItIs: "现行算法",
	TryWeights: "换一组权重试算", Trend: "历次考核", Cycle: "考核周期", GradeHint: "等次由人决定；这里是计算的建议。", BoundaryHint: "在界线上：依据分不出在哪一边，由人裁量。", NoGrade: "没有建议",
	PDF: "下载考核单（PDF）", Reliability: "信度", Flags: "提示", Versions: "由人决定的等次", Object: "提出异议",
	WhatIf: "换权重试算", WhatIfText: "拖动权重，看分数、名次和建议等次怎样变。什么都不会改变，但每次试算都会留下记录，以便看出有没有为某个人挑选权重。",
	Weights: "权重", Share: "占比", Compare: "试算", Presets: "现成的办法", OwnPolicy: "本周期的办法", Half: "同事评议占一半", Without: "去掉一个步骤", Nothing: "不去掉",
	Agreement: "名次一致程度", AgreementHint: "1 表示名次完全不变。", Regraded: "建议等次改变的人数", QuotaText: "优秀名额：{1}、{2}共 {3} 人，可评优秀 {4} 人，已决定 {5} 人。", Matters: "对谁要紧", Movers: "谁变动最大", MoversHint: "按名次变动排列，前 25 人。", Before: "现行", After: "试算", Sensitive: "敏感",
	SensitiveHint: "他们的建议等次，或超出区间的名次，取决于这个选择。前 25 人。", Same: "没有变化", Computing: "还在计算，请稍后再点一次“试算”。", AnyWeights: "任意权重下的得分（90%）", ThenText: "那么：{1} 人中有 {2} 人的建议等次会变，名次变动最大的变 {3} 位。",
	Scaled: "四项之和不是 100% 时按比例折算。", RankMoves: "名次变动",

	PresetNames: map[PolicyPreset]string{PolicyPresetDefault: "默认考核办法", PolicyPresetDemocraticAppraisal: "民主测评", PolicyPresetImmediateResponse: "接诉即办"},
	CycleKinds:  map[CycleKind]string{CycleKindAnnual: "年度考核", CycleKindQuarterly: "季度考核", CycleKindTerm: "任期考核", CycleKindSpecial: "专项考核"},
	CycleStates: map[CycleState]string{
		CycleStateDraft: "准备", CycleStateCollecting: "收集依据", CycleStateScoring: "评分", CycleStatePublished: "公示", CycleStateDecided: "决定并告知", CycleStateFinal: "封存",
	},
	MethodSteps: map[MethodStep]string{
		MethodStepCaseMix: "难易调整", MethodStepRater: "宽严调整", MethodStepVoice: "一人一票", MethodStepAttack: "防刷分", MethodStepShrinkage: "少量依据向平均靠拢",
		MethodStepBorrowed: "各项互相印证", MethodStepHalo: "扣除显绩光环",
	},
	Grades5:     map[Grade]string{GradeExcellent: "优秀", GradeCompetent: "称职", GradeBasicallyCompetent: "基本称职", GradeIncompetent: "不称职", GradeNotGraded: "不确定等次"},
	GradeStates: map[GradeState]string{GradeStateProposed: "已提出，等第二人", GradeStateDecided: "已决定", GradeStateRefused: "未通过"},
}

var englishCycle = cycleWords{
	In: messages.English,

	Assessments: "Assessments", CyclesText: "Each cycle, from the first evidence to the seal: its results, their reasons, and what would be otherwise.", NoCycles: "There is no cycle yet.", OwnSheet: "My sheet",
	NotYet: "Results can be seen once they are published.", NothingThere: "There is no such thing, or it is not yours to see.",
	Steps6: "How far it has come", StateNow: "now", Period: "Period", Policy: "Policy", NoRun: "Nothing has been computed yet.", RunMade: "Last computed", Engine: "engine", Overview: "Overview",
	AllUnits: "All units of my scope", Show: "Show", UnitLabel: "Unit", Officials: "officials", NotScored: "not scored: too little evidence", NotScoredHint: "No evidence is not a zero: there is no score, and no rank.",
	Questions: "Four questions", WhoImproved: "Who improved most?", WhoUnsung: "Who is unsung?", WhyScore: "Why this score?", WhyHint: "Open anybody: every step is listed, and the steps add up to the composite exactly.",
	WhatIfHalf: "What if peer review weighed half?", WhatIfHint: "Try other weights, and see how scores, ranks and grades would move. Nothing changes by it, and it is on record that you asked.",
	SinceCycle: "since", NoBefore: "There is no cycle before to compare with.", UnsungHint: "Strong and unseen: the percentile of visibility lies 50 or more below that of the composite.", SeeAll: "All of them",
	Distribution: "Distribution of the composite", From: "from", To: "to", Count: "officials", Scatter: "Quiet and showy", ScatterHint: "Each dot is an official. Up: good work. To the right: much seen. Being seen never enters a score.",
	TooMany: "Too many to tell apart on a chart: choose a unit first.", Gap: "Showcase gap", Visibility: "Visibility", Groups: "Peer groups", Group: "Peer group", Mean: "Mean", Unsung: "strong and unseen", Showy: "seen and weak",
	Ranking: "Ranking", RankingText: "The line is the 95 % interval, the dot the composite, the upright line the peer group's mean of 50. Where intervals overlap, nobody can tell who is better.", Order: "Order", ByRank: "By rank", ByComposite: "By composite",
	ByImproved: "Who improved most", ByUnsung: "Who is unsung", ByShowy: "Who is seen and weak", Filter: "Filter", Search: "Name or id", SearchHint: "A part of it will do", AllGroups: "All peer groups", Apply: "Filter",
	NextPage: "Next page", FirstPage: "Back to the first page", Matches: "In all", NoMatch: "Nobody fits.", Person: "Name", Rank: "Rank", Composite: "Composite", Interval: "95 % interval", Change: "Against the cycle before",
	Grade: "Proposed grade", Whisker: "Score and interval", Clear: "beyond chance", ClearHint: "The whole interval lies above zero.", Files: "Download",
	ChangeText: "By how much the composite rose since the cycle before. In both, 50 is the peer group's mean; a rise counts as beyond chance where its whole interval lies above zero.", UnsungText: "By the showcase gap, the most unsung first: good work that nobody sees.",
	RankText: "By peer group and rank.", ShowyText: "By the showcase gap, the showiest first: much seen, and weak.", OfGroup: "in the peer group",
	Sheet: "Sheet", NoSheet: "There is no result of this official in this cycle, or not one that you may see yet.", Explained: "Why this score", PartsAdd: "From 50, the peer group's mean, step by step to the composite: the parts add up to it exactly.", Part: "Step", Points: "Points", Sum: "Composite",
	Moved: "The evidence that moved it most", MovedHint: "By month and kind alone. Where fewer persons than the threshold stand behind a line it is left out, so that nobody learns who said what.", Month: "Month", Source: "Source", Kind: "Kind", Effect: "Effect, points",
	Strands: "The four components", Strand: "Component", Score: "Score", SE: "Standard error", N: "Effective n", Weight: "Weight it had", NotCounted: "too little evidence to count",
	Otherwise: "What it would be otherwise", OtherwiseHint: "The same evidence, with one step of the method changed.", WithoutHalo: "With the halo left in", Geometric: "Geometric mean (nothing makes up for anything)", AsItIs: "As it is",
	TryWeights: "Try other weights", Trend: "Over the cycles", Cycle: "Cycle", GradeHint: "Persons decide on grades; this is what is proposed.", BoundaryHint: "On the boundary: the evidence cannot tell on which side of the cut it lies, so people choose.", NoGrade: "nothing is proposed",
	PDF: "Download the sheet (PDF)", Reliability: "Reliability", Flags: "Look twice", Versions: "Grades set by persons", Object: "Object",
	WhatIf: "What if", WhatIfText: "Move the weights and see how scores, ranks and grades would move. Nothing changes, but each trial stays on record, so that weights chosen to suit a person can be seen.",
	Weights: "Weights", Share: "share", Compare: "Compare", Presets: "Start from", OwnPolicy: "This cycle's policy", Half: "Peer review weighs half", Without: "Leave a step out", Nothing: "none",
	Agreement: "Agreement of the ranks", AgreementHint: "1: the ranks stay as they are.", Regraded: "Officials with another grade proposed", QuotaText: "Quota: of {3} officials of this unit and post ({1}, {2}) at most {4} may be excellent; {5} are, by decision.", Matters: "For whom the choice matters", Movers: "Who moves most", MoversHint: "By ranks moved, the first 25.", Before: "As it is", After: "Then", Sensitive: "sensitive",
	SensitiveHint: "Their proposed grade, or more of their rank than its interval allows for, hangs on it. The first 25.", Same: "no change", Computing: "It is still being computed: press “Compare” again in a moment.", AnyWeights: "Under any weights (90 %)", ThenText: "Then {2} of {1} officials would have another grade proposed, and nobody would move by more than {3} ranks.",
	Scaled: "Where the four do not add up to 100 %, they are scaled.", RankMoves: "Ranks moved",

	PresetNames: map[PolicyPreset]string{PolicyPresetDefault: "Default policy", PolicyPresetDemocraticAppraisal: "Colleagues alone (民主测评)", PolicyPresetImmediateResponse: "Case rates (接诉即办)"},
	CycleKinds:  map[CycleKind]string{CycleKindAnnual: "annual", CycleKindQuarterly: "quarterly", CycleKindTerm: "term of office", CycleKindSpecial: "special"},
	CycleStates: map[CycleState]string{
		CycleStateDraft: "Prepared", CycleStateCollecting: "Collecting", CycleStateScoring: "Scoring", CycleStatePublished: "Published", CycleStateDecided: "Decided and told", CycleStateFinal: "Sealed",
	},
	MethodSteps: map[MethodStep]string{
		MethodStepCaseMix: "How hard the work is", MethodStepRater: "Severity of raters", MethodStepVoice: "One person, one voice", MethodStepAttack: "Bursts and campaigns weighed down", MethodStepShrinkage: "Little evidence drawn to the mean",
		MethodStepBorrowed: "Components lending strength", MethodStepHalo: "The halo of being seen taken out",
	},
	Grades5:     map[Grade]string{GradeExcellent: "excellent", GradeCompetent: "competent", GradeBasicallyCompetent: "basically competent", GradeIncompetent: "incompetent", GradeNotGraded: "not graded"},
	GradeStates: map[GradeState]string{GradeStateProposed: "proposed: a second person decides", GradeStateDecided: "decided", GradeStateRefused: "refused"},
}
