// The oracle renders templates with the libraries that Helm is made of. It reads cases as JSON lines and answers each with one.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type question struct {
	Template string `json:"template"`
	Values   string `json:"values"`
	Strict   bool   `json:"strict"`
}

type answer struct {
	Output string `json:"output"`
	Error  string `json:"error"`
}

func toYaml(v interface{}) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func functions(t *template.Template, missing string) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["toYaml"] = toYaml
	all["fromYaml"] = func(text string) map[string]interface{} {
		m := map[string]interface{}{}
		if err := yaml.Unmarshal([]byte(text), &m); err != nil {
			m["Error"] = err.Error()
		}
		return m
	}
	all["fromYamlArray"] = func(text string) []interface{} {
		a := []interface{}{}
		if err := yaml.Unmarshal([]byte(text), &a); err != nil {
			a = []interface{}{err.Error()}
		}
		return a
	}
	all["toJson"] = func(v interface{}) string {
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(data)
	}
	all["fromJson"] = func(text string) map[string]interface{} {
		m := make(map[string]interface{})
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			m["Error"] = err.Error()
		}
		return m
	}
	all["fromJsonArray"] = func(text string) []interface{} {
		a := []interface{}{}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			a = []interface{}{err.Error()}
		}
		return a
	}
	all["required"] = func(warning string, v interface{}) (interface{}, error) {
		if v == nil || v == "" {
			return v, fmt.Errorf("%s", warning)
		}
		return v, nil
	}
	all["lookup"] = func(string, string, string, string) (map[string]interface{}, error) {
		return map[string]interface{}{}, nil
	}
	all["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := t.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := t.Clone()
		if err != nil {
			return "", err
		}
		clone.Funcs(functions(clone, missing))
		clone.Option(missing)
		inner, err := clone.New("gotpl").Parse(text)
		if err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", text, err)
		}
		var out strings.Builder
		if err := inner.Execute(&out, data); err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
		}
		return strings.ReplaceAll(out.String(), "<no value>", ""), nil
	}
	return all
}

func render(q question) (a answer) {
	values := map[string]interface{}{}
	if err := yaml.Unmarshal([]byte(q.Values), &values); err != nil {
		return answer{Error: "values: " + err.Error()}
	}
	t := template.New("gotpl")
	missing := "missingkey=zero"
	if q.Strict {
		missing = "missingkey=error"
	}
	t.Funcs(functions(t, missing))
	t.Option(missing)
	if _, err := t.New("case").Parse(q.Template); err != nil {
		return answer{Error: err.Error()}
	}
	var out strings.Builder
	err := t.ExecuteTemplate(&out, "case", map[string]interface{}{
		"Values":  values,
		"Release": map[string]interface{}{"Name": "demo", "Namespace": "apps", "Revision": 1, "IsInstall": true, "IsUpgrade": false, "Service": "Helm"},
	})
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Output: out.String()}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(in)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(render(q)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
