package web

import "steelyard/messages"

// words are the sentences of the pages in one language.
type words struct {
	Appraisal appraisalWords

	Name, OtherLang, OtherLangName                             string
	HomeTitle, HomeText, HomeRate, HomeReceipt, NoPage         string
	RateTitle, RateBy, RateOn, RateUntil, RateAsk, ChooseLevel string
	Levels                                                     [6]string // by level; 0 is none
	Tags, Aspects, Contact, ContactHint                        string
	Comment, CommentHint, Send, Private                        string
	ThanksTitle, ThanksText, Keep, KeepWhy                     string
	GoneTitle, GoneText                                        string
	Counted, CountedHint, RatingsCounted                       string // Counted holds {cycle} and {n}
	CountedCheck, CountedWhy, CountedNotice, CountedData       string
	Control, ControlHint                                       string
	Erase, EraseHint, EraseAsk, EraseTitle, EraseGoes          string
	EraseStays, EraseRatingGoes, EraseRatingStays              string
	EraseCaseGoes, EraseCaseStays, EraseForGood                string
	EraseSend, EraseNot, Erased, ErasedOn                      string
	ReceiptTitle, ReceiptAsk, ReceiptHint, Look, NoReceipt     string
	YourRating, GivenOn, YourWords, Reply, NoReply, RepliedOn  string
	YourCase, Stands, With, HandedIn, Due, Account             string
	History, Solved, SolvedAsk, NotSolved, Mark, ChooseSolved  string
	Say, WordTaken                                             string
	ReplyDue, MendDue, Mending, MendedAsk, YourMark            string
	MediatedBy, AgreedOn, AgreeAsk, AgreeMediator              string
	Agree, Disagree, ChooseAgree                               string
	ServedBy, PrivateCounter, PrivateKiosk                     string
	KioskBack, KioskDone                                       string
	Again, AgainSend, Undo, UndoHint, UndoSend                 string
	UndoneTitle, UndoneText                                    string
	TooLarge, Failed                                           string
	ProblemTitle, ProblemText, ProblemLine, ProblemWords       string
	ProblemPlace, ProblemCategory, ProblemUnsure, ProblemSend  string
	ProblemEmail, ProblemEmailHint                             string
	ProblemFiles, ProblemFilesHint, ProblemFileLost            string
	ProblemAgain, OpenedTitle, OpenedKeep                      string
	States                                                     map[CaseState]string
	Steps                                                      map[CaseEventKind]string
	ToMend                                                     string // above what is to be mended in a form
	HelpTitle, HelpText, HelpCode, HelpAsk, HelpYes, HelpNo    string
	ChooseHelp, OtherKind                                      string
	workWords
	cycleWords
	roundWords
	flagWords
	trailWords
	accountWords
}

// wordsIn returns the pages' sentences in a language.
func wordsIn(l messages.Lang) *words {
	if l == messages.English {
		return &english
	}
	return &chinese
}

// otherCategory is what the API calls the category of what nobody knows.
const otherCategory = "OTHER"

// CategoryName says a category: they are in the organisation's own words, but for one.
func (w *words) CategoryName(category string) string {
	if category == otherCategory {
		return w.OtherKind
	}
	return category
}

