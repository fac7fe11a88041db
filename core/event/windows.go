package event

// windowsEvent is what an event id of the Windows security log means.
// Source: Microsoft, "Events to monitor" (Appendix L of the Active Directory
// security guide) and the pages on each event.
type windowsEvent struct {
	id      int
	action  word
	outcome word // noWord: told by Status
	reason  word
	subject bool // the subject acts on the target; otherwise the target is who logs on
}

var windowsEvents = [...]windowsEvent{
	{1102, actionOther, outcomeSuccess, noWord, true}, // the audit log was cleared
	{4624, actionLogin, outcomeSuccess, noWord, false},
	{4625, actionLogin, outcomeFailure, noWord, false},
	{4634, actionLogout, noWord, noWord, false},
	{4647, actionLogout, noWord, noWord, false},
	{4648, actionSu, outcomeSuccess, noWord, true},      // log-on with somebody else's explicit credentials
	{4672, actionSession, outcomeSuccess, noWord, true}, // special privileges given to a new session
	{4720, actionAccount, outcomeSuccess, reasonUserAdded, true},
	{4722, actionAccount, outcomeSuccess, reasonUserChanged, true}, // enabled
	{4723, actionAccount, noWord, reasonPasswordChanged, true},
	{4724, actionAccount, noWord, reasonPasswordChanged, true},
	{4725, actionAccount, outcomeSuccess, reasonUserChanged, true}, // disabled
	{4726, actionAccount, outcomeSuccess, reasonUserRemoved, true},
	{4728, actionAccount, outcomeSuccess, reasonUserChanged, true}, // added to a group
	{4729, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4732, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4733, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4738, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4740, actionLogin, outcomeFailure, reasonMaxAttempts, false}, // locked out
	{4756, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4757, actionAccount, outcomeSuccess, reasonUserChanged, true},
	{4767, actionAccount, outcomeSuccess, reasonUserChanged, true}, // unlocked
	{4768, actionLogin, noWord, noWord, false},                     // ticket-granting ticket
	{4769, actionSession, noWord, noWord, false},                   // service ticket
	{4770, actionSession, outcomeSuccess, noWord, false},
	{4771, actionLogin, outcomeFailure, noWord, false}, // Kerberos pre-authentication failed
	{4776, actionLogin, noWord, noWord, false},         // NTLM credentials checked
	{4777, actionLogin, outcomeFailure, noWord, false},
	{4778, actionSession, outcomeSuccess, noWord, false}, // session reconnected
	{4779, actionLogout, noWord, noWord, false},
	{4825, actionLogin, outcomeFailure, reasonNotAllowed, false},   // remote desktop denied
	{4964, actionSession, outcomeSuccess, noWord, false},           // special groups
	{18456, actionLogin, outcomeFailure, reasonBadPassword, false}, // SQL Server
}

// windowsReasons tells why from NTSTATUS and Kerberos codes
// (MS-ERREF section 2.3.1; RFC 4120 section 7.5.9).
var windowsReasons = [...]struct {
	status uint32
	reason word
}{
	{0x6, reasonInvalidUser},
	{0xc, reasonNotAllowed},  // policy
	{0x12, reasonNotAllowed}, // disabled, expired or locked
	{0x17, reasonNotAllowed}, // password expired
	{0x18, reasonBadPassword},
	{0xc0000064, reasonInvalidUser},
	{0xc000006a, reasonBadPassword},
	{0xc000006d, reasonBadPassword},
	{0xc000006e, reasonNotAllowed},
	{0xc000006f, reasonNotAllowed},
	{0xc0000070, reasonNotAllowed},
	{0xc0000071, reasonNotAllowed},
	{0xc0000072, reasonNotAllowed},
	{0xc000015b, reasonNotAllowed},
	{0xc0000193, reasonNotAllowed},
	{0xc0000224, reasonNotAllowed},
	{0xc0000234, reasonMaxAttempts},
}

// windowsFields reports whether the record has what only Windows events have,
// so that a numeric event id of another product is not taken for one.
func (r *record) windowsFields() bool {
	return r.has(xTargetName) || r.has(xSubjectName) || r.has(xLogonType) || r.e.Text[HostName].Len > 0 || r.e.Text[Process].Len > 0
}

// windows settles an event of the Windows security log.
func (r *record) windows() error {
	e := r.e
	id := 0
	for _, c := range r.text(xEventID) {
		id = id*10 + int(c-'0')
	}
	e.Num[EventCode] = float64(id)
	var w *windowsEvent
	for i := range windowsEvents {
		if windowsEvents[i].id == id {
			w = &windowsEvents[i]
		}
	}
	if w == nil {
		return ErrWindowsID
	}
	e.Kind = Auth
	target, subject := r.extra[xTargetName-extraSlot], r.extra[xSubjectName-extraSlot]
	switch {
	case w.subject:
		if subject.Len > 0 {
			e.Text[UserName] = subject
		}
		e.Text[TargetUser] = target
	case target.Len > 0:
		e.Text[UserName] = target
	case e.Text[UserName].Len == 0:
		e.Text[UserName] = subject
	}
	status, _ := parseNumber(r.text(xStatus))
	if sub, ok := parseNumber(r.text(xSubStatus)); ok && sub != 0 {
		status = sub
	}
	outcome, reason := w.outcome, w.reason
	if outcome == noWord && r.has(xStatus) {
		outcome = outcomeSuccess
		if status != 0 {
			outcome = outcomeFailure
		}
	}
	if outcome == outcomeFailure && reason == noWord {
		for _, known := range windowsReasons {
			if status == float64(known.status) {
				reason = known.reason
			}
		}
	}
	r.say(w.action, outcome, reason)
	return nil
}
