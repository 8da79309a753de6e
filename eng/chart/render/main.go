// Renders the chart as helm template does, for machines that have no helm: the same language (text/template), the same functions (sprig), the same
// rules for values. It knows what this chart uses of helm's own functions, and no more.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run eng/chart/render/main.go CHART RELEASE [VALUES…]
//
// It takes Debian's golang-go, golang-github-masterminds-sprig-dev and golang-k8s-sigs-yaml-dev.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type values = map[string]interface{}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("name the chart's folder and the release")
	}
	chart, release := arguments[0], arguments[1]
	about, err := read(filepath.Join(chart, "Chart.yaml"))
	if err != nil {
		return err
	}
	merged, err := read(filepath.Join(chart, "values.yaml"))
	if err != nil {
		return err
	}
	for _, file := range arguments[2:] {
		over, err := read(file)
		if err != nil {
			return err
		}
		merge(merged, over)
	}

	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root))
	names, err := parse(root, chart)
	if err != nil {
		return err
	}
	data := values{
		"Values":  merged,
		"Chart":   fieldsOf(about),
		"Release": values{"Name": release, "Namespace": "default", "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
	}
	for _, name := range names {
		data["Template"] = values{"Name": name, "BasePath": "stagedoor/templates"}
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, name, data); err != nil {
			return err
		}
		// What is missing is nothing, as helm has it.
		text := strings.ReplaceAll(out.String(), "<no value>", "")
		if strings.TrimSpace(text) != "" {
			fmt.Printf("---\n# Source: %s\n%s\n", name, text)
		}
	}
	return nil
}

func read(file string) (values, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := values{}
	if err := yaml.UnmarshalStrict(text, &found); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

// Tables are merged, anything else is replaced, and null takes a default away.
func merge(into, over values) {
	for key, value := range over {
		table, isTable := value.(values)
		known, wasTable := into[key].(values)
		switch {
		case value == nil:
			delete(into, key)
		case isTable && wasTable:
			merge(known, table)
		default:
			into[key] = value
		}
	}
}

// Chart.yaml's members are known by the names of helm's fields.
func fieldsOf(about values) values {
	chart := values{}
	for key, value := range about {
		chart[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return chart
}

func parse(root *template.Template, chart string) ([]string, error) {
	var names []string
	err := filepath.Walk(filepath.Join(chart, "templates"), func(file string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(chart, file)
		if err != nil {
			return err
		}
		name := "stagedoor/" + filepath.ToSlash(inside)
		if !strings.HasPrefix(filepath.Base(file), "_") {
			names = append(names, name)
		}
		_, err = root.New(name).Parse(string(text))
		return err
	})
	sort.Strings(names)
	return names, err
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	// A chart sees nothing of the machine that renders it.
	delete(all, "env")
	delete(all, "expandenv")
	all["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all["required"] = func(warning string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(warning)
		}
		return value, nil
	}
	return all
}
