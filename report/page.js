"use strict";
(() => {
  // A plus only: without it the page says the same and every part opens by hand.
  const all = (query, from = document) => [...from.querySelectorAll(query)];
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
  for (const box of all(".cmd")) {
    const code = box.querySelector("code"), text = code.textContent;
    box.append(button("Copy", "Copy: " + text.slice(0, 60), async (b) => {
      await copy(text, code);
      b.textContent = "Copied";
      setTimeout(() => (b.textContent = "Copy"), 1500);
    }));
  }
  // A head sorts by its column, numbers as numbers; the rows of a sum stay where they are.
  const value = (row, i) => row.cells[i] ? row.cells[i].textContent.trim() : "";
  const compare = (a, b) => {
    const x = a.replace(/,/g, ""), y = b.replace(/,/g, "");
    if (/^[-+]?[\d.]/.test(x) && /^[-+]?[\d.]/.test(y) && !/[:-]\d/.test(x)) return parseFloat(x) - parseFloat(y);
    return a < b ? -1 : a > b ? 1 : 0;
  };
  for (const table of all("table.sort")) {
    const body = table.tBodies[0];
    if (body.rows.length < 3) continue;
    const heads = all("thead th", table);
    heads.forEach((th, i) => {
      const name = th.textContent, b = button("", "", () => {
        const down = th.getAttribute("aria-sort") === "ascending";
        for (const h of heads) h.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].filter((r) => !r.classList.contains("gap"));
        rows.sort((p, q) => (down ? -1 : 1) * compare(value(p, i), value(q, i)));
        body.append(...rows);
      });
      b.className = "by";
      b.append(...th.childNodes);
      b.title = "Sort by " + name;
      th.append(b);
    });
  }
  // What is typed leaves the findings and rows that say it.
  for (const section of all(".findings")) {
    const findings = all("details.finding", section), head = section.querySelector(".hd");
    if (findings.length < 2) continue;
    const field = document.createElement("input");
    field.type = "search";
    field.name = "filter";
    field.placeholder = "Filter";
    field.setAttribute("aria-label", "Show the findings and rows that have this text");
    field.addEventListener("input", () => {
      const want = field.value.trim().toLowerCase();
      const has = (e) => e.textContent.toLowerCase().includes(want);
      for (const d of findings) {
        const rows = all(".ev tbody tr", d), hits = rows.filter(has);
        d.hidden = want !== "" && !has(d);
        for (const r of rows) r.hidden = want !== "" && hits.length > 0 && !has(r);
      }
    });
    const tools = document.createElement("span");
    tools.className = "tools";
    tools.append(field, button("Open all", "", (b) => {
      const open = b.textContent === "Open all";
      for (const d of findings) d.open = open;
      b.textContent = open ? "Close all" : "Open all";
    }));
    head.append(tools);
  }
  // Browsers that do not know ::details-content print what is open only.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details.finding:not([open]),details.pd:not([open])");
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of closed) d.open = false;
  });
})();
