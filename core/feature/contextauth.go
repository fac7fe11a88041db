package feature

// Counts and sketches of a source of logins (or of the user, where the log
// names no source) and of a user that is logged in to.
const (
	authAttempts = iota
	authFailures
	authUnknown
	authConnects
	authPrivilegeFailures
	authPrivilegeUses
	numAuthCounts
)

const (
	authUsersShort = iota
	authUsersLong
	authUsersDay
	authHosts
)

// The first word is the process that reported a failure last, the second how
// many attempts each of its reports told of, and how many were counted.
const (
	authProcess = iota
	authReported
	numAuthWords
)

const (
	reportBits = 12
	reportMask = 1<<reportBits - 1
	reports    = 4
)

// The half-lives of logins are eight times as long as those of other kinds, 1m
// to 10h: guessing at three passwords an hour is slow on purpose.
func authSourceLayout() *layout {
	return &layout{
		slow: window10h, counts: numAuthCounts, words: numAuthWords,
		sketches: []uint{authUsersShort: window9m, authUsersLong: window1h, authUsersDay: window10h, authHosts: window1h},
	}
}

// authUserLayout counts failures, and the sources of them.
func authUserLayout() *layout { return &layout{slow: window10h, counts: 1, sketches: []uint{window1h}} }

func (c *Context) updateAuth(row []float32, o *Observation, t int64) {
	row = row[:numAuthContext]
	login := o.Flags&FlagLogin != 0
	failed := o.Flags&FlagFailed != 0
	accepted := login && o.Flags&FlagSuccess != 0

	var s view
	c.source.visit(&s, o.Entity, t)
	events := max(amount(o.Length), 1) // a record may stand for several
	if login && failed {
		events = s.unreported(o, events, t)
	}
	// What failed before an accepted login is read before the login counts.
	row[authSuccessAfter1h], row[authSuccessAfter10h] = 0, 0
	if accepted {
		row[authSuccessAfter1h] = c.log(&s, authFailures, 2)
		row[authSuccessAfter10h] = c.log(&s, authFailures, 3)
	}
	switch {
	case login:
		s.add(authAttempts, events)
		if failed {
			s.add(authFailures, events)
			if o.Item != 0 {
				s.mark(authUsersShort, o.Item)
				s.mark(authUsersLong, o.Item)
				s.mark(authUsersDay, o.Item)
			}
			if o.Flags&FlagMissing != 0 {
				s.add(authUnknown, events)
			}
		}
		if o.Peer != 0 {
			s.mark(authHosts, o.Peer)
		}
	case o.Flags&FlagPrivileged != 0:
		s.add(authPrivilegeUses, events)
		if failed {
			s.add(authPrivilegeFailures, events)
		}
	case o.Flags&FlagAnswerless != 0:
		s.add(authConnects, 1)
	}
	row[authAttempts1m] = c.log(&s, authAttempts, 0)
	row[authAttempts9m] = c.log(&s, authAttempts, 1)
	row[authAttempts1h] = c.log(&s, authAttempts, 2)
	row[authFailures1m] = c.log(&s, authFailures, 0)
	row[authFailures9m] = c.log(&s, authFailures, 1)
	row[authFailures1h] = c.log(&s, authFailures, 2)
	row[authFailures10h] = c.log(&s, authFailures, 3)
	row[authFailureShare] = share(s.count(authFailures, 2), s.count(authAttempts, 2))
	row[authUsers9m] = c.tally.log1p(s.sketch(authUsersShort))
	row[authUsers1h] = c.tally.log1p(s.sketch(authUsersLong))
	row[authUsers10h] = c.tally.log1p(s.sketch(authUsersDay))
	row[authUnknown1h] = c.log(&s, authUnknown, 2)
	row[authUnknown10h] = c.log(&s, authUnknown, 3)
	row[authHosts1h] = c.tally.log1p(s.sketch(authHosts))
	row[authConnects1h] = c.log(&s, authConnects, 2)
	row[authPrivilegeFailures1h] = c.log(&s, authPrivilegeFailures, 2)
	row[authPrivilegeFailures10h] = c.log(&s, authPrivilegeFailures, 3)
	row[authPrivilegeUses9m] = c.log(&s, authPrivilegeUses, 1)

	row[authUserFailures9m], row[authUserFailures1h], row[authUserFailures10h] = 0, 0, 0
	row[authUserSources1h], row[authUserSuccessAfter1h] = 0, 0
	if login && o.Item != 0 {
		var u view
		c.victim.visit(&u, o.Item, t)
		if accepted {
			row[authUserSuccessAfter1h] = c.log(&u, 0, 2)
		}
		if failed {
			u.add(0, events)
			u.mark(0, o.Entity)
		}
		row[authUserFailures9m] = c.log(&u, 0, 1)
		row[authUserFailures1h] = c.log(&u, 0, 2)
		row[authUserFailures10h] = c.log(&u, 0, 3)
		row[authUserSources1h] = c.tally.log1p(u.sketch(0))
	}
}

// unreported returns how many of the failures that a record tells of are news:
// a process tells of one failure in up to three lines, so the count of its
// attempts is the largest of the counts of each kind of line.
func (v *view) unreported(o *Observation, events float32, t int64) float32 {
	if o.Service == 0 {
		return events
	}
	process, reported := v.word(authProcess), v.word(authReported)
	if *process != o.Service || t-v.before > 1<<window9m || *reported>>(reports*reportBits) >= reportMask {
		*process, *reported = o.Service, 0
	}
	shift := reportBits * uint64(o.Report%reports)
	told := min(*reported>>shift&reportMask+uint64(min(events, reportMask)), reportMask)
	*reported = *reported&^(reportMask<<shift) | told<<shift
	counted := *reported >> (reports * reportBits)
	if told <= counted {
		return 0
	}
	*reported = *reported&(1<<(reports*reportBits)-1) | told<<(reports*reportBits)
	return float32(told - counted)
}
