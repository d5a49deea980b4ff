package web

import "cmp"

// workWords are the sentences of the officials' pages in one language.
type workWords struct {
	SignIn, SignInText, Token, TokenHint, BadToken, MachineToken, SessionOver, NothingSent, SignOut string
	Work, NewLink, NewDeed, NothingHere, NotYourRole, NoCase, MovedOn                               string
	MyCases, OfferedCases, ExclusionCases, EscalatedCases, UnitCases                                string
	NoneOfMine, More, DueBy, Overdue, DueSoon, Escalated, OfferedTo                                 string
	AnswerBy, MustDecide, Nobody, InHands, OwnUnit                                                  string
	OwedTitle, NothingOwed, ReplyBy, MendBy, LateReply, OwedHidden                                  string
	RatingSaid, ContactSaid, ReplyText, MendText, ReplySend, MendSend                               string
	ReplySaid                                                                                       string
	ReviewsTitle, ReviewBy, ReviewsHow                                                              string
	DeedsTitle, DeedsHow                                                                            string
	Place, Words, CanDo, NothingToDo, Case, Category                                                string
	Reason, ReasonMaybe, AccountDone, Mediator, ToUnit, Choose, Outcome                             string
	Yes, No, MediationOf, MediationWaits, ExclusionAsked                                            string
	LinkTitle, LinkText, Service, Channel, LinkSend, ChooseService                                  string
	ShowTitle, ShowText, CodeAlt, WorksUntil, Another                                               string
	DeedText, DeedKind, DeedTitle, DeedOn, DeedSend, BadDay                                         string
	DeedCode, DeedCodeText, Back                                                                    string
	GiveTo, Give                                                                                    string
	Actions                                                                                         map[CaseAction]string
	Hints                                                                                           map[CaseAction]string // of an action; empty: it speaks for itself
	Done                                                                                            map[string]string     // by action, "reply" and "mending"
	Outcomes                                                                                        map[CaseOutcome]string
	Grounds                                                                                         map[ExclusionGround]string
	Channels                                                                                        map[Channel]string
	Deeds                                                                                           map[DeedKind]string
	Relations                                                                                       map[Relation]string
	// OfficeStates and OfficeSteps are what officials read otherwise than residents.
	OfficeStates map[CaseState]string
	OfficeSteps  map[CaseEventKind]string
	Yeses, Noes  map[CaseAction]string // the two answers of a decision
}

