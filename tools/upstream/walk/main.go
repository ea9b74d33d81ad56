// Copyright (c) 2026, The registrar.consul authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Prints the types of Consul's API client that a registration is made of, as JSON: "types" has the fields of each struct by
// their names in JSON, "values" the constants of each named text type. It is told the version and the folder of the client.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/consul/api"
)

type report struct {
	Client string                       `json:"client"`
	Types  map[string]map[string]string `json:"types"`
	Values map[string][]string          `json:"values"`
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: walk VERSION FOLDER"))
	}
	found := report{os.Args[1], map[string]map[string]string{}, map[string][]string{}}
	roots := []any{api.AgentServiceRegistration{}, api.AgentServiceCheck{}, api.AgentCheckRegistration{}}
	for _, root := range roots {
		found.describe(reflect.TypeOf(root))
	}
	if err := found.readConstants(os.Args[2]); err != nil {
		fail(err)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(found); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// describe names a type in one word, and enters what is behind the name.
func (r report) describe(kind reflect.Type) string {
	switch kind.Kind() {
	case reflect.Pointer:
		return r.describe(kind.Elem())
	case reflect.Slice, reflect.Array:
		return "[]" + r.describe(kind.Elem())
	case reflect.Map:
		return "map[" + r.describe(kind.Key()) + "]" + r.describe(kind.Elem())
	case reflect.Interface:
		return "any"
	case reflect.Struct:
		if _, known := r.Types[kind.Name()]; !known {
			fields := map[string]string{}
			r.Types[kind.Name()] = fields
			r.enter(kind, fields)
		}
		return kind.Name()
	case reflect.String:
		if kind.Name() != "string" {
			r.Values[kind.Name()] = []string{}
		}
		return kind.Name()
	default:
		return kind.Kind().String()
	}
}

func (r report) enter(kind reflect.Type, fields map[string]string) {
	for number := 0; number < kind.NumField(); number++ {
		field := kind.Field(number)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case field.Anonymous && name == "":
			r.enter(field.Type, fields)
		case name == "":
			fields[field.Name] = r.describe(field.Type)
		default:
			fields[name] = r.describe(field.Type)
		}
	}
}

// readConstants looks into the source: a running program does not know the constants of a type.
func (r report) readConstants(folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("%s: no source of the client there", folder)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, r.constant)
	}
	for _, values := range r.Values {
		sort.Strings(values)
	}
	return nil
}

func (r report) constant(node ast.Node) bool {
	spec, isValue := node.(*ast.ValueSpec)
	if !isValue {
		return true
	}
	kind, isNamed := spec.Type.(*ast.Ident)
	if !isNamed {
		return true
	}
	values, wanted := r.Values[kind.Name]
	for _, value := range spec.Values {
		literal, isLiteral := value.(*ast.BasicLit)
		if !wanted || !isLiteral {
			continue
		}
		if text, err := strconv.Unquote(literal.Value); err == nil {
			values = append(values, text)
		}
	}
	if wanted {
		r.Values[kind.Name] = values
	}
	return true
}
