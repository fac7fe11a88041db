package host_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/serve"
)

var update = flag.Bool("update", false, "write the table of limits of SECURITY.md")

// limit is a bound with a name.
type limit struct{ name, value, says string }

// TestLimitsAreListed holds the table of limits in SECURITY.md to the code: it
// is made from the constants' names, values and comments. go test ./host -run
// Limits -update writes it.
func TestLimitsAreListed(t *testing.T) {
	var table strings.Builder
	table.WriteString("| limit | default | what it bounds |\n|---|---|---|\n")
	list := append(constants(t), configured()...)
	for _, l := range list {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", l.name, l.value, l.says)
	}
	for _, name := range []string{
		"core/event.DefaultMaxLine", "core/event.DefaultMaxFields", "core/event.DefaultMaxDepth", "core/event.MaxBatchRecords",
		"core/feature.MaxEntities", "core/feature.MaxValues", "core/model.MaxBytes", "host/internal/input.MaxWindow", "limits.ratio", "limits.body",
	} {
		if !slices.ContainsFunc(list, func(l limit) bool { return l.name == name }) {
			t.Errorf("%s is not found", name)
		}
	}
	const file, begin, end = "../SECURITY.md", "<!-- limits -->\n", "<!-- end of limits -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	now, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s has no place for the limits", file)
	}
	switch {
	case now == table.String():
	case *update:
		if err := os.WriteFile(file, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the limits of %s are not those of the code: go test ./host -run Limits -update", file)
	}
}

// configured are the limits that serve's configuration sets.
func configured() []limit {
	says := map[string]string{
		"body": "bytes of a request, as sent", "inflated": "bytes of a request, unpacked", "ratio": "of the two",
		"memory": "bytes of all requests at work", "concurrency": "requests at work", "viewers": "streams of incidents",
		"header_time": "until the head of a request is there", "read_time": "until its body is", "store_time": "until a batch counts as not stored",
	}
	v := reflect.ValueOf(serve.Default().Limits)
	var out []limit
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		value := ""
		if d, ok := v.Field(i).Interface().(time.Duration); ok {
			value = d.String()
		} else {
			value = number(v.Field(i).Int())
		}
		out = append(out, limit{"limits." + name, value, says[name]})
	}
	return out
}

// number writes a whole number as people read it.
func number(n int64) string {
	for _, unit := range []struct {
		shift int
		name  string
	}{{30, "Gi"}, {20, "Mi"}, {10, "Ki"}} {
		if size := int64(1) << unit.shift; n >= size && n%size == 0 && n>>unit.shift < 1<<16 {
			return strconv.FormatInt(n>>unit.shift, 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// source is the constants of a package, by name.
type source struct {
	folder string
	values map[string]ast.Expr
	says   map[string]string
}

// constants returns the exported constants that are called Max or Default
// something, of all packages that read what others wrote.
func constants(t *testing.T) []limit {
	t.Helper()
	sources := map[string]*source{} // by the last element of the path
	var folders []string
	for _, root := range []string{"core", "plugins", "host"} {
		err := filepath.WalkDir("../"+root, func(path string, d os.DirEntry, err error) error {
			folder := strings.TrimPrefix(filepath.ToSlash(path), "../")
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || folder == "core/train" || folder == "plugins/learners" || strings.HasSuffix(folder, "test")):
				return filepath.SkipDir
			case d.IsDir():
				folders = append(folders, folder)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range folders {
		if s := read(t, folder); len(s.values) > 0 {
			sources[filepath.Base(folder)] = s
		}
	}
	var out []limit
	for _, folder := range folders {
		s := sources[filepath.Base(folder)]
		if s == nil || s.folder != folder {
			continue
		}
		var names []string
		for name := range s.values {
			if strings.HasPrefix(name, "Max") || strings.HasPrefix(name, "Default") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			v := evaluate(sources, s, s.values[name], 0)
			var value string
			switch {
			case v.Kind() == constant.Unknown || v.Kind() == constant.String || v.Kind() == constant.Bool:
				continue
			case strings.HasSuffix(name, "Time") || strings.Contains(s.says[name]+name, "Pause") || name == "DefaultRest":
				n, _ := constant.Int64Val(constant.ToInt(v))
				value = time.Duration(n).String()
			case constant.ToInt(v).Kind() == constant.Int:
				n, _ := constant.Int64Val(constant.ToInt(v))
				value = number(n)
			default:
				f, _ := constant.Float64Val(v)
				value = strconv.FormatFloat(f, 'g', -1, 64)
			}
			if s.says[name] == "" {
				t.Errorf("%s.%s has no comment", folder, name)
			}
			out = append(out, limit{folder + "." + name, value, s.says[name]})
		}
	}
	return out
}

// read parses the package in a folder.
func read(t *testing.T, folder string) *source {
	t.Helper()
	s := &source{folder, map[string]ast.Expr{}, map[string]string{}}
	files, err := filepath.Glob("../" + folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, id := range v.Names {
					if i >= len(v.Values) {
						continue
					}
					s.values[id.Name] = v.Values[i]
					for _, c := range []*ast.CommentGroup{v.Doc, v.Comment, g.Doc} {
						if c != nil && s.says[id.Name] == "" {
							s.says[id.Name] = sentence(id.Name, c.Text())
						}
					}
				}
			}
		}
	}
	return s
}

// sentence is what a comment says first, as text of a table.
func sentence(name, text string) string {
	var p comment.Parser
	text = strings.Join(strings.Fields(string((&comment.Printer{TextWidth: -1}).Text(p.Parse(text)))), " ")
	for _, verb := range []string{" is ", " bounds "} {
		text = strings.TrimPrefix(text, name+verb)
	}
	if end := strings.Index(text, ". "); end > 0 {
		text = text[:end]
	}
	return strings.ReplaceAll(strings.TrimSuffix(text, "."), "|", "\\|")
}

// evaluate returns the value of a constant expression, unknown for what is not
// made of numbers and other constants.
func evaluate(all map[string]*source, s *source, e ast.Expr, depth int) constant.Value {
	unknown := constant.MakeUnknown()
	if depth > 20 {
		return unknown
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0)
	case *ast.ParenExpr:
		return evaluate(all, s, e.X, depth+1)
	case *ast.Ident:
		if v, ok := s.values[e.Name]; ok {
			return evaluate(all, s, v, depth+1)
		}
	case *ast.SelectorExpr:
		from, ok := e.X.(*ast.Ident)
		if !ok {
			return unknown
		}
		if from.Name == "time" {
			unit := map[string]time.Duration{"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
			return constant.MakeInt64(int64(unit[e.Sel.Name]))
		}
		if other := all[from.Name]; other != nil && other.values[e.Sel.Name] != nil {
			return evaluate(all, other, other.values[e.Sel.Name], depth+1)
		}
	case *ast.BinaryExpr:
		x, y := evaluate(all, s, e.X, depth+1), evaluate(all, s, e.Y, depth+1)
		if x.Kind() == constant.Unknown || y.Kind() == constant.Unknown {
			return unknown
		}
		if e.Op == token.SHL {
			n, _ := constant.Uint64Val(y)
			return constant.Shift(x, e.Op, uint(n))
		}
		return constant.BinaryOp(x, e.Op, y)
	}
	return unknown
}
