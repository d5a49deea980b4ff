package reviews

import "steelyard/models"

// Standard returns the questions that a questionnaire takes when it brings none of its
// own: one a dimension, each mark tied to something that can be seen.
func Standard() []models.ReviewQuestion {
	return []models.ReviewQuestion{
		question(
			models.DimensionMorality, "言行是否一致，公道待人？", "Do words and deeds agree, and is everybody treated alike?",
			"多次因亲疏而区别对待，或说一套做一套", "Has repeatedly treated people by closeness, or said one thing and done another",
			"有时看人办事，被指出后才纠正", "Sometimes goes by who asks, and mends it only when told",
			"一般能公道待人，遇到熟人偶有松动", "Is fair as a rule, now and then less so with acquaintances",
			"对生人熟人一个标准，说到做到", "Has one measure for strangers and friends, and keeps promises",
			"主动维护弱者的正当权益，承受压力也不让步", "Stands up for those without a voice, under pressure too",
		),
		question(
			models.DimensionAbility, "能否把难办的事办成？", "Can difficult things be got done?",
			"常规事项也常出差错，需他人返工", "Routine work often goes wrong and is redone by others",
			"只能办熟悉的事，遇新情况就停下", "Does what is familiar, and stops at what is new",
			"常规事项办得准确，难事需人带", "Routine work is right; hard cases need guidance",
			"能独立处理难事，会协调几方", "Handles hard cases alone and brings several sides together",
			"为难题找到别人可以照做的办法", "Finds ways through hard problems that others can follow",
		),
		question(
			models.DimensionDiligence, "是否尽心，不拖不推？", "Is the work taken up at once, and not passed on?",
			"经常拖延或把事推给他人", "Often delays, or passes work to others",
			"催了才办", "Works when reminded",
			"按时办完分内的事", "Finishes the own share in time",
			"主动跟进，直到当事人确认", "Follows up unasked until the person concerned agrees",
			"脏活累活难活抢着干，同事可以依靠", "Takes the hard and thankless work; colleagues can rely on it",
		),
		question(
			models.DimensionAchievement, "所做的事是否真正解决了问题？", "Does what is done really solve the problem?",
			"多是材料和场面，问题还在", "Mostly papers and show: the problem remains",
			"解决了表面，问题很快又回来", "Mends the surface; the problem soon returns",
			"多数问题得到解决", "Most problems get solved",
			"问题解决得彻底，群众认可", "Problems are solved for good, and people say so",
			"消除了一类问题的根源", "Removes the cause of a whole kind of problem",
		),
		question(
			models.DimensionIntegrity, "是否廉洁自律？", "Is the office kept clean of private gain?",
			"利用职务为自己或亲友谋利", "Uses the office for the own or friends' gain",
			"边界不清，收受过不该收的", "Blurs the line, and has accepted what should be refused",
			"守住底线，没有发现问题", "Keeps within the line; nothing is known",
			"主动回避、公开利害关系", "Steps aside and declares interests unasked",
			"敢于抵制并制止身边的不廉行为", "Resists wrongdoing nearby, and stops it",
		),
	}
}

// question makes a question; the marks come worst first, Chinese before English.
func question(d models.Dimension, zh, en string, marks ...string) models.ReviewQuestion {
	q := models.ReviewQuestion{Dimension: d, TextZh: zh, TextEn: en}
	for i := 0; i+1 < len(marks); i += 2 {
		q.Levels = append(q.Levels, models.LevelText{Zh: marks[i], En: marks[i+1]})
	}
	return q
}
