package web

import (
	"cmp"
	"strconv"
	"strings"

	"steelyard/messages"
)

// trailWords are the sentences of the page of the audit trail in one language.
type trailWords struct {
	Trail, TrailText, TrailNone, TrailWhen, TrailWho, TrailWhat, TrailNoted   string
	TrailAllActions, TrailRecord, TrailRecordHint, TrailFrom, TrailTo         string
	TrailPlace, TrailSame, TrailSamePerson, TrailFile, TrailFileHint          string
	TrailTooMany, TrailNoUnit, TrailEntries, TrailMany                        string
	Chain, ChainText, ChainEmpty, ChainHolds, ChainBroken, ChainUnchecked     string
	ChainBlock, ChainClosed, ChainChecked, ChainKey, ChainKeep, ChainKeepHint string
	ChainFaultAt                                                              string // holds {block} and {position}

	TrailActors map[string]string
	Roles       map[Role]string
	Defects     map[AuditDefect]string
}

var chineseTrail = trailWords{
	Trail: "审计记录", TrailText: "凡改变结果或查看结果的操作，都在这里留下记录，最新的在前。记录一旦入链，任何修改、移动或删除都会被发现。匿名提交的评价和评议不在此列出。",
	TrailNone: "没有符合条件的记录。", TrailWhen: "时间", TrailWho: "谁", TrailWhat: "做了什么", TrailNoted: "记下的内容",
	TrailAllActions: "全部操作", TrailRecord: "对象编号", TrailRecordHint: "可从下面的记录中点选", TrailFrom: "从哪一天", TrailTo: "到哪一天", TrailPlace: "链上位置",
	TrailSame: "只看这个对象", TrailSamePerson: "只看此人", TrailFile: "下载为 CSV", TrailFileHint: "最多 10,000 条，按当前筛选。要不依赖本系统核验全链，请在服务器上运行 steelyard audit export，再用 steelyard audit verify --file 核验。",
	TrailTooMany: "超过 10,000 条，请用日期或其他条件缩小范围后再下载。", TrailNoUnit: "全组织", TrailEntries: "记录", TrailMany: "记下的项目：",
	Chain: "审计链", ChainText: "每条记录都连同前一区块的摘要一起签名。服务器每小时从头到尾核验一次。", ChainEmpty: "链上还没有记录；新的记录约一分钟后入链。",
	ChainHolds: "完好", ChainBroken: "不完好", ChainUnchecked: "尚未核验", ChainBlock: "最后一个区块", ChainClosed: "封闭时间", ChainChecked: "最近一次全链核验", ChainKey: "签名密钥",
	ChainKeep: "请另行保存这一行", ChainKeepHint: "每天把它记在系统之外（纸上也行）。日后运行 steelyard audit verify --head 加上这一行，链尾被截断或重写就会被发现。这一行不含任何内容。",
	ChainFaultAt: "第 {block} 区块，第 {position} 条",
	TrailActors:  map[string]string{"system": "系统", "import": "数据导入"},
	Roles: map[Role]string{
		RoleResident: "群众", RoleOfficial: "干部", RoleReplyOfficer: "答复专员", RoleHr: "人事", RoleAuditor: "审计", RoleAdmin: "管理员",
	},
	Defects: map[AuditDefect]string{
		AuditDefectEntryChanged: "记录与入链时不同", AuditDefectEntryMissing: "记录不见了", AuditDefectEntryAdded: "记录是后来加进去的", AuditDefectEntryMoved: "记录不在入链时的位置",
		AuditDefectEntryUnread: "记录无法读取", AuditDefectEntryWithheld: "导出文件隐去了不该隐去的记录", AuditDefectBlockMissing: "区块不见了", AuditDefectBlockMoved: "区块不在入链时的位置",
		AuditDefectBlockUnlinked: "区块没有接上前一区块", AuditDefectBlockChanged: "区块摘要与其记录不符", AuditDefectBlockUnsigned: "区块签名与所注密钥不符", AuditDefectKeyUnknown: "签名密钥无人担保",
		AuditDefectHeadCut: "链在保存过的链头之前就断了", AuditDefectHeadOther: "区块与保存过的链头不同", AuditDefectExtractCut: "导出文件不完整", AuditDefectExtractUnread: "导出文件无法读取",
	},
}

