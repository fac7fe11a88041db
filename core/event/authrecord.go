package event

// loginLike reports whether the fields are those of somebody proving who he is.
func (r *record) loginLike() bool {
	e := r.e
	user := e.Text[UserName].Len > 0 || r.has(xTargetName)
	switch {
	case r.has(xAttempts):
		return true
	case user && (r.has(xAction) || r.has(xOutcome) || r.has(xLogonType) || outcomeOf(r.text(xStatus)) != noWord):
		return true
	case r.has(xAction) && e.Text[SourceIP].Len > 0:
		a := actionOf(r.text(xAction))
		return a == actionLogin || a == actionLogout
	}
	return false
}

// auth settles the fields of a log-in, in the words of any product.
func (r *record) auth() {
	e := r.e
	r.protocol()
	if e.Text[UserName].Len == 0 {
		e.Text[UserName] = r.extra[xTargetName-extraSlot]
	}
	if e.Text[HostName].Len == 0 {
		e.Text[HostName] = r.extra[xHost-extraSlot]
	}
	action, outcome := actionOf(r.text(xAction)), outcomeOf(r.text(xOutcome))
	if outcome == noWord {
		outcome = outcomeOf(r.text(xStatus))
	}
	if outcome == noWord { // login_failed, LoginSuccess
		outcome = outcomeOf(r.text(xAction))
	}
	if r.has(xAttempts) { // Zeek's ssh log
		action = actionLogin
		if n, _ := parseNumber(r.text(xAttempts)); n == 0 && outcome == noWord {
			action = actionConnect
		}
		if e.Text[Service].Len == 0 {
			r.constant(Service, "ssh")
		}
	}
	if action == noWord {
		action = actionOther
		if outcome != noWord {
			action = actionLogin
		}
	}
	r.say(action, outcome, noWord)
}

func (r *record) say(action, outcome, reason word) {
	e := r.e
	e.Text[Action], e.Text[Outcome] = r.b.word(action), r.b.word(outcome)
	if reason != noWord {
		e.Text[Reason] = r.b.word(reason)
	}
}

// actionOf finds the action in a product's words.
func actionOf(t []byte) word {
	if len(t) == 0 || len(t) > 128 {
		return noWord
	}
	for _, w := range [...]struct {
		part   string
		action word
	}{
		{"logout", actionLogout},
		{"logoff", actionLogout},
		{"log off", actionLogout},
		{"log out", actionLogout},
		{"signout", actionLogout},
		{"sign-out", actionLogout},
		{"sign_out", actionLogout},
		{"sudo", actionSudo},
		{"login", actionLogin},
		{"logon", actionLogin},
		{"log in", actionLogin},
		{"logged", actionLogin},
		{"signin", actionLogin},
		{"sign-in", actionLogin},
		{"sign_in", actionLogin},
		{"auth", actionLogin},
		{"password", actionLogin},
		{"session", actionSession},
		{"connect", actionConnect},
		{"account", actionAccount},
		{"user", actionAccount},
		{"group", actionAccount},
		{"command", actionCommand},
		{"exec", actionCommand},
	} {
		if containsFold(t, w.part) {
			return w.action
		}
	}
	if equalFold(t, "su") {
		return actionSu
	}
	return actionOther
}

// outcomeOf finds the outcome in a product's words.
func outcomeOf(t []byte) word {
	switch {
	case len(t) == 0 || len(t) > 128:
		return noWord
	case equalFold(t, "true"), equalFold(t, "t"), equalFold(t, "yes"), equalFold(t, "ok"), equalFold(t, "1"), equalFold(t, "pass"):
		return outcomeSuccess
	case equalFold(t, "false"), equalFold(t, "f"), equalFold(t, "no"), equalFold(t, "0"):
		return outcomeFailure
	}
	for _, part := range [...]string{"fail", "denied", "deny", "reject", "invalid", "error", "block", "unauthorized", "incorrect", "bad", "refused", "unsuccess"} {
		if containsFold(t, part) {
			return outcomeFailure
		}
	}
	for _, part := range [...]string{"succe", "accept", "allow", "granted", "passed"} {
		if containsFold(t, part) {
			return outcomeSuccess
		}
	}
	return noWord
}

// cloudTrail settles a call to the AWS interface: a ConsoleLogin is a login,
// anything else an action of the user whose name and outcome count.
func (r *record) cloudTrail() error {
	e := r.e
	e.Kind = Auth
	action, outcome := actionOther, outcomeSuccess
	name := r.text(xEventName)
	switch {
	case equalFold(name, "consolelogin"):
		action = actionLogin
	case equalFold(name, "assumerole"), equalFold(name, "getsessiontoken"), equalFold(name, "getfederationtoken"):
		action = actionSession
	case containsFold(name, "user"), containsFold(name, "accesskey"), containsFold(name, "loginprofile"):
		if !hasPrefixFold(name, "get") && !hasPrefixFold(name, "list") {
			action = actionAccount
		}
	}
	if r.has(xErrorCode) || outcomeOf(r.text(xOutcome)) == outcomeFailure {
		outcome = outcomeFailure
	}
	e.Text[Command] = r.extra[xEventName-extraSlot]
	r.say(action, outcome, noWord)
	return nil
}

func hasPrefixFold(t []byte, lower string) bool {
	return len(t) >= len(lower) && equalFold(t[:len(lower)], lower)
}

// cowrie settles an event of the honeypot.
func (r *record) cowrie() error {
	const prefix = len("cowrie.")
	e := r.e
	e.Kind = Auth
	r.protocol()
	if e.Text[Service].Len == 0 {
		r.constant(Service, "ssh")
	}
	if e.Text[HostName].Len == 0 {
		e.Text[HostName] = r.extra[xHost-extraSlot]
	}
	switch string(r.text(xEventID)[prefix:]) {
	case "login.success":
		r.say(actionLogin, outcomeSuccess, noWord)
	case "login.failed":
		r.say(actionLogin, outcomeFailure, reasonBadPassword)
	case "session.connect":
		r.say(actionConnect, noWord, noWord)
	case "session.closed":
		r.say(actionLogout, noWord, noWord)
	case "command.input", "command.success":
		r.say(actionCommand, noWord, noWord)
	case "command.failed":
		r.say(actionCommand, outcomeFailure, noWord)
	default:
		r.say(actionOther, noWord, noWord)
	}
	if e.Text[Command].Len == 0 { // what it fetched
		e.Text[Command], e.Text[URL] = e.Text[URL], Span{}
	}
	return nil
}
