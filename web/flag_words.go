package web

// flagWords are the sentences of the pages of doubts about the evidence in one language.
type flagWords struct {
	Doubts, DoubtsText, DoubtsOwnText, NoDoubts, DoubtKind, AllKinds        string
	Doubted, DoubtCost, DoubtNoCost, DoubtStands, DoubtReplaced             string
	DoubtProves, DoubtFound, DoubtWhat, DoubtElse, DoubtLine, DoubtMonths   string
	DoubtPieces, DoubtOwnShare, DoubtUsual, DoubtSharesHint                 string
	DoubtEffect, DoubtAsCounted, DoubtAtFull, DoubtDifference               string
	DoubtWord, DoubtWordBy, DoubtNoWord, DoubtCarried, DoubtAppealUntil     string
	DoubtAppeal, DoubtAppealHow, DoubtAppealSend, DoubtAppealSaid           string
	DoubtDecide, DoubtDecideHow, DoubtIsSo, DoubtIsSoHint                   string
	DoubtIsNot, DoubtIsNotHint, DoubtReason, DoubtReasonHint, DoubtSend     string
	DoubtAppealDecide, DoubtAppealDecideHow, DoubtAppealYes, DoubtAppealNo  string
	DoubtOther, DoubtSheet, DoubtIsSoTouched, DoubtIsNotTouched, DoubtWhole string

	FlagTabs   map[string]string // by the name of flagTabs
	FlagStates map[IntegrityFlagState]string
	FlagTitles map[IntegrityFlagKind]string
	FlagWhat   map[IntegrityFlagKind]string // what is compared
	FlagElse   map[IntegrityFlagKind]string // what it may be besides
}

var chineseFlags = flagWords{
	Doubts: "疑点", DoubtsText: "每次计算之后，系统会找出依据中反常的地方。疑点不是结论：由人查看依据、听取说明后认定，理由当事人看得到。",
	DoubtsOwnText: "这里列出对您的依据提出、并已有人裁定或已随结果公布的疑点。认定属实的，您可以申诉，由另一人裁定。",
	NoDoubts:      "没有符合条件的疑点。", DoubtKind: "种类", AllKinds: "全部种类", Doubted: "当事人", DoubtCost: "对综合得分", DoubtNoCost: "没有降权", DoubtStands: "状态",
	DoubtReplaced: "这个疑点所属的计算已被新的计算取代，只供查阅；请处理新结果中的疑点。",
	DoubtProves:   "疑点说明反常，不说明有错。", DoubtFound: "发现了什么", DoubtWhat: "比较的是什么", DoubtElse: "也可能是", DoubtLine: "依据", DoubtMonths: "月份",
	DoubtPieces: "件数", DoubtOwnShare: "本人", DoubtUsual: "对照", DoubtSharesHint: "对照是办理同一事项的同事，或本人的其余评价。涉及群众和同事评价的数字取整，看不出任何一个人。",
	DoubtEffect: "对得分的影响", DoubtAsCounted: "本次综合得分", DoubtAtFull: "若全部不降权", DoubtDifference: "相差",
	DoubtWord: "裁定", DoubtWordBy: "裁定人", DoubtNoWord: "还没有人裁定。", DoubtCarried: "本周期较早的一次计算发现了同样的事实，当时的裁定继续有效，不再重复询问。",
	DoubtAppealUntil: "可申诉至", DoubtAppeal: "申诉", DoubtAppealHow: "请写明事实。申诉由另一人裁定，期限为二十个工作日；申诉不会使您的结果变差。", DoubtAppealSend: "提出申诉", DoubtAppealSaid: "申诉理由",
	DoubtDecide: "作出裁定", DoubtDecideHow: "请先看依据，听取当事人说明。不能裁定自己的事，也不能裁定自己经手的记录。", DoubtIsSo: "属实", DoubtIsSoHint: "已降的权重保持不变；当事人有十五个工作日可以申诉。",
	DoubtIsNot: "不属实", DoubtIsNotHint: "下一次计算恢复这部分依据的全部权重。", DoubtReason: "理由", DoubtReasonHint: "当事人会看到。最多 2000 字。", DoubtSend: "提交裁定",
	DoubtAppealDecide: "裁定申诉", DoubtAppealDecideHow: "由没有认定该疑点的人裁定。", DoubtAppealYes: "申诉成立：撤销疑点", DoubtAppealNo: "申诉不成立：维持认定",
	DoubtOther: "这个疑点由您认定，申诉须由另一人裁定。", DoubtSheet: "查看考核单",
	DoubtIsSoTouched: "得分不因此改变；不实的依据另由两人决定剔除。当事人有十五个工作日可以申诉。", DoubtIsNotTouched: "得分不因此改变。", DoubtWhole: "整个期间",
	FlagTabs:   map[string]string{"": "全部", "raised": "待裁定", "appealed": "申诉待裁定", "confirmed": "属实", "dismissed": "不属实"},
	FlagStates: map[IntegrityFlagState]string{IntegrityFlagStateRaised: "待裁定", IntegrityFlagStateConfirmed: "属实", IntegrityFlagStateDismissed: "不属实"},
	FlagTitles: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst: "评价异常集中", IntegrityFlagKindCampaignBurst: "实事突击", IntegrityFlagKindClique: "小圈子互评", IntegrityFlagKindReciprocity: "互评互惠",
		IntegrityFlagKindRepeatedRater: "一人多评", IntegrityFlagKindDuplicates: "雷同评语", IntegrityFlagKindOneSided: "单一来源异常", IntegrityFlagKindHandPicked: "选择性邀评",
		IntegrityFlagKindSelfDealing: "自评自办", IntegrityFlagKindDeadlineEdits: "临期补录", IntegrityFlagKindOftenAdverse: "不利决定标注偏多",
	},
	FlagWhat: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst:         "短期内一边倒的评价数量，与此人平时相比，多到不能用偶然解释。多出的部分已降权。",
		IntegrityFlagKindCampaignBurst: "实事集中在少数几周，与此人平时相比。多出的部分不计。",
		IntegrityFlagKindClique:        "一圈同事彼此打的分，与圈外人对同一批人打的分。偏高的部分已降权。",
		IntegrityFlagKindReciprocity:   "两人互相打的分，与其他人对他们打的分。偏高的部分已降权。",
		IntegrityFlagKindRepeatedRater: "同一个人对此人评价的次数。一人只算一票，对所有人一样。",
		IntegrityFlagKindDuplicates:    "一字不差的评语出现在多少个评价下面，在他人的评价中又有多少。",
		IntegrityFlagKindOneSided:      "一个渠道或窗口评价码里的满意比例，与此人其余评价相比，再扣除这个来源对所有人的差别。",
		IntegrityFlagKindHandPicked:    "办完事后邀请评价的比例，与办理同一事项的同事相比。",
		IntegrityFlagKindSelfDealing:   "服务、评价、诉求和实事中，登记的对方就是本人的。",
		IntegrityFlagKindDeadlineEdits: "在到期前两天内办结或暂停的比例、在考核期末才登记的实事，与同事相比。",
		IntegrityFlagKindOftenAdverse:  "标注为“不利于办事人的决定”的服务比例，与办理同一事项的同事相比。",
	},
	FlagElse: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst:         "一次集中办理、一场活动、一次设备故障，也会让评价集中而一致。",
		IntegrityFlagKindCampaignBurst: "汛期、入冬或专项任务，也会让实事集中。",
		IntegrityFlagKindClique:        "一起做成难事的小组，可能确实彼此了解、彼此认可。",
		IntegrityFlagKindReciprocity:   "长期搭档可能确实互相认可。",
		IntegrityFlagKindRepeatedRater: "常来办事的人，或替家人办事的人。",
		IntegrityFlagKindDuplicates:    "由工作人员代填或提示的固定说法，也会一字不差。",
		IntegrityFlagKindOneSided:      "某个渠道办的事可能更容易，或来的人不同。",
		IntegrityFlagKindHandPicked:    "新手不熟悉操作、现场没有网络，也会少发邀请。",
		IntegrityFlagKindSelfDealing:   "录入时误填了本人的编号。",
		IntegrityFlagKindDeadlineEdits: "人手紧张时，事情常在最后才办完；也可能是集中补录。",
		IntegrityFlagKindOftenAdverse:  "分到的事项本来就多为不予批准的。",
	},
}

