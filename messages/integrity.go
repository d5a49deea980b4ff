package messages

import (
	"fmt"
	"strconv"

	"steelyard/models"
)

// FlagTitle is what people call a kind of doubt.
func FlagTitle(l Lang, kind models.FlagKind) string {
	if s, ok := reports[string(kind)]; ok {
		return s.in(l)
	}
	return flagTitles[kind].in(l)
}

var flagTitles = map[models.FlagKind]sentence{
	models.FlagDuplicates:    {"雷同评语", "the same words again and again"},
	models.FlagOneSided:      {"单一来源异常", "one source says otherwise"},
	models.FlagHandPicked:    {"选择性邀评", "invitations picked by hand"},
	models.FlagSelfDealing:   {"自评自办", "on both sides"},
	models.FlagDeadlineEdits: {"临期补录", "written down just in time"},
	models.FlagOftenAdverse:  {"不利决定标注偏多", "many decisions against residents"},
}

// FlagLine is a line of evidence in words.
func FlagLine(l Lang, e *models.FlagEvidence) string {
	s, ok := flagLines[e.Code]
	if !ok {
		return string(e.Code)
	}
	n := ""
	if e.N > 0 {
		n = strconv.Itoa(e.N)
	} else if t, fewer := fewLines[e.Code]; fewer {
		s = t
	}
	return fill(l, s.in(l), []string{FlagSubject(l, e.Of), n, percent(e.Share), percent(e.Usual), e.From, e.To})
}

// FlagSubject is what a line is about: a channel in words, a service as it is called.
func FlagSubject(l Lang, of string) string {
	if s, ok := sourceWords[of]; ok {
		return s.in(l)
	}
	return of
}

func percent(share *models.Score) string {
	if share == nil {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*float64(*share))
}

// The places are: subject, number, share, what is usual, first and last month.
var flagLines = map[models.FlagFact]sentence{
	models.FactBurstHigh:       {"{5} 至 {6}：短期内集中出现至少 {2} 个满意评价（4、5 分），远多于平时。", "{5} to {6}: at least {2} ratings of 4 and 5 within a short time, far more than at other times."},
	models.FactBurstLow:        {"{5} 至 {6}：短期内集中出现至少 {2} 个不满意评价（1、2 分），远多于平时。", "{5} to {6}: at least {2} ratings of 1 and 2 within a short time, far more than at other times."},
	models.FactOneVoice:        {"同一人评价至少 {2} 次；无论裁定如何，一人只算一票。", "One person rated at least {2} times; whatever is decided, one person has one voice."},
	models.FactReturned:        {"至少 {2} 名同事与其互打高分，远高于其他人的评价。", "At least {2} colleagues and the official favour one another, far above what others say."},
	models.FactCircle:          {"至少 {2} 名同事给出的分数远高于其他人的评价。", "At least {2} colleagues mark the official far above what others say."},
	models.FactCampaign:        {"{5} 至 {6}：至少 {2} 件实事集中在短期内完成，其余时间很少。", "{5} to {6}: at least {2} deeds within few weeks, and few at other times."},
	models.FactSameText:        {"{5} 至 {6}：至少 {2} 个评价的评语一字不差，他人的评价中少见。", "{5} to {6}: one and the same comment under at least {2} ratings, seldom seen elsewhere."},
	models.FactOtherSource:     {"来源“{1}”（至少 {2} 个评价）中 4、5 分占 {3}，本人其余评价中占 {4}；该来源对他人没有这样大的差别。", "{1}: of at least {2} ratings {3} are 4 and 5, of all the rest of this official's {4}; that source makes no such difference for others."},
	models.FactFewInvited:      {"“{1}”：{2} 次服务中邀请评价的占 {3}，同事办理同一事项时占 {4}。", "{1}: of {2} encounters {3} were invited to rate, of colleagues' {4}."},
	models.FactInvitedContent:  {"“{1}”：受邀者的评价（至少 {2} 个）中 4、5 分占 {3}，同事处占 {4}。", "{1}: of the answers, at least {2}, {3} are 4 and 5, of colleagues' {4}."},
	models.FactSelfServed:      {"{2} 次服务的对象登记为本人。", "{2} encounters are with the official themself."},
	models.FactSelfRated:       {"本人评价了本人的服务。", "The official rated the own service."},
	models.FactSelfCase:        {"{2} 件由本人承办的事项登记为本人提出。", "{2} cases that the official has were brought by the official."},
	models.FactSelfDeed:        {"{2} 件实事的受益人登记为本人。", "{2} deeds helped the official themself."},
	models.FactSelfEntered:     {"经来件人确认解决的 {2} 件事项中，{3} 由承办人本人登记、回执经其手，同事为 {4}。", "Of {2} cases that were confirmed as solved {3} had been entered by the official, who saw the receipts, of colleagues' {4}."},
	models.FactLateResolutions: {"办结的 {2} 件事项中，{3} 在到期前两天内办结，同事为 {4}。", "Of {2} resolutions {3} came in the last two days before the case was due, of colleagues' {4}."},
	models.FactLateHolds:       {"{2} 次暂停计时中，{3} 发生在到期前两天内，同事为 {4}。", "Of {2} pauses {3} began in the last two days before the case was due, of colleagues' {4}."},
	models.FactLateDeeds:       {"{2} 件实事中，{3} 在考核期最后两周或之后才登记，同事为 {4}。", "Of {2} deeds {3} were written down in the last two weeks of the period or later, of colleagues' {4}."},
	models.FactOftenAdverse:    {"“{1}”：{2} 次服务中 {3} 标注为不利于办事人的决定，同事为 {4}。", "{1}: of {2} encounters {3} are marked as decisions against the resident, of colleagues' {4}."},
}