var chinese = words{
	Appraisal: chineseAppraisal,

	ToMend: "没有提交成功，请更正：",
	Name:   "群众心里有杆秤", OtherLang: "en", OtherLangName: "English",
	NoPage:    "没有这个页面。请核对地址，或从这里开始。",
	HomeTitle: "您的评价有分量", HomeText: "扫描工作人员出示的二维码，或打开收到的链接，半分钟即可评价刚刚办理的服务。评价匿名，无需注册。",
	HomeRate: "没有链接？请向为您办事的工作人员索取。", HomeReceipt: "用回执查询评价或诉求",
	RateTitle: "请评价这次服务", RateBy: "办理人", RateOn: "办理日期", RateUntil: "有效期至", RateAsk: "您对这次服务满意吗？", ChooseLevel: "请先选择满意程度，再提交。",
	Levels: [6]string{"", "非常不满意", "不满意", "基本满意", "满意", "非常满意"},
	Tags:   "哪些说得对？（可多选，可不选）", Aspects: "分项评价（可不填）",
	Contact: "如需单位联系您，请留联系方式（可不填）", ContactHint: "只在您不满意时使用：单位的答复专员（不是被评价人）会看到您的评价和联系方式。不填则匿名，答复凭回执查看。",
	Comment: "想说的话（可不填）", CommentHint: "最多 2000 字。请不要写姓名、电话等个人信息。", Send: "提交评价",
	Private:     "您的评价匿名保存：工作人员看不到是谁评价的，也看不到单条评价的时间。",
	ThanksTitle: "谢谢，已收到您的评价", ThanksText: "如果您不满意，办理单位会答复您。", Keep: "您的回执",
	KeepWhy:   "请截图或抄下。凭回执可查看答复；回执只显示这一次，我们不保存。",
	GoneTitle: "这个链接现在不能使用", GoneText: "每个链接只能使用一次，并有有效期。如果您已经评价，可以用回执查看答复。",
	ReceiptTitle: "用回执查询", ReceiptAsk: "请输入回执", ReceiptHint: "形如 ABCD-EFGH-…，大小写均可", Look: "查询",
	NoReceipt:      "没有找到这个回执，请核对后再试。",
	RatingsCounted: "计入的评价数", Counted: "您的评价已计入“{cycle}”，是其中 {n} 条之一。", CountedHint: "按 RFC 6962 由叶逐步计算，即得公示的根；也可存成文件，用 steelyard receipt verify --root 公示的根 自行核对，无需联网。请与回执一样妥善保管。",
	CountedCheck: "怎么知道没有被漏掉或改动？", CountedWhy: "公示里有一个由全部评价算出的校验码。您的评价算出来的，正是下面这个。两处一致，就说明您的评价原样计在其中。", CountedNotice: "打开公示，对一对校验码", CountedData: "全部数据（供会计算的人核对）",
	Control: "评价校验码", ControlHint: "凭评价回执查询，会看到同样的校验码。",
	Erase: "删除我写的话", EraseHint: "您可以随时删除自己写下的文字和联系方式，不必说明理由。", EraseAsk: "删除我写的话…", EraseTitle: "删除您写的话？", EraseGoes: "会删除", EraseStays: "会保留",
	EraseRatingGoes: "您写的评语和留下的联系方式。删除后，包括我们在内，谁也看不到。", EraseRatingStays: "您选的满意程度和日期，照常计入；单位的答复；这张回执继续有效。",
	EraseCaseGoes: "标题、具体情况、地点、联系方式、照片和文件，以及办理过程中写下的话。", EraseCaseStays: "有过这件事、类别、日期、怎样办结、您的满意程度；这张回执继续有效。",
	EraseForGood: "删除后不能恢复。", EraseSend: "确认删除", EraseNot: "不删除，返回", Erased: "已删除您写的话。", ErasedOn: "内容已删除，日期",
	YourRating: "您的评价", GivenOn: "评价日期", YourWords: "您写的话", Reply: "单位答复", NoReply: "还没有答复。", RepliedOn: "答复日期",
	YourCase: "您的诉求", Stands: "进展", With: "承办单位", HandedIn: "提交日期", Due: "应于此日前办结", Account: "单位所作的处理",
	History: "经过", SolvedAsk: "问题解决了吗？", Solved: "已解决", NotSolved: "没有解决，请重新办理", Mark: "对处理过程的满意程度（可不选）",
	ChooseSolved: "请先回答问题是否解决。", Say: "提交", WordTaken: "已记下您的答复。",
	ReplyDue: "应于此日前答复", MendDue: "应于此日前整改", Mending: "单位作了哪些整改", MendedAsk: "您对整改满意吗？", YourMark: "您对整改的评价",
	MediatedBy: "调解人", AgreedOn: "单位同意的调解结果", AgreeAsk: "您同意这个结果吗？同意后，事项按此办结。", AgreeMediator: "您同意由他调解吗？不同意则恢复办理。",
	Agree: "同意", Disagree: "不同意", ChooseAgree: "请先选择是否同意。",
	ServedBy: "为您办事的是", PrivateCounter: "您的评价匿名保存。为避免重复评价，浏览器会保存一个当天有效的随机标识，次日即失效。",
	PrivateKiosk: "您的评价匿名保存：工作人员看不到是谁评价的。", KioskBack: "半分钟后自动返回首页，请先拍下或抄下回执。", KioskDone: "完成",
	Again: "整改之后，您愿意重新评价这次服务吗？", AgainSend: "提交新的评价",
	Undo: "撤回评价", UndoHint: "提交后十分钟内可以撤回，撤回后不留任何记录。", UndoSend: "撤回这条评价",
	UndoneTitle: "评价已撤回", UndoneText: "这条评价已经删除，如同没有提交过。",
	ProblemTitle: "反映问题", ProblemText: "不必知道归谁管：我们来找承办单位。无需注册。", ProblemLine: "一句话说明问题", ProblemWords: "具体情况",
	ProblemPlace: "地点（可不填）", ProblemCategory: "类别（可不选）", ProblemUnsure: "不确定，请按内容判断", ProblemSend: "提交问题",
	ProblemEmail: "电子邮箱（可不填）", ProblemEmailHint: "填写后，有答复时会发邮件告诉您。邮箱加密保存，工作人员看不到，办结后删除。",
	ProblemFiles: "照片或文件（可不选）", ProblemFilesHint: "最多 5 个，每个不超过 5 MB：JPEG、PNG、WebP 或 PDF。照片中的拍摄位置会被去除。",
	ProblemFileLost: "问题已提交，但有文件未能添加。", ProblemAgain: "表单未能读取，请重新填写。", OpenedTitle: "已收到您反映的问题",
	OpenedKeep: "请截图或抄下。凭回执可查看进展、确认是否解决；回执只显示这一次，我们不保存。",
	TooLarge:   "提交的内容太长，请缩短后再试。", Failed: "出了点问题，请稍后再试。",
	States: map[CaseState]string{
		CaseStateSubmitted: "已提交，等待签收", CaseStateAccepted: "已签收", CaseStateAssigned: "已分派承办人", CaseStateInProgress: "办理中",
		CaseStateOnHold: "暂停，等待外部条件", CaseStateMediation: "第三方调解中", CaseStateResolved: "单位答复已解决，等您确认",
		CaseStateReopened: "您认为未解决，重新办理", CaseStateConfirmed: "您已确认解决", CaseStateClosedUnconfirmed: "已办结，您未确认",
		CaseStateRejected: "不予受理", CaseStateWithdrawn: "您已撤回",
	},
	Steps: map[CaseEventKind]string{
		CaseEventKindTransferLapsed: "转办逾期未接收，退回", CaseEventKindEscalated: "逾期，上报上级单位", CaseEventKindExtended: "延长办理期限",
		CaseEventKindWarned: "期限将到", CaseEventKindReminded: "提醒您确认", CaseEventKindJoined: "并入另一事项", CaseEventKindParted: "从另一事项拆分",
		CaseEventKindExclusionAsked: "申请不予受理", CaseEventKindExclusionRefused: "上级未同意不予受理", CaseEventKindObjected: "您提出异议",
		CaseEventKindExclusionUpheld: "上级维持不予受理", CaseEventKindStarted: "开始办理",
		CaseEventKindSubmitted: "提交", CaseEventKindAccepted: "签收", CaseEventKindAssigned: "分派", CaseEventKindTransferred: "转办",
		CaseEventKindTransferAccepted: "接收转办", CaseEventKindTransferRefused: "退回转办", CaseEventKindPaused: "暂停", CaseEventKindResumed: "恢复办理",
		CaseEventKindResolved: "答复已解决", CaseEventKindConfirmed: "您确认解决", CaseEventKindReopened: "您要求重新办理", CaseEventKindRejected: "不予受理",
		CaseEventKindWithdrawn: "撤回", CaseEventKindMediation: "调解", CaseEventKindClosed: "办结",
	},
	HelpTitle: "确认实事", HelpText: "如果工作人员帮过您并给了您一个码，请在这里说明是否属实。无需注册。", HelpCode: "您拿到的码",
	HelpAsk: "这件事办了吗？", HelpYes: "办了，属实", HelpNo: "没有办", ChooseHelp: "请先选择是否属实。", OtherKind: "其他",
	workWords: chineseWork, cycleWords: chineseCycle, roundWords: chineseRound, flagWords: chineseFlags, trailWords: chineseTrail, accountWords: chineseAccounts,
}