var englishFlags = flagWords{
	Doubts: "Doubts", DoubtsText: "After each run the evidence is searched for what is out of the ordinary. A doubt is no finding: a person reads what stands behind it, hears the official, and decides, with a reason that the official reads.",
	DoubtsOwnText: "Doubts about evidence of yours, once somebody has decided on them or results are published. Against one that was confirmed you may appeal; another person decides.",
	NoDoubts:      "There is no such doubt.", DoubtKind: "Kind", AllKinds: "All kinds", Doubted: "Official", DoubtCost: "In the composite", DoubtNoCost: "nothing weighed down", DoubtStands: "Where it stands",
	DoubtReplaced: "Another run has replaced the one that raised this: it is kept to be read. Decide the doubts of the newer run.",
	DoubtProves:   "A doubt says that something is unusual, not that anything is wrong.", DoubtFound: "What was found", DoubtWhat: "What is compared", DoubtElse: "What else it may be", DoubtLine: "What stands behind it", DoubtMonths: "Months",
	DoubtPieces: "Pieces", DoubtOwnShare: "Official", DoubtUsual: "Compared with", DoubtSharesHint: "It is compared with colleagues of the same service, or with the rest of this official's ratings. Numbers of answers are rounded, so that they tell of no single person.",
	DoubtEffect: "What it does to the score", DoubtAsCounted: "Composite as counted", DoubtAtFull: "With everything at full weight", DoubtDifference: "Difference",
	DoubtWord: "Decision", DoubtWordBy: "Decided by", DoubtNoWord: "Nobody has decided yet.", DoubtCarried: "An earlier run of this cycle found the same, and that decision stands: nobody is asked twice.",
	DoubtAppealUntil: "Can be appealed until", DoubtAppeal: "Appeal", DoubtAppealHow: "Say what the facts are. Another person decides within 20 working days, and nobody fares worse for appealing.", DoubtAppealSend: "Appeal", DoubtAppealSaid: "Why it is appealed",
	DoubtDecide: "Decide", DoubtDecideHow: "Read what stands behind it and hear the official first. Nobody decides about themself, nor about records that they had a hand in.", DoubtIsSo: "It is so", DoubtIsSoHint: "What is weighed down stays so; the official has 15 working days to appeal.",
	DoubtIsNot: "Nothing is wrong", DoubtIsNotHint: "The next run gives this evidence its full weight.", DoubtReason: "Why", DoubtReasonHint: "The official reads it. Up to 2,000 characters.", DoubtSend: "Decide",
	DoubtAppealDecide: "Decide the appeal", DoubtAppealDecideHow: "By another person than the one who confirmed the doubt.", DoubtAppealYes: "The appeal is right: the doubt is dropped", DoubtAppealNo: "It is not: the doubt stands",
	DoubtOther: "You confirmed this doubt: another person decides on the appeal.", DoubtSheet: "Open the sheet",
	DoubtIsSoTouched: "It leaves the score as it is: evidence that is false is left out by two persons. The official has 15 working days to appeal.", DoubtIsNotTouched: "It leaves the score as it is.", DoubtWhole: "the whole period",
	FlagTabs:   map[string]string{"": "All", "raised": "To be decided", "appealed": "Appeals to be decided", "confirmed": "Confirmed", "dismissed": "Dismissed"},
	FlagStates: map[IntegrityFlagState]string{IntegrityFlagStateRaised: "to be decided", IntegrityFlagStateConfirmed: "confirmed", IntegrityFlagStateDismissed: "dismissed"},
	FlagTitles: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst: "Ratings in a burst", IntegrityFlagKindCampaignBurst: "Deeds in a burst", IntegrityFlagKindClique: "A circle of favours", IntegrityFlagKindReciprocity: "Favours returned",
		IntegrityFlagKindRepeatedRater: "One person, many ratings", IntegrityFlagKindDuplicates: "The same words again and again", IntegrityFlagKindOneSided: "One source says otherwise", IntegrityFlagKindHandPicked: "Invitations picked by hand",
		IntegrityFlagKindSelfDealing: "On both sides", IntegrityFlagKindDeadlineEdits: "Written down just in time", IntegrityFlagKindOftenAdverse: "Many decisions against residents",
	},
	FlagWhat: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst:         "How many one-sided ratings came within a short time, beside the usual pace: more than chance explains. What is too many is weighed down.",
		IntegrityFlagKindCampaignBurst: "How many deeds crowd into a few weeks, beside the usual pace. What is too many is not counted.",
		IntegrityFlagKindClique:        "What a circle of colleagues give one another, beside what all others give the same people. What is too much is weighed down.",
		IntegrityFlagKindReciprocity:   "What two people give each other, beside what all others give them. What is too much is weighed down.",
		IntegrityFlagKindRepeatedRater: "How often one person rated this official. One person has one voice, for everybody alike.",
		IntegrityFlagKindDuplicates:    "Under how many ratings one and the same comment stands, and how often it stands elsewhere.",
		IntegrityFlagKindOneSided:      "The share of content ratings in one channel or from counter codes, beside the rest of this official's, less what that source does for everybody.",
		IntegrityFlagKindHandPicked:    "The share of encounters that were invited to rate, beside colleagues of the same service.",
		IntegrityFlagKindSelfDealing:   "Encounters, ratings, cases and deeds with the official themself on the other side.",
		IntegrityFlagKindDeadlineEdits: "The share resolved or paused in the last two days before it was due, and deeds written down as the period ends, beside colleagues.",
		IntegrityFlagKindOftenAdverse:  "The share of encounters marked as decisions against the resident, beside colleagues of the same service.",
	},
	FlagElse: map[IntegrityFlagKind]string{
		IntegrityFlagKindBurst:         "A day on which much was done at once, an event, or a machine that broke down makes ratings crowd and agree as well.",
		IntegrityFlagKindCampaignBurst: "Floods, the first frost or a task for all make deeds crowd as well.",
		IntegrityFlagKindClique:        "A team that did something hard together may know and value one another for good reason.",
		IntegrityFlagKindReciprocity:   "Partners of many years may value each other for good reason.",
		IntegrityFlagKindRepeatedRater: "Somebody who comes often, or on behalf of a family.",
		IntegrityFlagKindDuplicates:    "Words that were suggested at the counter, or written for residents who do not write.",
		IntegrityFlagKindOneSided:      "What is done by that channel may be easier, or those who use it different.",
		IntegrityFlagKindHandPicked:    "Somebody new to the work, or a place without a network, invites few as well.",
		IntegrityFlagKindSelfDealing:   "A number that was mistyped as the official's own.",
		IntegrityFlagKindDeadlineEdits: "Where hands are few much is done at the last moment; or records were caught up on in one go.",
		IntegrityFlagKindOftenAdverse:  "Work that consists of refusals, by the way in which it is given out.",
	},
}
