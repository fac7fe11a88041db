package train

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Columns names the columns that hold labels: what LabelBy reads. Only Label
// is required.
type Columns struct {
	Label string
	Type  string // type of threat; default: the label's own text where it names one
	Group string
	Site  string
	// Where keeps the records whose columns have these texts; others are left
	// out, but pass through the context windows.
	Where map[string]string
}

// LabelBy returns a Label function that reads columns. A record without the
// label column is left out when labels stand beside the log, since such files
// need not label every line, and what they do not label is not labelled by a
// column of the log either; anywhere else it is an error.
func LabelBy(c Columns) func(r *Record) (Label, error) {
	return func(r *Record) (Label, error) {
		for name, want := range c.Where {
			if got, _ := r.Column(name); got != want {
				return Label{Y: -1}, nil
			}
		}
		text, ok := r.Column(c.Label)
		if r.beside != nil && (!ok || r.beside.lacks(r.Line, c.Label)) {
			return Label{Y: -1}, nil
		}
		if !ok {
			return Label{}, fmt.Errorf("no column %s", strconv.Quote(c.Label))
		}
		y, typ, err := ParseLabel(text)
		if err != nil {
			return Label{}, err
		}
		l := Label{Y: y, Type: typ}
		if c.Type != "" {
			if t, ok := r.Column(c.Type); ok {
				l.Type = t
			}
		}
		if c.Group != "" {
			l.Group, _ = r.Column(c.Group)
		}
		if c.Site != "" {
			l.Site, _ = r.Column(c.Site)
		}
		return l, nil
	}
}

// maxLabel bounds the text of a label that names a type.
const maxLabel = 100

var errLabel = errors.New("label is a number other than 1, 0 and -1, or too long")

// ParseLabel reads a label: 1 and its like are a threat, 0 and its like are
// normal, -1 and its like (nothing, background, unknown) mean "leave out". Any
// other word is a threat of that type, as sets that label by type have it.
func ParseLabel(text string) (y int8, typ string, err error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "1", "true", "attack", "malicious", "threat", "bad", "anomalous":
		return 1, "", nil
	case "0", "false", "normal", "benign", "good", "legitimate", "legit":
		return 0, "", nil
	case "-1", "", "-", "background", "unknown", "unlabelled", "unlabeled", "outlier":
		return -1, "", nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil || len(text) > maxLabel {
		return 0, "", errLabel
	}
	return 1, text, nil
}
