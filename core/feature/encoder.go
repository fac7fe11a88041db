package feature

import "github.com/tiercel/tiercel/core/event"

// KindError says that no encoder is made for a kind alone.
type KindError event.Kind

func (e KindError) Error() string {
	return "feature: no encoder for events of kind " + event.Kind(e).String()
}

// EncoderFor returns the encoder that computes the rows of a schema: of its
// kind, and with the values that it asks for.
func EncoderFor(s *Schema) (Encoder, error) {
	switch {
	case s.Kind == event.Table:
		return NewTable(s.Table, s.Names)
	case s.Kind == event.HTTP && s.Whole:
		return NewWholeHTTP(), nil
	}
	return EncoderOf(s.Kind)
}

// EncoderOf returns the encoder of a kind. Table has none without its columns:
// see NewTable.
func EncoderOf(k event.Kind) (Encoder, error) {
	switch k {
	case event.HTTP:
		return NewHTTP(), nil
	case event.Flow:
		return NewFlow(), nil
	case event.DNS:
		return NewDNS(), nil
	case event.Auth:
		return NewAuth(), nil
	}
	return nil, KindError(k)
}
