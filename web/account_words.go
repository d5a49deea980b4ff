package web

// accountWords are the sentences about signing in and accounts in one language.
type accountWords struct {
	ProviderText, ProviderSignIn, OrToken, TokenSignIn     string
	SignedIn, GoOn, SignedOutHere, SignOutThere            string
	SignInBroken, ProviderAway, AccountDisabled, NoAccount string
}

var chineseAccounts = accountWords{
	ProviderText: "用您在本单位的统一登录账号进入。", ProviderSignIn: "用单位账号登录",
	OrToken: "或使用令牌", TokenSignIn: "用令牌登录",
	SignedIn: "已登录", GoOn: "继续", SignedOutHere: "您已退出本系统。", SignOutThere: "同时退出单位统一登录",
	SignInBroken:    "登录没有完成，请重新点击“用单位账号登录”。",
	ProviderAway:    "单位统一登录暂时没有响应，请稍后再试；有令牌的可用令牌登录。",
	AccountDisabled: "您的账号已停用。如需使用，请联系管理员。",
	NoAccount:       "这里还没有“{subject}”的账号。请把这个名称告诉管理员，由管理员为您开通。",
}

var englishAccounts = accountWords{
	ProviderText: "Use the account that your organisation gave you.", ProviderSignIn: "Sign in with your organisation's account",
	OrToken: "Or with a token", TokenSignIn: "Sign in with the token",
	SignedIn: "You are signed in", GoOn: "Go on", SignedOutHere: "You are signed out here.", SignOutThere: "Sign out of the organisation's sign-in too",
	SignInBroken:    "The sign-in was not finished. Press “Sign in with your organisation's account” once more.",
	ProviderAway:    "Your organisation's sign-in does not answer. Try again in a moment; with a token you can sign in now.",
	AccountDisabled: "Your account is disabled. Ask your administrator if you need it.",
	NoAccount:       "There is no account here for “{subject}”. Tell your administrator this name, and ask for one.",
}