// fewLines are the lines of fewer answers than may be counted.
var fewLines = map[models.FlagFact]sentence{
	models.FactReturned: {"有同事与其互打高分，远高于其他人的评价。", "The official and colleagues favour one another, far above what others say."},
	models.FactCircle:   {"有同事给出的分数远高于其他人的评价。", "Colleagues mark the official far above what others say."},
	models.FactCampaign: {"{5} 至 {6}：实事集中在短期内完成，其余时间很少。", "{5} to {6}: deeds within few weeks, and few at other times."},
}

// sourceWords are where ratings come from.
var sourceWords = map[string]sentence{
	string(models.ChannelWindow): {"窗口", "the window"}, string(models.ChannelOnline): {"网上", "online"},
	string(models.ChannelPhone): {"电话", "the telephone"}, string(models.ChannelHotline): {"热线", "the hotline"},
	string(models.ChannelHomeVisit): {"上门", "home visits"}, string(models.ChannelKiosk): {"自助机", "kiosks"},
	string(models.ChannelMail): {"信函", "mail"}, string(models.ChannelOther): {"其他渠道", "other channels"},
	string(models.RatingSourceWalkIn): {"窗口评价码", "codes at counters"},
}

// FlagEffect says in words what a flag does to the score.
func FlagEffect(l Lang, f *models.IntegrityFlag) string {
	key := "touches"
	switch {
	case f.Kind == models.FlagRepeatedRater:
		key = "rule"
	case f.Composite != nil && f.State == models.FlagDismissed:
		key = "restored"
	case f.Composite != nil:
		key = "weighed"
	case isWeighed(f.Kind):
		key = "weighed_unseen"
	}
	args := []string{Report(l, string(f.Component)), "", ""}
	if f.Composite != nil && f.WithoutComposite != nil {
		args[1], args[2] = fmt.Sprintf("%.2f", float64(*f.Composite)), fmt.Sprintf("%.2f", float64(*f.WithoutComposite))
	}
	return fill(l, flagEffects[key].in(l), args)
}

func isWeighed(k models.FlagKind) bool {
	switch k {
	case models.FlagBurst, models.FlagCampaignBurst, models.FlagClique, models.FlagReciprocity:
		return true
	}
	return false
}

var flagEffects = map[string]sentence{
	"weighed":        {"“{1}”的依据已降权：本次综合得分 {2}，不降权为 {3}。", "Evidence of “{1}” is weighed down: the composite is {2}, and would be {3} with everything at full weight."},
	"weighed_unseen": {"“{1}”的依据已降权；综合得分未算出或尚未公布。", "Evidence of “{1}” is weighed down; there is no composite, or it is not published."},
	"restored":       {"认定无疑点：下一次计算恢复“{1}”中这部分依据的权重。本次综合得分 {2}，全部不降权为 {3}。", "Dismissed: the next run gives this evidence of “{1}” its full weight. The composite of this run is {2}, and would be {3} with everything at full weight."},
	"rule":           {"“{1}”：一人一票，对所有人一样，不因裁定而改变。本次综合得分 {2}，不降权为 {3}。", "“{1}”: one person has one voice, for everybody and whatever is decided. The composite is {2}, and would be {3} with everything at full weight."},
	"touches":        {"涉及“{1}”的依据；计算时没有降权。确属不实的依据，可由两人决定剔除。", "It touches evidence of “{1}”; nothing was weighed down. Evidence that is false is left out by two persons."},
}
