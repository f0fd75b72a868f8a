"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, more) => Object.assign(document.createElement(tag), {textContent: text ?? ""}, more);
  const script = $("worker").textContent;
  const workerURL = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
  const sides = [[], []]; // of each a list of things: {name, files: [{path, file}]}
  let run = null; // the one that goes on or whose result is shown

  // The digits of base 85 are the signs of ASCII but these.
  const digits = new Uint8Array(127);
  for (let c = 33, n = 0; c < 127; c++) if (!"\"&'<>\\`{}".includes(String.fromCharCode(c))) digits[c] = n++;

  // unpack gives what the page carries compressed, as a stream.
  const unpack = (id) => {
    const text = $(id).textContent;
    $(id).remove();
    const bytes = new Uint8Array(Math.floor(text.length * 4 / 5));
    for (let i = 0, o = 0; i < text.length; i += 5) {
      let v = 0;
      for (let k = i; k < i + 5; k++) v = v * 85 + (k < text.length ? digits[text.charCodeAt(k)] : 84);
      for (let k = 24; k >= 0 && o < bytes.length; k -= 8) bytes[o++] = v / 2 ** k;
    }
    return new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  };
  // The program is compiled once and used for every run.
  const program = WebAssembly.compileStreaming(new Response(unpack("wasm"), {headers: {"Content-Type": "application/wasm"}}));
  program.catch(() => {}); // told when a run wants it
  new Response(unpack("texts")).text().then((text) => { $("parts").textContent = text; });

  // ---- What is said

  const say = (text, details) => {
    const box = make("div", text, {className: "said"});
    if (details) {
      const more = make("details");
      more.append(make("summary", "For a report of this fault"), make("pre", details));
      box.append(more);
    }
    $("alert").replaceChildren(box);
  };
  const hush = () => $("alert").replaceChildren();
  const size = (n) => {
    const units = ["B", "KB", "MB", "GB"];
    let unit = 0;
    for (; n >= 999.5 && unit < 3; unit++) n /= 1000;
    return `${n.toFixed(unit > 2 ? 1 : 0)} ${units[unit]}`;
  };

  // ---- What is given

  const maxFiles = 100000;
  const clean = (name) => {
    const text = name.replaceAll(/[/\0]/g, "_").toWellFormed();
    return text === "" || text === "." || text === ".." ? "_" : text;
  };
  const tooMany = (files) => {
    if (files.length > maxFiles) throw new Error(`There are more than ${maxFiles.toLocaleString("en")} files in this folder: give the files that matter.`);
  };

  const walkHandle = async (folder, path, files) => {
    for await (const handle of folder.values()) {
      tooMany(files);
      const below = [...path, clean(handle.name)];
      if (handle.kind === "directory") await walkHandle(handle, below, files);
      else files.push({path: below, file: await handle.getFile()});
    }
  };
  const walkEntry = async (folder, path, files) => {
    const list = folder.createReader();
    for (;;) { // a part of them each time
      const entries = await new Promise((ok, no) => list.readEntries(ok, no));
      if (entries.length === 0) return;
      for (const entry of entries) {
        tooMany(files);
        const below = [...path, clean(entry.name)];
        if (entry.isDirectory) await walkEntry(entry, below, files);
        else files.push({path: below, file: await new Promise((ok, no) => entry.file(ok, no))});
      }
    }
  };
  const fileThing = (file) => ({name: clean(file.name), files: [{path: [], file}]});

  // thingOf makes a thing of what was dropped: by its handle, which gives folders in
  // Chromium, by its entry, which gives them elsewhere, or as a plain file.
  const thingOf = async ({handle, entry, file}) => {
    const found = await handle;
    const files = [];
    if (found?.kind === "directory") {
      await walkHandle(found, [], files);
      return {name: clean(found.name), files};
    }
    if (found) return fileThing(await found.getFile());
    if (entry?.isDirectory) {
      await walkEntry(entry, [], files);
      return {name: clean(entry.name), files};
    }
    if (file) return fileThing(file);
    throw new Error("nothing that can be read");
  };
  const thingsDropped = (transfer) => {
    // All of it before the first wait: after it the transfer is empty.
    const items = [...transfer.items].filter((i) => i.kind === "file").map((i) => ({
      handle: i.getAsFileSystemHandle?.().catch(() => null), entry: i.webkitGetAsEntry?.(), file: i.getAsFile(),
    }));
    return Promise.all(items.map(thingOf));
  };
  // thingsPicked makes things of the files of a chosen folder or of chosen files.
  const thingsPicked = (list) => {
    const folders = new Map();
    const things = [];
    for (const file of list) {
      const path = file.webkitRelativePath.split("/").filter((n) => n !== "").map(clean);
      if (path.length < 2) {
        things.push(fileThing(file));
        continue;
      }
      if (!folders.has(path[0])) {
        folders.set(path[0], {name: path[0], files: []});
        things.push(folders.get(path[0]));
      }
      folders.get(path[0]).files.push({path: path.slice(1), file});
    }
    return things;
  };

  const compares = () => document.querySelector("input[name=how]:checked").value === "two";

  // take gives a side what was dropped or chosen, and begins when nothing is wanting.
  const take = async (side, gathering, add) => {
    end();
    hush();
    try {
      const things = await gathering;
      if (things.length === 0) return;
      sides[side] = add ? [...sides[side], ...things] : things;
    } catch (e) {
      say(`This could not be read: ${e.message}. Choose it with the buttons instead.`);
      return;
    }
    show(side);
    if (!add) forgetWishes();
    if (sides.every((s, i) => s.length > 0 || (i > 0 && !compares()))) await begin();
  };
  const show = (side) => {
    const shown = sides[side].slice(0, 100).map((thing) => {
      const row = make("li");
      const total = thing.files.reduce((n, f) => n + f.file.size, 0);
      const folder = thing.files.length !== 1 || thing.files[0].path.length > 0;
      row.append(make("b", thing.name), make("span", folder ? `${thing.files.length.toLocaleString("en")} files, ${size(total)}` : size(total)));
      return row;
    });
    if (sides[side].length > 100) shown.push(make("li", `and ${sides[side].length - 100} more`));
    $(`list${side}`).replaceChildren(...shown);
    $(`more${side}`).hidden = sides[side].length === 0;
  };

  // ---- A run

  // end ends the run and its result; without a run it does nothing.
  const end = () => {
    run?.worker.terminate();
    run = null;
    $("run").hidden = $("result").hidden = true;
    $("frame").replaceChildren();
  };
  const wishes = () => ({
    zone: $("zone").value.trim(), tcp: $("tcp").value.trim(), udp: $("udp").value.trim(), host: compares() ? "" : $("host").value,
  });
  const forgetWishes = () => {
    for (const id of ["zone", "tcp", "udp"]) $(id).value = "";
    $("host").replaceChildren();
  };

  const begin = async () => {
    const asked = {wishes: wishes(), sides: compares() ? sides : sides.slice(0, 1)};
    end();
    hush();
    const mine = {worker: new Worker(workerURL), began: performance.now(), writing: new Map(), told: 0};
    run = mine;
    $("run").hidden = false;
    $("bar").removeAttribute("value");
    $("line").textContent = "Starting";
    $("status").textContent = "Reading";
    $("rh").focus();
    mine.worker.onmessage = ({data}) => { if (run === mine) heard[data.is](mine, data); };
    mine.worker.onerror = (e) => { e.preventDefault(); if (run === mine) heard.broken(mine, {text: e.message, said: ""}); };
    try {
      const module = await program;
      if (run === mine) mine.worker.postMessage({do: "run", module, script, ...asked});
    } catch (e) {
      if (run !== mine) return;
      end();
      say(`This browser cannot run the program in this page (${e.message}). A current Chromium, Edge or Firefox can; a company’s policy may forbid WebAssembly. The command line does the same.`);
    }
  };

  const heard = {
    ready: () => {},
    progress: (mine, {part, line}) => {
      if (line === "") return;
      $("bar").value = part;
      $("line").textContent = line;
      if (performance.now() - mine.told < 10000) return; // who listens wants it less often
      mine.told = performance.now();
      $("status").textContent = line;
    },
    failed: (mine, {text}) => {
      end();
      say(text.charAt(0).toUpperCase() + text.slice(1) + (/[.:]$/.test(text) ? "" : "."));
    },
    broken: (mine, {text, said}) => {
      end();
      const memory = /out of memory|allocation failed|Out of bounds memory/i.test(text + said);
      say(memory ? "This tab has no memory left for these files. Give fewer of them, or use the command line." :
        "The program has a fault and ended. Nothing is lost but this run: the page goes on. Other files may do, and the command line says more.", `${text}\n${said}`.trim());
    },
    judged: (mine, {answer}) => result(mine, JSON.parse(answer)),
    written: (mine, {id, bytes}) => settle(mine, id).ok(bytes),
    unwritten: (mine, {id, text}) => settle(mine, id).no(new Error(text)),
  };
  const settle = (mine, id) => {
    const waiting = mine.writing.get(id);
    mine.writing.delete(id);
    return waiting;
  };
  let ids = 0;
  // write gives the bytes of the result in a format, as the boxes say.
  const write = (mine, format) => new Promise((ok, no) => {
    mine.writing.set(++ids, {ok, no});
    mine.worker.postMessage({do: "write", id: ids, format, redacted: $("redact").checked, key: $("key").value});
  });

  // ---- The result

  const forms = {
    html: {label: "HTML", one: "report.html", two: "comparison.html", type: "text/html"}, json: {label: "JSON", one: "verdict.json", two: "comparison.json", type: "application/json"},
    md: {label: "Markdown", one: "report.md", type: "text/markdown"}, csv: {label: "CSV of the evidence", one: "evidence.csv", type: "text/csv"},
    txt: {label: "Text", two: "comparison.txt", type: "text/plain"},
  };
  const blobURL = (bytes, type) => {
    const url = URL.createObjectURL(new Blob([bytes], {type: `${type};charset=utf-8`}));
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    return url;
  };
  const save = async (mine, format) => {
    try {
      const form = forms[format];
      const bytes = await write(mine, format);
      make("a", "", {href: blobURL(bytes, form.type), download: mine.two ? form.two : form.one}).click();
      $("status").textContent = `${form.label} written`;
    } catch (e) {
      say(e.message);
    }
  };
  const draw = async (mine) => {
    try {
      const bytes = await write(mine, "html");
      if (run !== mine) return;
      const frame = make("iframe", "", {title: mine.two ? "The comparison" : "The report", src: blobURL(bytes, "text/html")});
      frame.sandbox = "allow-scripts";
      $("frame").replaceChildren(frame);
      hush();
    } catch (e) {
      say(e.message);
    }
  };

  const result = (mine, answer) => {
    mine.two = answer.formats.includes("txt");
    $("run").hidden = true;
    $("result").hidden = false;
    $("resh").textContent = mine.two ? "The comparison" : "The verdict";
    $("summary").textContent = answer.summary;
    $("took").textContent = `in ${((performance.now() - mine.began) / 1000).toFixed(1)} s`;
    $("status").textContent = answer.summary;
    $("faults").replaceChildren(...answer.faults.map((f) => make("p", f, {className: "said"})));
    $("saves").replaceChildren(make("span", "Save as"), ...answer.formats.map((format) => make("button", forms[format].label, {type: "button", onclick: () => save(mine, format)})));
    const asks = [answer.zone, answer.range].filter((a) => a !== "");
    $("asked").textContent = asks.length > 0 ? `The report asks: ${asks.join("; ")}.` : "";
    $("wishes").open = asks.length > 0;
    const was = $("host").value;
    $("hosts").hidden = answer.hosts.length === 0 && was === "";
    if (answer.hosts.length > 0) {
      $("host").replaceChildren(make("option", "the worst of all", {value: ""}), ...answer.hosts.map((h) => make("option", h, {value: h})));
      $("host").value = was;
    }
    $("resh").focus();
    $("result").scrollIntoView();
    draw(mine);
  };

  // ---- What is clicked and dropped

  for (const side of [0, 1]) {
    for (const [button, input, add] of [["files", "pick", false], ["folder", "pickfolder", false], ["more", "pickmore", true]]) {
      const field = $(input + side);
      $(button + side).addEventListener("click", () => field.click());
      field.addEventListener("change", () => {
        const things = thingsPicked(field.files);
        field.value = "";
        take(side, things, add);
      });
    }
  }
  for (const radio of document.querySelectorAll("input[name=how]")) {
    radio.addEventListener("change", () => {
      end();
      hush();
      $("zone1").hidden = !compares();
      $("zh0").textContent = compares() ? "Before" : "One bundle";
    });
  }
  $("cancel").addEventListener("click", () => {
    end();
    $("status").textContent = "Cancelled";
    $("give").focus();
  });
  $("again").addEventListener("submit", (e) => {
    e.preventDefault();
    begin();
  });
  for (const id of ["redact", "key"]) $(id).addEventListener("change", () => { if (run && (id === "redact" || $("redact").checked)) draw(run); });
  $("known").append(...(Intl.supportedValuesOf?.("timeZone") ?? []).map((z) => make("option", "", {value: z})));

  const zoneAt = (target) => (compares() ? [0, 1].find((i) => $(`zone${i}`).contains(target)) : 0);
  const mark = (target) => {
    document.body.classList.toggle("over", target !== null);
    for (const i of [0, 1]) $(`zone${i}`).classList.toggle("here", target !== null && zoneAt(target) === i);
  };
  addEventListener("dragover", (e) => { e.preventDefault(); mark(e.target); });
  addEventListener("dragleave", (e) => { if (!e.relatedTarget) mark(null); });
  addEventListener("drop", (e) => {
    e.preventDefault();
    mark(null);
    const side = zoneAt(e.target);
    if (side === undefined) say("Drop it on Before or on After.");
    else take(side, thingsDropped(e.dataTransfer), false);
  });
})();
