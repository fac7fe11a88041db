package module

import "github.com/tiercel/tiercel/host/internal/guest"

// What a module does wrong is counted and named as what a process does.
type (
	Reason = guest.Reason
	Fault  = guest.Fault
	Count  = guest.Count
)

// Reasons that modules give.
const (
	Refused   = guest.Refused
	Exhausted = guest.Exhausted
	Trapped   = guest.Trapped
	Status    = guest.Status
	Memory    = guest.Memory
	Changed   = guest.Changed
	Resting   = guest.Resting
	Oversized = guest.Oversized
	Improper  = guest.Improper
)

func refused(plugin, format string, args ...any) *Fault { return guest.Refuse(plugin, format, args...) }