var englishTrail = trailWords{
	Trail: "Audit trail", TrailText: "Whatever changes a result, or shows one to somebody, leaves an entry: the newest first. Once an entry is chained it cannot be changed, moved or taken out without showing. Anonymous ratings and reviews are not listed.",
	TrailNone: "There is no such entry.", TrailWhen: "When", TrailWho: "Who", TrailWhat: "What was done", TrailNoted: "What was noted",
	TrailAllActions: "Everything", TrailRecord: "Id of a record", TrailRecordHint: "Or choose it from an entry below", TrailFrom: "From the day", TrailTo: "To the day", TrailPlace: "Place in the chain",
	TrailSame: "This record alone", TrailSamePerson: "This person alone", TrailFile: "Download as CSV", TrailFileHint: "Up to 10,000 entries, as they are narrowed now. To check the whole chain without this system, run steelyard audit export on the server and steelyard audit verify --file anywhere.",
	TrailTooMany: "These are more than 10,000 entries: narrow them, such as by days, before you download them.", TrailNoUnit: "the whole organisation", TrailEntries: "Entries", TrailMany: "Things noted:",
	Chain: "The audit chain", ChainText: "Entries are signed in blocks, each with the digest of the block before. Every hour the server goes over the whole chain.", ChainEmpty: "Nothing is chained yet. An entry is chained about a minute after it was made.",
	ChainHolds: "It holds", ChainBroken: "It does not hold", ChainUnchecked: "Not gone over yet", ChainBlock: "Last block", ChainClosed: "Closed", ChainChecked: "Whole chain gone over", ChainKey: "Signed by the key",
	ChainKeep: "Keep this line elsewhere", ChainKeepHint: "Note it once a day outside of this system: paper will do. With it, steelyard audit verify --head finds out later when the end of the chain was cut off or written anew. It tells nothing about what was done.",
	ChainFaultAt: "block {block}, entry {position}",
	TrailActors:  map[string]string{"system": "the system", "import": "an import"},
	Roles: map[Role]string{
		RoleResident: "resident", RoleOfficial: "official", RoleReplyOfficer: "reply officer", RoleHr: "HR officer", RoleAuditor: "auditor", RoleAdmin: "administrator",
	},
	Defects: map[AuditDefect]string{
		AuditDefectEntryChanged: "the entry is not what was chained", AuditDefectEntryMissing: "the entry is gone", AuditDefectEntryAdded: "the entry was added later", AuditDefectEntryMoved: "the entry does not stand where it was chained",
		AuditDefectEntryUnread: "the entry cannot be read", AuditDefectEntryWithheld: "an extract keeps back what it may not", AuditDefectBlockMissing: "the block is gone", AuditDefectBlockMoved: "the block does not stand where it was chained",
		AuditDefectBlockUnlinked: "the block does not name the one before it", AuditDefectBlockChanged: "the block does not have the hash of its entries", AuditDefectBlockUnsigned: "the block is not signed by the key that it names", AuditDefectKeyUnknown: "nobody vouched for the key",
		AuditDefectHeadCut: "the chain ends before a head that was kept", AuditDefectHeadOther: "the block is not the head that was kept", AuditDefectExtractCut: "an extract breaks off", AuditDefectExtractUnread: "an extract cannot be read",
	},
}

// Action says what was done, by its name.
func (w *words) Action(action string) string { return messages.TrailAction(w.In, action) }

// NotedWord is what was noted of a noun: a state, a role or a grade in words, all else as
// it is.
func (w *words) NotedWord(noun, value string) string {
	switch noun {
	case "Account":
		return cmp.Or(w.Roles[Role(value)], value)
	case "Case":
		return cmp.Or(w.OfficeState(CaseState(value)), value)
	case "Cycle", "AssessmentRun":
		return cmp.Or(w.CycleStates[CycleState(value)], w.CycleKinds[CycleKind(value)], w.MethodSteps[MethodStep(value)], value)
	case "CycleGrade":
		return cmp.Or(w.Grades5[Grade(value)], w.GradeStates[GradeState(value)], value)
	case "IntegrityFlag":
		return cmp.Or(w.FlagStates[IntegrityFlagState(value)], w.FlagTitles[IntegrityFlagKind(value)], value)
	case "Objection":
		return cmp.Or(w.ObjectionState[ObjectionState(value)], w.Instances[ObjectionInstance(value)], value)
	case "ReviewRound":
		return cmp.Or(w.Relations[Relation(value)], value)
	}
	return value
}

// FaultAt says where a chain does not hold.
func (w *words) FaultAt(f *ChainFault) string {
	return strings.NewReplacer("{block}", strconv.Itoa(f.Block), "{position}", strconv.Itoa(f.Position)).Replace(w.ChainFaultAt)
}
