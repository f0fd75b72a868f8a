"use strict";
(() => {
  // A plus only: without it the page says the same and every part opens by hand.
  const button = (text, label, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    if (label) b.setAttribute("aria-label", label);
    b.addEventListener("click", () => act(b));
    return b;
  };
  const copy = async (text, from) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(from);
      document.execCommand("copy");
    }
  };
  for (const code of document.querySelectorAll("code.cmd")) {
    const text = code.textContent;
    code.after(button("copy", "copy " + text, async (b) => {
      await copy(text, code);
      b.textContent = "copied";
      setTimeout(() => (b.textContent = "copy"), 1500);
    }));
  }
  const findings = [...document.querySelectorAll("details.finding")];
  const head = document.querySelector(".over");
  if (head && findings.length > 1) {
    head.append(button("open all", "", (b) => {
      const open = b.textContent === "open all";
      for (const d of findings) d.open = open;
      b.textContent = open ? "close all" : "open all";
    }));
  }
  // Browsers that do not know ::details-content print what is open only.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of closed) d.open = false;
  });
})();
