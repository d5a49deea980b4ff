package web

// roundWords are the sentences of the pages of objections, review rounds, participation
// and the public notice in one language.
type roundWords struct {
	Objections, ObjectionsText, NoObjections, FiledOn, DecideBy, AboutWhom                  string
	FromPublic, FromOfficial, ObjectionGrounds, Evidence, EvidenceSaid, Decision, DecidedOn string
	ObjectOwn, ObjectOwnHint, InstanceAsk, SendObjection, DecideTitle                       string
	DecideHint, Upheld, Dismissed, WhatIsDone, Because, SendDecision                        string
	MoreTime, MoreTimeHint, OpenObjection, Unseen                                           string
	Rounds, RoundsText, NoRounds, RoundOpen, RoundClosed, Questionnaire                     string
	PlainMarks, ReviewersAre, ToWrite, Written, WrittenHint, Hidden                         string
	Loads, LoadsHint, Reviewer, CloseRound, CloseRoundHint, Remind, RemindHint, RemindedOn  string
	Participation, ParticipationText, Encounters, Invited, Answers                          string
	AnswersHint, ShareAsked, Against                                                        string
	ReviewTitle, ReviewPrivate, ContactAsk, NoMark, KeepDraft, HandIn                       string
	HandInHint, DraftKept, WriteReview                                                      string
	NoticeTitle, NoticeText, NoNotice, NoticeUntil, NoticeOpen, NoticeOver                  string
	NoticeNames, NoticeNobody, ObjectTitle, ObjectText, ObjectTo                            string
	ObjectReceipt, ObjectKeep, FollowObjection, StandsNow, ChooseName                       string
	PublishedOn, NoticePolicy, SeeNotice, Post                                              string

	Instances      map[ObjectionInstance]string
	ObjectionState map[ObjectionState]string
	Dimensions     map[Dimension]string
	Contacts5      map[ReviewContact]string
}

var chineseRound = roundWords{
	Objections: "异议", ObjectionsText: "对公示或结果提出的异议、复核和申诉，连同期限和决定。", NoObjections: "没有异议。", FiledOn: "提出日期", DecideBy: "应于此日前决定", AboutWhom: "涉及", FromPublic: "群众提出", FromOfficial: "本人提出",
	ObjectionGrounds: "理由", Evidence: "依据（可不填）", EvidenceSaid: "依据", Decision: "决定", DecidedOn: "决定日期", ObjectOwn: "对自己的结果提出异议", ObjectOwnHint: "提出异议不会使您的结果变差。", InstanceAsk: "提出的是", SendObjection: "提交异议",
	DecideTitle: "决定这项异议", DecideHint: "决定的人不能是提出或决定该等次的人，也不能审理自己的事。异议成立的，另行计算，本人取新旧结果中较好的。", Upheld: "异议成立", Dismissed: "异议不成立", WhatIsDone: "怎样处理", Because: "为什么", SendDecision: "作出决定",
	MoreTime: "延长申诉期限", MoreTimeHint: "只能延长一次，三十日。", OpenObjection: "查看", Unseen: "不便显示",
	Rounds: "评议", RoundsText: "谁评谁由系统安排，负担均匀；内容封存到评议结束，谁交了、写了什么，任何人都看不到。", NoRounds: "这个周期没有评议。", RoundOpen: "进行中", RoundClosed: "已结束", Questionnaire: "问卷", PlainMarks: "每个方面打一个分",
	ReviewersAre: "评议人", ToWrite: "应交", Written: "已交", WrittenHint: "进行中的数字向下取整，人数太少的不显示，以免看出是谁。", Hidden: "不显示", Loads: "负担最重的评议人", LoadsHint: "应写份数，不论交没交。", Reviewer: "评议人",
	CloseRound: "结束评议", Remind: "提醒评议人", RemindHint: "通过各单位的接口提醒所有评议人，不论交没交；一天一次。截止前三天和当天会自动提醒。", RemindedOn: "上次提醒", CloseRoundHint: "结束后不能再交，草稿会被删除。到期也会自动结束。",
	Participation: "参评情况", ParticipationText: "办了多少件、请了多少人评价、多少人评了。不请人评价的，在这里看得出来。", Encounters: "办件", Invited: "请了评价", Answers: "收到评价", AnswersHint: "收到的评价不足 5 条的月份不计入；没有可显示的月份时为“–”。“不利决定”：登记时标明不得不作出对办事人不利决定的办件，其评价只与同类相比。", ShareAsked: "请评率", Against: "不利决定",
	ReviewTitle: "评议同事", ReviewPrivate: "内容只有您能看到，交出后谁也看不到是您写的，您自己也不能再看。", ContactAsk: "您和这位同事工作接触多吗？", NoMark: "没有看到", KeepDraft: "存为草稿", HandIn: "交出", HandInHint: "交出后不能修改。", DraftKept: "有草稿", WriteReview: "填写",
	NoticeTitle: "公示", NoticeText: "以下人员拟定为“优秀”。公示只列姓名和岗位，不列分数和名次。", NoNotice: "没有公示，或公示已经撤回。", NoticeUntil: "公示至", NoticeOpen: "公示期内，任何人都可以提出异议。", NoticeOver: "公示期已过。", NoticeNames: "拟定为优秀的人员", NoticeNobody: "没有人被提名。",
	ObjectTitle: "提出异议", ObjectText: "无需注册，不留姓名。请说明事实；提交后会得到一个回执，可凭它查看处理结果。", ObjectTo: "对谁", ObjectReceipt: "您的异议已提交", ObjectKeep: "请截图或抄下这个回执，可凭它在本页查看处理结果；回执只显示这一次，我们不保存。",
	FollowObjection: "凭回执查看异议", StandsNow: "进展", ChooseName: "请选择对谁提出异议。", PublishedOn: "公示日期", NoticePolicy: "考核办法", SeeNotice: "公示", Post: "岗位",
	Instances:      map[ObjectionInstance]string{ObjectionInstanceNotice: "公示期异议", ObjectionInstanceReview: "复核", ObjectionInstanceAppeal: "申诉"},
	ObjectionState: map[ObjectionState]string{ObjectionStateFiled: "待决定", ObjectionStateUpheld: "成立", ObjectionStateDismissed: "不成立"},
	Dimensions:     map[Dimension]string{DimensionMorality: "德", DimensionAbility: "能", DimensionDiligence: "勤", DimensionAchievement: "绩", DimensionIntegrity: "廉"},
	Contacts5:      map[ReviewContact]string{ReviewContactNone: "没有共事（不评）", ReviewContactLittle: "很少", ReviewContactSome: "有一些", ReviewContactMuch: "很多"},
}

