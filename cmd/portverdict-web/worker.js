"use strict";
// One run in a worker of its own, and the hashing of its files in another: the page ends it to cancel, and keeps it to write the
// result in other formats.
const broken = (e) => postMessage({is: "broken", text: String(e), said: disk.said()});

const start = async ({module, script, sides, wishes}) => {
  const request = JSON.stringify({sides: disk.mount(sides), ...wishes});
  // It ends with this one, and may load no script but one made here.
  disk.hashIn(() => new Worker(URL.createObjectURL(new Blob([script], {type: "text/javascript"}))));
  const go = new Go();
  go.env = {TMPDIR: "/tmp"};
  go.exit = () => {};
  const instance = await WebAssembly.instantiate(module, go.importObject);
  const ended = go.run(instance);
  portverdictRun(request);
  await ended;
  throw new Error("the analysis ended by itself"); // it never does, but after a panic
};

addEventListener("message", ({data}) => {
  if (data.do === "hash") {
    let sum = "";
    try {
      sum = hashing(data.file, disk.drain, (more) => postMessage({id: data.id, more}));
    } catch { } // it cannot be read to its end, which "" says
    postMessage({id: data.id, sum});
    return;
  }
  if (data.do === "write") {
    portverdictWrite(data.id, data.format, data.redacted, data.key);
    return;
  }
  start(data).catch(broken);
});