var english = words{
	Appraisal: englishAppraisal,

	ToMend: "Nothing was sent. Please mend this:",
	Name:   "Steelyard", OtherLang: "zh-CN", OtherLangName: "中文",
	NoPage:    "There is no such page. Check the address, or begin here.",
	HomeTitle: "Your word has weight", HomeText: "Scan the code that you are shown, or open the link that you were given: rating the service you have just had takes half a minute. It is anonymous and needs no account.",
	HomeRate: "No link? Ask whoever served you for one.", HomeReceipt: "Follow a rating or a case by its receipt",
	RateTitle: "Rate this service", RateBy: "Served by", RateOn: "On", RateUntil: "The link works until", RateAsk: "Were you satisfied?", ChooseLevel: "Choose how satisfied you were, then send it.",
	Levels: [6]string{"", "Very dissatisfied", "Dissatisfied", "Fairly satisfied", "Satisfied", "Very satisfied"},
	Tags:   "What fits? (choose any, or none)", Aspects: "Rate single aspects (may be left out)",
	Contact: "How to reach you, if you want the office to (may be left empty)", ContactHint: "Used only if you are dissatisfied: the unit's reply officer, never the official you rate, then sees your rating together with it. Left empty, you stay anonymous and read the reply by your receipt.",
	Comment: "Anything you want to say (may be left empty)", CommentHint: "At most 2,000 characters. Please leave out names, numbers and the like.", Send: "Send the rating",
	Private:     "Your rating is kept without your name: nobody in the office sees who gave it, nor when a single one was given.",
	ThanksTitle: "Thank you: your rating is in", ThanksText: "If you were not satisfied, the office owes you a reply.", Keep: "Your receipt",
	KeepWhy:   "Take a picture of it or write it down. It shows you the reply; it is shown this once and not kept by us.",
	GoneTitle: "This link cannot be used", GoneText: "Each link works once, and for a limited time. If you have rated already, your receipt shows the reply.",
	ReceiptTitle: "Follow by receipt", ReceiptAsk: "Your receipt", ReceiptHint: "Of the form ABCD-EFGH-…, in capitals or not", Look: "Look it up",
	NoReceipt:      "There is no such receipt: check it and try again.",
	RatingsCounted: "Ratings counted", Counted: "Your rating counts in “{cycle}”, as one of {n}.", CountedHint: "Hashed step by step as in RFC 6962, the leaf leads to the root in the public notice; saved to a file, steelyard receipt verify --root ROOT checks it on any computer. Keep it as you keep the receipt.",
	CountedCheck: "How do I know that it was not left out or changed?", CountedWhy: "The public notice has a control number that comes of all ratings together. Yours leads to the number below. Where the two are the same, your rating is in there as you gave it.", CountedNotice: "Open the notice and compare", CountedData: "All of it, for those who compute it themselves",
	Control: "Control number of the ratings", ControlHint: "Whoever looks up a rating by its receipt finds the same number there.",
	Erase: "Erase my words", EraseHint: "You can erase what you wrote and how to reach you, at any time and without saying why.", EraseAsk: "Erase my words …", EraseTitle: "Erase your words?", EraseGoes: "What goes", EraseStays: "What stays",
	EraseRatingGoes: "Your comment, and the contact that you left. Nobody can read them any more, nor can we.", EraseRatingStays: "The level that you chose and its day, which count as before; the office's reply; and this receipt goes on working.",
	EraseCaseGoes: "Title, description, place and contact, photos and documents, and what was written while it was worked on.", EraseCaseStays: "That there was a problem, of which kind and when, how it ended, and how content you were; and this receipt goes on working.",
	EraseForGood: "It cannot be undone.", EraseSend: "Erase them", EraseNot: "Keep them", Erased: "Your words are erased.", ErasedOn: "Its words were erased on",
	YourRating: "Your rating", GivenOn: "Given on", YourWords: "Your words", Reply: "The office's reply", NoReply: "There is no reply yet.", RepliedOn: "Replied on",
	YourCase: "Your case", Stands: "Where it stands", With: "In the hands of", HandedIn: "Handed in on", Due: "To be solved by", Account: "What the office did",
	History: "What happened", SolvedAsk: "Is it solved?", Solved: "Yes, it is solved", NotSolved: "No: open it again", Mark: "How satisfied are you with how it was handled? (may be left out)",
	ChooseSolved: "Say whether it is solved first.", Say: "Send", WordTaken: "Your answer is noted.",
	ReplyDue: "A reply is owed by", MendDue: "To be put right by", Mending: "What the office put right", MendedAsk: "How satisfied are you with what was put right?", YourMark: "Your mark for it",
	MediatedBy: "Mediated by", AgreedOn: "What the office agrees to", AgreeAsk: "Do you agree to this? If you do, the case ends so.", AgreeMediator: "Do you agree to this mediator? If not, the office goes on by itself.",
	Agree: "I agree", Disagree: "I do not agree", ChooseAgree: "Say whether you agree first.",
	ServedBy: "Who served you?", PrivateCounter: "Your rating is kept without your name. So that nobody rates twice, your browser keeps a random name for today; tomorrow it is worth nothing.",
	PrivateKiosk: "Your rating is kept without your name: nobody in the office sees who gave it.", KioskBack: "In half a minute this page goes back to the start: take a picture of your receipt first.", KioskDone: "Done",
	Again: "Now that it has been put right: how do you rate the service?", AgainSend: "Send the new rating",
	Undo: "Take it back", UndoHint: "For ten minutes after you sent it you can take the rating back. Nothing of it remains.", UndoSend: "Take this rating back",
	UndoneTitle: "Your rating is taken back", UndoneText: "It is deleted, as if you had not sent it.",
	ProblemTitle: "Bring a problem", ProblemText: "You need not know whose it is: finding the office is our work. No account is needed.", ProblemLine: "The problem in a line", ProblemWords: "What is the matter",
	ProblemPlace: "Where (may be left out)", ProblemCategory: "Kind (may be left out)", ProblemUnsure: "Not sure: judge by my words", ProblemSend: "Hand it in",
	ProblemEmail: "E-mail (may be left out)", ProblemEmailHint: "If you give one, you are told when there is an answer. It is kept encrypted, shown to nobody, and deleted when the case is over.",
	ProblemFiles: "Photos or documents (may be left out)", ProblemFilesHint: "At most 5, of 5 MB each: JPEG, PNG, WebP or PDF. Where a photo was taken is removed.",
	ProblemFileLost: "The problem is handed in, but a file could not be added.", ProblemAgain: "The form could not be read: please fill it in again.", OpenedTitle: "We have your problem",
	OpenedKeep: "Take a picture of it or write it down. With it you can follow the case and say whether it is solved. It is shown this once and not kept.",
	TooLarge:   "That is too long: shorten it and try again.", Failed: "Something went wrong: try again later.",
	States: map[CaseState]string{
		CaseStateSubmitted: "Handed in; not signed for yet", CaseStateAccepted: "Signed for", CaseStateAssigned: "Given to an official", CaseStateInProgress: "Being worked on",
		CaseStateOnHold: "On hold: it waits for something outside", CaseStateMediation: "In mediation by a third party", CaseStateResolved: "Solved, the office says: it waits for your word",
		CaseStateReopened: "You said that it is not solved: open again", CaseStateConfirmed: "Solved, as you have confirmed", CaseStateClosedUnconfirmed: "Closed without your word",
		CaseStateRejected: "Not taken on", CaseStateWithdrawn: "Taken back by you",
	},
	Steps: map[CaseEventKind]string{
		CaseEventKindTransferLapsed: "The other unit did not answer", CaseEventKindEscalated: "Overdue: passed to the unit above", CaseEventKindExtended: "More time was given",
		CaseEventKindWarned: "Due soon", CaseEventKindReminded: "You were reminded to answer", CaseEventKindJoined: "Joined to another case", CaseEventKindParted: "Parted from another case",
		CaseEventKindExclusionAsked: "The unit asks to exclude it", CaseEventKindExclusionRefused: "The unit above did not exclude it", CaseEventKindObjected: "You objected",
		CaseEventKindExclusionUpheld: "The unit above upheld the exclusion", CaseEventKindStarted: "Work began",
		CaseEventKindSubmitted: "Handed in", CaseEventKindAccepted: "Signed for", CaseEventKindAssigned: "Given to an official", CaseEventKindTransferred: "Offered to another unit",
		CaseEventKindTransferAccepted: "Taken by the other unit", CaseEventKindTransferRefused: "Given back", CaseEventKindPaused: "Paused", CaseEventKindResumed: "Work goes on",
		CaseEventKindResolved: "Solved, the office says", CaseEventKindConfirmed: "You confirmed", CaseEventKindReopened: "You sent it back", CaseEventKindRejected: "Not taken on",
		CaseEventKindWithdrawn: "Taken back", CaseEventKindMediation: "Mediation", CaseEventKindClosed: "Closed",
	},
	HelpTitle: "Confirm a deed", HelpText: "If an official has helped you and handed you a code, say here whether it is true. No account is needed.", HelpCode: "The code that you were given",
	HelpAsk: "Was it done?", HelpYes: "Yes, it was done", HelpNo: "No, it was not", ChooseHelp: "Say whether it was done first.", OtherKind: "Something else",
	workWords: englishWork, cycleWords: englishCycle, roundWords: englishRound, flagWords: englishFlags, trailWords: englishTrail, accountWords: englishAccounts,
}