var englishRound = roundWords{
	Objections: "Objections", ObjectionsText: "What is held against the notice or a result, with its deadline and the decision.", NoObjections: "There are no objections.", FiledOn: "Made on", DecideBy: "To be decided by", AboutWhom: "About", FromPublic: "by a member of the public", FromOfficial: "by the official",
	ObjectionGrounds: "Why", Evidence: "What shows it (may be left empty)", EvidenceSaid: "What shows it", Decision: "Decision", DecidedOn: "Decided on", ObjectOwn: "Object to your own result", ObjectOwnHint: "Nobody fares worse for objecting.", InstanceAsk: "What you ask for", SendObjection: "Object",
	DecideTitle: "Decide it", DecideHint: "Not by whoever proposed or decided the grade, and never in one's own matter. Where it is upheld a new run follows, and who objected gets the better of old and new.", Upheld: "It is right", Dismissed: "It is not", WhatIsDone: "What is done", Because: "Why", SendDecision: "Decide",
	MoreTime: "Give the appeal more time", MoreTimeHint: "Once, by 30 days.", OpenObjection: "Open", Unseen: "not shown",
	Rounds: "Review rounds", RoundsText: "The system finds who reviews whom, with even loads. What comes in is sealed until the round is over, and nobody learns who has handed in what.", NoRounds: "This cycle has no review round.", RoundOpen: "open", RoundClosed: "over", Questionnaire: "Questionnaire", PlainMarks: "one plain mark for each side of the work",
	ReviewersAre: "Reviewers", ToWrite: "to write", Written: "handed in", WrittenHint: "While a round runs numbers are rounded down, and small ones are not shown, so that they do not tell who.", Hidden: "not shown", Loads: "The greatest loads", LoadsHint: "Reviews to write, handed in or not.", Reviewer: "Reviewer",
	CloseRound: "End the round", Remind: "Remind reviewers", RemindHint: "Their units' webhooks are told to remind everybody who was asked, handed in or not: once a day. Three days before the last day and on it this is done without asking.", RemindedOn: "Reminded last", CloseRoundHint: "Nothing comes in any more then, and drafts are erased. It ends by itself after its last day.",
	Participation: "Participation", ParticipationText: "What was done, how many were asked to rate it, and how many did. Whoever does not ask shows here.", Encounters: "Encounters", Invited: "Asked to rate", Answers: "Ratings", AnswersHint: "Months with fewer than 5 ratings are left out; a dash where no month can be shown. “Refused”: encounters that were recorded as decisions against the resident; their ratings are compared with their like.", ShareAsked: "Share asked", Against: "Refused",
	ReviewTitle: "Review a colleague", ReviewPrivate: "Nobody but you sees this; once it is handed in nobody learns that it is yours, and you cannot read it again.", ContactAsk: "How much do the two of you work together?", NoMark: "I have not seen it", KeepDraft: "Keep as a draft", HandIn: "Hand it in", HandInHint: "It cannot be changed after that.", DraftKept: "draft kept", WriteReview: "Write it",
	NoticeTitle: "Public notice", NoticeText: "These officials are proposed for the grade “excellent”. The notice names them and their posts, and neither scores nor ranks.", NoNotice: "There is no notice, or it was taken back.", NoticeUntil: "The notice stands until", NoticeOpen: "While it stands, anybody may object.", NoticeOver: "The notice is over.", NoticeNames: "Proposed for “excellent”", NoticeNobody: "Nobody is proposed.",
	ObjectTitle: "Object", ObjectText: "No account is needed, and no name. Say what the facts are; you get a receipt that shows what comes of it.", ObjectTo: "To whose name", ObjectReceipt: "Your objection is in", ObjectKeep: "Take a picture of this receipt or write it down: on this page it shows what comes of it. It is shown this once and not kept by us.",
	FollowObjection: "Follow an objection by its receipt", StandsNow: "Where it stands", ChooseName: "Choose to whose name you object.", PublishedOn: "Published on", NoticePolicy: "Policy", SeeNotice: "Notice", Post: "Post",
	Instances:      map[ObjectionInstance]string{ObjectionInstanceNotice: "against the notice", ObjectionInstanceReview: "review", ObjectionInstanceAppeal: "appeal"},
	ObjectionState: map[ObjectionState]string{ObjectionStateFiled: "to be decided", ObjectionStateUpheld: "upheld", ObjectionStateDismissed: "dismissed"},
	Dimensions:     map[Dimension]string{DimensionMorality: "Morality", DimensionAbility: "Ability", DimensionDiligence: "Diligence", DimensionAchievement: "Achievement", DimensionIntegrity: "Integrity"},
	Contacts5:      map[ReviewContact]string{ReviewContactNone: "not at all: I abstain", ReviewContactLittle: "little", ReviewContactSome: "some", ReviewContactMuch: "much"},
}
