package sdk

// Level is how much a log line matters.
type Level uint32

// Levels.
const (
	Debug Level = iota
	Info
	Warning
	Error
)

// String returns the level's name.
func (l Level) String() string {
	switch l {
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Warning:
		return "warning"
	}
	return "error"
}