var chineseWork = workWords{
	SignIn: "工作人员登录", SignInText: "请粘贴您的访问令牌。令牌由本单位管理员发放，请勿告诉他人。", Token: "访问令牌",
	TokenHint: "关闭浏览器即退出。公用电脑请用完后点“退出”。", BadToken: "令牌无效或已过期，请核对，或向管理员索取新的令牌。", MachineToken: "这是程序使用的令牌，不能用来登录页面。",
	SessionOver: "登录已失效，请重新登录。", NothingSent: "刚才填写的内容没有提交；登录后用浏览器的“后退”回到表单，内容仍在，可再次提交。", SignOut: "退出",
	Work: "我的工作", NewLink: "出示评价码", NewDeed: "记录实事", NothingHere: "您的角色在这里没有待办事项。", NotYourRole: "您的角色不能办理此事。",
	NoCase: "没有这个事项，或它已不在您的范围内。", MovedOn: "情况在此期间已有变化，此项操作已不能进行。这里显示的是现在的情况。",
	MyCases: "我承办的事项", OfferedCases: "转给本单位、等待答复", ExclusionCases: "申请不予受理、等待审定", EscalatedCases: "逾期上报本单位", UnitCases: "本单位待签收、待分派",
	NoneOfMine: "您手上没有在办事项。", More: "这里只列出最急的 50 件。", DueBy: "办结期限", Overdue: "已逾期", DueSoon: "即将到期", Escalated: "已上报", OfferedTo: "转给",
	AnswerBy: "答复期限", MustDecide: "须由本单位决定，不能退回", Nobody: "未分派", InHands: "承办人", OwnUnit: "承办单位",
	OwedTitle: "应答复的差评", NothingOwed: "没有应答复的差评。", ReplyBy: "答复期限", MendBy: "整改期限", LateReply: "已逾期",
	OwedHidden: "为保护评价人，评价数量不足时不显示被评价人和内容。请就服务作一般答复。",
	RatingSaid: "评价内容", ContactSaid: "联系方式（评价人希望联系）", ReplyText: "给评价人的答复", MendText: "整改了什么", ReplySend: "发出答复", MendSend: "提交整改结果",
	ReplySaid:    "已答复",
	ReviewsTitle: "我应作的评议", ReviewBy: "截止日期", ReviewsHow: "内容只有您能看到；交出后谁也看不到是您写的。",
	DeedsTitle: "等待群众确认的实事", DeedsHow: "只有受益群众凭码确认的实事才计入。",
	Place: "地点", Words: "群众的原话", CanDo: "现在可以办理", NothingToDo: "现在没有您可以办理的步骤。", Case: "编号", Category: "类别",
	Reason: "理由", ReasonMaybe: "说明（可不填）", AccountDone: "做了什么（群众会看到）", Mediator: "调解人或机构", ToUnit: "转给哪个单位", Choose: "请选择", Outcome: "结果",
	Yes: "同意", No: "不同意", MediationOf: "调解人", MediationWaits: "单位已同意，等群众答复", ExclusionAsked: "申请不予受理",
	LinkTitle: "出示评价码", LinkText: "办完一件事，出示一次。每个码只能评价一次。", Service: "办理的服务", Channel: "办理方式", LinkSend: "生成评价码", ChooseService: "请选择办理的服务。",
	ShowTitle: "请群众扫码评价", ShowText: "请让群众自己扫码、自己填写。您看不到是谁评价的，也看不到这个码是否已用。", CodeAlt: "评价链接的二维码", WorksUntil: "有效期至", Another: "再出示一个",
	DeedText: "记录您为群众做的实事。提交后会得到一个码，请交给受益群众确认。", DeedKind: "种类", DeedTitle: "做了什么（一句话）", DeedOn: "哪一天", DeedSend: "记录", BadDay: "请选择种类和日期。",
	DeedCode: "请把这个码交给受益群众", DeedCodeText: "群众在“确认实事”页面凭码确认后才计入。码只显示这一次，我们不保存。请勿自己确认。", Back: "回到我的工作", GiveTo: "分派给", Give: "分派",
	Actions: map[CaseAction]string{
		CaseActionAccept: "签收", CaseActionAssign: "由我承办", CaseActionStart: "开始办理", CaseActionHold: "暂停计时", CaseActionResume: "恢复办理",
		CaseActionExtend: "延长期限", CaseActionResolve: "答复已办", CaseActionMediate: "请第三方调解", CaseActionEndMediation: "调解结果",
		CaseActionTransfer: "转给其他单位", CaseActionDecideTransfer: "答复转办", CaseActionAskExclusion: "申请不予受理", CaseActionDecideExclusion: "审定不予受理",
		CaseActionPart: "从合并中拆分",
	},
	Hints: map[CaseAction]string{
		CaseActionHold: "只在等待外部条件时使用。", CaseActionExtend: "只能延长一次，五个工作日，须在到期前提出。",
		CaseActionTransfer: "对方接收之前，仍由本单位负责；一个工作日内未接收即退回。", CaseActionAskExclusion: "由上级单位审定，审定前计时不停。",
		CaseActionResolve: "群众将确认或要求重新办理。", CaseActionEndMediation: "单位同意后，还须群众同意，调解才生效。",
	},
	Done: map[string]string{
		"ACCEPT": "已签收。", "ASSIGN": "已交给承办人。", "START": "已开始办理。", "HOLD": "已暂停计时。", "RESUME": "已恢复办理。", "EXTEND": "已延长期限。",
		"RESOLVE": "已答复，等群众确认。", "MEDIATE": "已请第三方调解。", "END_MEDIATION": "已记下单位的意见。", "TRANSFER": "已转出，等对方答复。",
		"DECIDE_TRANSFER": "已答复转办。", "ASK_EXCLUSION": "已提出申请。", "DECIDE_EXCLUSION": "已审定。", "PART": "已拆分。",
		"objected": "已提交异议。", "decided": "已作出决定。", "appealed": "已提出申诉。", "extended": "已延长期限。", "round-closed": "评议已结束。", "reminded": "已通知各单位提醒评议人。", "review-kept": "已存为草稿。", "review-sent": "已交出。",
		"granted": "已保存。", "disable": "账号已停用。", "enable": "账号已启用。", "revoke": "已收回全部令牌。", "revoke-one": "已收回这个令牌。",
		"reply": "已发出答复。", "mending": "已记下整改结果。",
	},
	Outcomes: map[CaseOutcome]string{CaseOutcomeResolved: "已解决", CaseOutcomePartlyResolved: "部分解决", CaseOutcomeUnresolved: "未解决", CaseOutcomeRejected: "不予受理", CaseOutcomeWithdrawn: "已撤回"},
	Grounds:  map[ExclusionGround]string{ExclusionGroundNotWithinPowers: "不属于本单位职权", ExclusionGroundUnlawfulOrImpossible: "诉求不合法或无法实现"},
	Channels: map[Channel]string{
		ChannelWindow: "窗口", ChannelOnline: "网上", ChannelPhone: "电话", ChannelHotline: "热线", ChannelHomeVisit: "上门", ChannelKiosk: "自助机", ChannelMail: "信件", ChannelOther: "其他",
	},
	Deeds: map[DeedKind]string{
		DeedKindHomeVisit: "上门服务", DeedKindMediation: "调解纠纷", DeedKindHardshipSupport: "帮扶困难", DeedKindMaintenance: "维修维护", DeedKindSafety: "安全", DeedKindOther: "其他",
	},
	OfficeStates: map[CaseState]string{
		CaseStateResolved: "已答复，等群众确认", CaseStateReopened: "群众认为未解决，重新办理", CaseStateConfirmed: "群众已确认解决",
		CaseStateClosedUnconfirmed: "已办结，群众未确认", CaseStateWithdrawn: "群众已撤回",
	},
	OfficeSteps: map[CaseEventKind]string{
		CaseEventKindReminded: "提醒群众确认", CaseEventKindObjected: "群众提出异议", CaseEventKindConfirmed: "群众确认解决", CaseEventKindReopened: "群众要求重新办理",
	},
	Relations: map[Relation]string{RelationSuperior: "上级评下级", RelationPeer: "同事互评", RelationSubordinate: "下级评上级", RelationSelf: "自评", RelationExternal: "外部评议"},
	Yeses:     map[CaseAction]string{CaseActionDecideTransfer: "接收", CaseActionDecideExclusion: "不予受理", CaseActionEndMediation: "单位同意此结果"},
	Noes:      map[CaseAction]string{CaseActionDecideTransfer: "退回（须写理由）", CaseActionDecideExclusion: "应当受理", CaseActionEndMediation: "没有谈成"},
}

