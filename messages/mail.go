package messages

// letter is a mail in each language.
type letter struct{ subject, body sentence }

// Mail returns the subject and the text of the mail that tells a resident of a
// notification of this kind; link is where a receipt is looked up. It tells that
// there is something to read and not what: a mail is read on its way. Nothing where
// residents are not told of the kind.
func Mail(l Lang, kind, link string) (subject, body string) {
	mail, ok := mails[kind]
	if !ok {
		return "", ""
	}
	return mail.subject.in(l), fill(l, mail.body.in(l)+"\n\n"+footer.in(l)+"\n", []string{link})
}

var mails = map[string]letter{
	"CASE_RESOLVED": {
		subject: sentence{"您的诉求已有答复", "There is an answer to your case"},
		body: sentence{
			"您好！\n\n您提交的诉求，承办单位已经答复。请用回执查看，并告诉我们问题是否解决：\n{1}",
			"Hello,\n\nthe office has answered the case that you handed in. Read the answer with your receipt, and say whether the problem is solved:\n{1}",
		},
	},
	"CASE_REJECTED": {
		subject: sentence{"您的诉求已有答复", "There is an answer to your case"},
		body: sentence{
			"您好！\n\n承办单位对您提交的诉求作出了说明。请用回执查看：\n{1}",
			"Hello,\n\nthe office has said what it makes of the case that you handed in. Read it with your receipt:\n{1}",
		},
	},
}

var footer = sentence{
	"您收到此邮件，是因为有人提交诉求时留下了这个邮箱。此邮件由系统自动发出，请勿回复；凭回执可随时停止通知。",
	"You get this because somebody left this address with a case. It was sent by a machine: please do not answer. With the receipt these messages can be stopped at any time.",
}
