package event

// What events of kind Auth say happened: the values of event.action. Compare
// the field's bytes with these constants.
const (
	ActionLogin   = "login"   // somebody tried to prove who he is; Outcome says how it went, absent in a remark on an attempt that another line reports
	ActionLogout  = "logout"  // a session ended
	ActionSession = "session" // a session began
	ActionSudo    = "sudo"    // a command under another name; Command holds it, TargetUser the name
	ActionSu      = "su"      // a change of identity; TargetUser holds the new one
	ActionCommand = "command" // a command that a scheduler ran for a user
	ActionAccount = "account" // an account or group was added, changed or removed; TargetUser holds it
	ActionConnect = "connect" // a connection without an attempt to log in
	ActionOther   = "other"   // any other line of a system log
)

// How it went: the values of event.outcome; absent where the line does not say.
const (
	OutcomeSuccess = "success"
	OutcomeFailure = "failure"
)

// Why: the values of event.reason; absent where the line does not say.
const (
	ReasonInvalidUser      = "invalid-user"      // no such account
	ReasonBadPassword      = "bad-password"      // account known or not told, password wrong
	ReasonBadKey           = "bad-key"           // public key, certificate or host key refused
	ReasonMaxAttempts      = "max-attempts"      // more tries than one connection may make
	ReasonPreauthClose     = "preauth-close"     // connection ended before anybody logged in
	ReasonNoIdentification = "no-identification" // client said nothing: a port scan's connection
	ReasonBadProtocol      = "bad-protocol"      // client speaks another protocol, or no common algorithm
	ReasonNotInSudoers     = "not-in-sudoers"    // sudo by somebody who may not use it
	ReasonNotAllowed       = "not-allowed"       // account locked, expired, or barred by the configuration
	ReasonRootLogin        = "root-login"        // direct login of root, allowed or refused
	ReasonReverseMapping   = "reverse-mapping"   // client's name and address contradict each other
	ReasonRepeated         = "repeated"          // summary of further failures; Repeats counts them
	ReasonUserAdded        = "user-added"        // account or group created
	ReasonUserChanged      = "user-changed"      // account or group changed: groups, shell, expiry
	ReasonUserRemoved      = "user-removed"      // account or group deleted
	ReasonPasswordChanged  = "password-changed"  // password set
)
