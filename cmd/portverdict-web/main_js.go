package main

import (
	"context"
	"encoding/json"
	"syscall/js"
	_ "time/tzdata" // a browser gives no zone
)

// The page's side of this is worker.js: it calls portverdictRun and portverdictWrite, one
// after the other, and passes on what is posted here. A panic ends the program, and the
// worker tells the page.
func main() {
	work := make(chan func())
	var s session
	js.Global().Set("portverdictRun", js.FuncOf(func(_ js.Value, args []js.Value) any {
		text := args[0].String()
		go func() { work <- func() { s.run(text) } }()
		return nil
	}))
	js.Global().Set("portverdictWrite", js.FuncOf(func(_ js.Value, args []js.Value) any {
		id, format, redacted, key := args[0].Int(), args[1].String(), args[2].Bool(), args[3].String()
		go func() { work <- func() { s.print(id, format, redacted, key) } }()
		return nil
	}))
	post(map[string]any{"is": "ready"})
	for do := range work {
		do()
	}
}

func post(message map[string]any, transfer ...any) {
	js.Global().Call("postMessage", message, transfer)
}

// run judges what a request in JSON asks for and posts the answer.
func (s *session) run(text string) {
	var q request
	err := json.Unmarshal([]byte(text), &q)
	var a *answer
	if err == nil {
		a, err = s.judge(context.Background(), &q, func(part float64, line string) {
			post(map[string]any{"is": "progress", "part": part, "line": line})
		})
	}
	if err != nil {
		post(map[string]any{"is": "failed", "text": err.Error()})
		return
	}
	out, err := json.Marshal(a)
	if err != nil {
		panic(err) // there is nothing in it that cannot be written
	}
	post(map[string]any{"is": "judged", "answer": string(out)})
}

// print writes the result and posts its bytes.
func (s *session) print(id int, format string, redacted bool, key string) {
	text, err := s.write(context.Background(), format, redacted, key)
	if err != nil {
		post(map[string]any{"is": "unwritten", "id": id, "text": err.Error()})
		return
	}
	bytes := js.Global().Get("Uint8Array").New(len(text))
	js.CopyBytesToJS(bytes, text)
	post(map[string]any{"is": "written", "id": id, "bytes": bytes}, bytes.Get("buffer"))
}
