package web

// appraisalWords are the sentences of a democratic appraisal.
type appraisalWords struct {
	Title, Text, Send, Private, Until, ThanksTitle, ThanksText, GoneTitle, GoneText string

	Grades map[AppraisalGrade]string
}

var chineseAppraisal = appraisalWords{
	Title: "民主测评", Text: "请对下列人员逐一评价。不了解其工作的，请选“弃权”，弃权不计入结果。",
	Send: "提交测评", Until: "截止日期",
	Private:     "测评匿名：测评码只证明您有资格投票，不与您的选择一起保存；结果在截止之后、人数足够时才公布。",
	ThanksTitle: "谢谢，已收到您的测评", ThanksText: "这个测评码已用过，不能再次使用。",
	GoneTitle: "这个测评码现在不能使用", GoneText: "每个测评码只能使用一次，测评截止后不再接收。",
	Grades: map[AppraisalGrade]string{
		AppraisalGradeExcellent: "优秀", AppraisalGradeCompetent: "称职", AppraisalGradeBasicallyCompetent: "基本称职",
		AppraisalGradeIncompetent: "不称职", AppraisalGradeAbstain: "弃权（不了解）",
	},
}

var englishAppraisal = appraisalWords{
	Title: "Appraisal", Text: "Please grade each of them. Where you do not know the work, abstain: it does not count at all.",
	Send: "Hand in", Until: "Closes on",
	Private:     "The ballot is secret: the code only shows that you may vote and is not kept with what you choose. Results come after the last day, and only where enough have voted.",
	ThanksTitle: "Thank you: your ballot is in", ThanksText: "This code has been used and cannot be used again.",
	GoneTitle: "This code cannot be used", GoneText: "Each code works once, and until the appraisal closes.",
	Grades: map[AppraisalGrade]string{
		AppraisalGradeExcellent: "Excellent", AppraisalGradeCompetent: "Competent", AppraisalGradeBasicallyCompetent: "Basically competent",
		AppraisalGradeIncompetent: "Not competent", AppraisalGradeAbstain: "Abstain: I do not know the work",
	},
}
