package synth

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The page on recipes names every field there is, and its recipe is one.
func TestDocumentedRecipe(t *testing.T) {
	text, err := os.ReadFile("../../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, _ := strings.Cut(string(text), "```yaml\n")
	recipe, _, _ = strings.Cut(recipe, "```")
	if _, err := Read(strings.NewReader(recipe)); err != nil {
		t.Errorf("%v in\n%s", err, recipe)
	}
	var fields func(reflect.Type)
	fields = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of.PkgPath() == "time" {
			return
		}
		for field := range of.Fields() {
			if name := field.Tag.Get("yaml"); !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("%s of %s is not on the page", name, of)
			}
			fields(field.Type)
		}
	}
	fields(reflect.TypeFor[Recipe]())
	for _, status := range slices.Concat(slices.Collect(maps.Keys(refusals)), slices.Collect(maps.Keys(failures))) {
		if !strings.Contains(string(text), "`"+status+"`") {
			t.Errorf("%s is not on the page", status)
		}
	}
}
