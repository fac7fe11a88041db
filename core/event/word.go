package event

// word is a text that parsers give to fields though no log line holds it:
// `login`, `failure`. Fields are spans of the batch's buffer, so the words
// stand there once a batch, behind the records, and events point at them:
// no event makes the buffer grow for a word.
type word uint8

// The constants are in the order of words; auth.go documents those it exports.
// userRoot is the user of `ROOT LOGIN`.
const (
	noWord word = iota
	actionLogin
	actionLogout
	actionSession
	actionSudo
	actionSu
	actionCommand
	actionAccount
	actionConnect
	actionOther
	outcomeSuccess
	outcomeFailure
	reasonInvalidUser
	reasonBadPassword
	reasonBadKey
	reasonMaxAttempts
	reasonPreauthClose
	reasonNoIdentification
	reasonBadProtocol
	reasonNotInSudoers
	reasonNotAllowed
	reasonRootLogin
	reasonReverseMapping
	reasonRepeated
	reasonUserAdded
	reasonUserChanged
	reasonUserRemoved
	reasonPasswordChanged
	userRoot
	numWords
)

var words = [numWords]string{
	"", ActionLogin, ActionLogout, ActionSession, ActionSudo, ActionSu, ActionCommand, ActionAccount, ActionConnect, ActionOther,
	OutcomeSuccess, OutcomeFailure,
	ReasonInvalidUser, ReasonBadPassword, ReasonBadKey, ReasonMaxAttempts, ReasonPreauthClose, ReasonNoIdentification,
	ReasonBadProtocol, ReasonNotInSudoers, ReasonNotAllowed, ReasonRootLogin, ReasonReverseMapping, ReasonRepeated,
	ReasonUserAdded, ReasonUserChanged, ReasonUserRemoved, ReasonPasswordChanged,
	"root",
}

// wordSpans are the words' places in vocabulary.
var wordSpans = func() (spans [numWords]Span) {
	off := uint32(0)
	for w, text := range words {
		spans[w] = Span{off, uint32(len(text))}
		off += uint32(len(text))
	}
	return spans
}()

// vocabulary is all words in one text.
var vocabulary = func() (all []byte) {
	for _, text := range words {
		all = append(all, text...)
	}
	return all
}()

// word returns the span of a word, after making sure that the batch holds the vocabulary.
func (b *Batch) word(w word) Span {
	if w == noWord {
		return Span{}
	}
	if b.words == 0 {
		b.words = b.Append(vocabulary).Off + 1
	}
	s := wordSpans[w]
	s.Off += b.words - 1
	return s
}