var englishWork = workWords{
	SignIn: "Sign in for officials", SignInText: "Paste your access token. Your administrator gave it to you: show it to nobody.", Token: "Access token",
	TokenHint: "Closing the browser signs you out. On a shared computer, press “Sign out” when you are done.", BadToken: "The token does not hold, or has run out: check it, or ask your administrator for a new one.", MachineToken: "This is a machine's token: nobody signs in to the pages with it.",
	SessionOver: "You are no longer signed in: sign in again.", NothingSent: " Nothing was sent: what you wrote is still in the form. Sign in, go back to it by the browser's Back button and send it again.", SignOut: "Sign out",
	Work: "My work", NewLink: "Show a rating code", NewDeed: "Record a deed", NothingHere: "There is nothing to do here for your role.", NotYourRole: "Your role cannot do this.",
	NoCase: "There is no such case, or it is no longer yours to see.", MovedOn: "This has gone on meanwhile, and the step is no longer possible. What stands here is how it is now.",
	MyCases: "My cases", OfferedCases: "Offered to us: waiting for an answer", ExclusionCases: "To be excluded: waiting for a decision", EscalatedCases: "Overdue below us", UnitCases: "Ours to sign for or to give out",
	NoneOfMine: "You have no open case.", More: "Only the 50 most urgent are listed.", DueBy: "Due by", Overdue: "overdue", DueSoon: "due soon", Escalated: "laid before", OfferedTo: "Offered to",
	AnswerBy: "Answer by", MustDecide: "you decide; it cannot be refused", Nobody: "nobody yet", InHands: "Official", OwnUnit: "Unit",
	OwedTitle: "Ratings that are owed a reply", NothingOwed: "No rating is owed a reply.", ReplyBy: "Reply by", MendBy: "Put right by", LateReply: "overdue",
	OwedHidden: "Too few ratings have come in to show who was rated and what was said without giving the resident away. Answer for the service as a whole.",
	RatingSaid: "What was said", ContactSaid: "How to reach them (they asked for it)", ReplyText: "Your reply to the resident", MendText: "What you put right", ReplySend: "Send the reply", MendSend: "Say that it is put right",
	ReplySaid:    "Replied",
	ReviewsTitle: "Reviews I owe", ReviewBy: "until", ReviewsHow: "Nobody but you sees what you write, and once it is handed in nobody learns that it is yours.",
	DeedsTitle: "Deeds that wait for a word", DeedsHow: "Only what the person helped has confirmed by the code counts.",
	Place: "Where", Words: "The resident's words", CanDo: "What you can do now", NothingToDo: "There is nothing for you to do now.", Case: "Number", Category: "Kind",
	Reason: "Why", ReasonMaybe: "Remark (may be left empty)", AccountDone: "What was done (the resident reads it)", Mediator: "Who mediates", ToUnit: "To which unit", Choose: "Choose", Outcome: "What became of it",
	Yes: "Yes", No: "No", MediationOf: "Mediated by", MediationWaits: "The office agrees: it waits for the resident", ExclusionAsked: "To be excluded",
	LinkTitle: "Show a rating code", LinkText: "One code for one thing done. Each works once.", Service: "What was done", Channel: "How you met", LinkSend: "Make the code", ChooseService: "Choose what was done.",
	ShowTitle: "Let the resident scan this", ShowText: "Let them scan and answer by themselves. You see neither who has rated nor whether this code was used.", CodeAlt: "The rating link as a QR code", WorksUntil: "Works until", Another: "Show another",
	DeedText: "Record something practical that you did for somebody. You get a code for the person whom you helped, to confirm it.", DeedKind: "Kind", DeedTitle: "What you did, in a line", DeedOn: "On which day", DeedSend: "Record it", BadDay: "Choose a kind and a day.",
	DeedCode: "Hand this code to the person whom you helped", DeedCodeText: "It counts once they have confirmed it on the page “Confirm a deed”. The code is shown this once and not kept. Do not confirm it yourself.", Back: "Back to my work", GiveTo: "Give it to", Give: "Give it out",
	Actions: map[CaseAction]string{
		CaseActionAccept: "Sign for it", CaseActionAssign: "Take it on", CaseActionStart: "Begin", CaseActionHold: "Put it on hold", CaseActionResume: "Go on",
		CaseActionExtend: "Ask for more time", CaseActionResolve: "Say that it is done", CaseActionMediate: "Bring in a mediator", CaseActionEndMediation: "What the mediation came to",
		CaseActionTransfer: "Offer it to another unit", CaseActionDecideTransfer: "Answer the offer", CaseActionAskExclusion: "Ask to exclude it", CaseActionDecideExclusion: "Decide on the exclusion",
		CaseActionPart: "Part it from the joined case",
	},
	Hints: map[CaseAction]string{
		CaseActionHold: "Only while it waits for somebody outside.", CaseActionExtend: "Once, by five working days, and before it is overdue.",
		CaseActionTransfer: "It stays ours until the other unit takes it, and falls back after a working day.", CaseActionAskExclusion: "The unit above decides; until then the clock runs on.",
		CaseActionResolve: "The resident confirms it, or sends it back.", CaseActionEndMediation: "Once you agree, it takes effect when the resident agrees too.",
	},
	Done: map[string]string{
		"ACCEPT": "Signed for.", "ASSIGN": "The case is in its official's hands.", "START": "Begun.", "HOLD": "On hold.", "RESUME": "Work goes on.", "EXTEND": "There is more time now.",
		"RESOLVE": "Answered: it waits for the resident.", "MEDIATE": "A mediator is brought in.", "END_MEDIATION": "The office's word is noted.", "TRANSFER": "Offered: it waits for the other unit.",
		"DECIDE_TRANSFER": "The offer is answered.", "ASK_EXCLUSION": "Asked for.", "DECIDE_EXCLUSION": "Decided.", "PART": "Parted.",
		"objected": "Your objection is in.", "decided": "Decided.", "appealed": "Your appeal is in.", "extended": "There is more time now.", "round-closed": "The round is over.", "reminded": "The units are told to remind their reviewers.", "review-kept": "The draft is kept.", "review-sent": "The review is handed in.",
		"granted": "Saved.", "disable": "The account is disabled.", "enable": "The account is enabled again.", "revoke": "All tokens are taken back.", "revoke-one": "The token is taken back.",
		"reply": "The reply is sent.", "mending": "What was put right is noted.",
	},
	Outcomes: map[CaseOutcome]string{CaseOutcomeResolved: "Solved", CaseOutcomePartlyResolved: "Solved in part", CaseOutcomeUnresolved: "Not solved", CaseOutcomeRejected: "Excluded", CaseOutcomeWithdrawn: "Taken back"},
	Grounds:  map[ExclusionGround]string{ExclusionGroundNotWithinPowers: "Not within our powers", ExclusionGroundUnlawfulOrImpossible: "Unlawful, or nobody could do it"},
	Channels: map[Channel]string{
		ChannelWindow: "At the counter", ChannelOnline: "Online", ChannelPhone: "By telephone", ChannelHotline: "By the hotline", ChannelHomeVisit: "At their home", ChannelKiosk: "At a machine", ChannelMail: "By post or e-mail", ChannelOther: "Otherwise",
	},
	Deeds: map[DeedKind]string{
		DeedKindHomeVisit: "A visit at home", DeedKindMediation: "Mediation between people", DeedKindHardshipSupport: "Support in hardship", DeedKindMaintenance: "Repair and upkeep", DeedKindSafety: "Safety", DeedKindOther: "Something else",
	},
	OfficeStates: map[CaseState]string{
		CaseStateResolved: "Answered: it waits for the resident", CaseStateReopened: "Not solved, the resident says: open again", CaseStateConfirmed: "Solved, as the resident confirmed",
		CaseStateClosedUnconfirmed: "Closed without the resident's word", CaseStateWithdrawn: "Taken back by the resident",
	},
	OfficeSteps: map[CaseEventKind]string{
		CaseEventKindReminded: "The resident was reminded", CaseEventKindObjected: "The resident objected", CaseEventKindConfirmed: "The resident confirmed", CaseEventKindReopened: "The resident sent it back",
	},
	Relations: map[Relation]string{RelationSuperior: "as their superior", RelationPeer: "as a colleague", RelationSubordinate: "as their subordinate", RelationSelf: "yourself", RelationExternal: "from outside"},
	Yeses:     map[CaseAction]string{CaseActionDecideTransfer: "Take it", CaseActionDecideExclusion: "Exclude it", CaseActionEndMediation: "The office agrees to this"},
	Noes:      map[CaseAction]string{CaseActionDecideTransfer: "Refuse it (say why)", CaseActionDecideExclusion: "It has to be worked on", CaseActionEndMediation: "Nothing was agreed"},
}

// OfficeState says where a case stands, to officials.
func (w *words) OfficeState(state CaseState) string {
	return cmp.Or(w.OfficeStates[state], w.States[state])
}

// OfficeStep says what happened to a case, to officials.
func (w *words) OfficeStep(kind CaseEventKind) string {
	return cmp.Or(w.OfficeSteps[kind], w.Steps[kind])
}

// Level says a level, 1 to 5.
func (w *words) Level(level int) string { return w.Levels[level] }

// ReasonOf asks for the words that an action needs.
func (w *words) ReasonOf(action CaseAction) string {
	switch action {
	case CaseActionResolve, CaseActionEndMediation:
		return w.AccountDone
	case CaseActionMediate, CaseActionDecideTransfer:
		return w.ReasonMaybe
	}
	return w.Reason
}
