const classPage = () => {
  "use strict";
  const table = document.getElementById("heat");
  const filter = document.getElementById("filter");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const lang = document.documentElement.lang;
  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  const numbers = new Intl.NumberFormat(lang);
  // Laying out a thousand rows takes a browser a second: those in sight come first, then twice as many
  // each time, because each time lays out the whole table.
  const AT_ONCE = 100;
  for (const row of rows.slice(AT_ONCE)) row.hidden = true;
  const place = { u: -2, b: -1, f: 0, o: 1 };

  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    if (cell.className in place) return place[cell.className];
    return cell.textContent;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = filter.dataset.sort.replace("{column}", () => head.textContent);
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((row, index) => [key(row, column), index, row]);
      keyed.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])) || a[1] - b[1]);
      for (const row of rows) row.hidden = true;
      body.append(...keyed.map((one) => one[2]));
      show();
    });
  });

  const byName = document.getElementById("by-name");
  const byStatus = document.getElementById("by-status");
  const byCriterion = document.getElementById("by-criterion");
  const flagged = document.getElementById("flagged");
  const changed = document.getElementById("changed");
  const byState = document.getElementById("by-state");
  const byFinding = document.getElementById("by-finding");
  const byColumn = document.getElementById("by-column");
  const byValue = document.getElementById("by-value");
  const shown = document.getElementById("shown");
  const has = (row, token) => ` ${row.dataset.k} `.includes(` ${token} `);
  const roster = new Map();
  const said = (row, column) => {
    if (!roster.has(row)) roster.set(row, JSON.parse(row.dataset.r || "[]"));
    return roster.get(row)[column] || "";
  };

  // What a column says is gathered when it is chosen: a roster has many columns.
  const offer = () => {
    byValue.length = 1;
    byValue.disabled = !byColumn.value;
    if (!byColumn.value) return;
    const count = new Map();
    for (const row of rows) {
      const text = said(row, Number(byColumn.value));
      count.set(text, (count.get(text) || 0) + 1);
    }
    for (const text of [...count.keys()].sort(collator.compare)) {
      const many = numbers.format(count.get(text));
      byValue.add(new Option(`${text || filter.dataset.empty} (${many})`, `=${text}`));
    }
  };
  byColumn?.addEventListener("input", offer);

  // From a finding to those who have it.
  const LONGEST = 60;
  for (const item of byFinding ? document.querySelectorAll(".mistakes > li[id]") : []) {
    const title = item.querySelector("h3").textContent;
    const text = [title, item.querySelector(".said")?.textContent].filter(Boolean).join(" – ");
    const cut = [...text].slice(0, LONGEST).join("") + ([...text].length > LONGEST ? "…" : "");
    byFinding.add(new Option(`${cut} (${item.dataset.n})`, item.id));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "to-table";
    button.textContent = filter.dataset.table;
    item.append(button);
    button.addEventListener("click", () => {
      byFinding.value = item.id;
      show();
      byFinding.focus({ preventScroll: true });
      filter.scrollIntoView();
    });
  }

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase(lang);
  let waiting = [];
  const reveal = (many) => {
    for (const row of waiting.splice(0, many)) row.hidden = false;
  };
  const revealed = (many) => {
    reveal(many);
    if (waiting.length) requestAnimationFrame(() => setTimeout(revealed, 0, 2 * many));
  };
  const show = () => {
    waiting = [];
    const wanted = fold(byName.value.trim());
    let count = 0;
    for (const row of body.rows) {
      const cells = [...row.cells];
      const looked = byCriterion.value ? [cells[Number(byCriterion.value)]] : cells.slice(2, -1);
      const fits =
        (!wanted || fold(cells[0].textContent).includes(wanted)) &&
        (!byStatus.value || looked.some((cell) => cell.className === byStatus.value)) &&
        (!byState.value || has(row, byState.value)) &&
        (!byFinding?.value || has(row, byFinding.value)) &&
        (!byValue?.value || said(row, Number(byColumn.value)) === byValue.value.slice(1)) &&
        (!changed?.checked || has(row, "c")) &&
        (!flagged.checked || cells[cells.length - 1].textContent !== "");
      count += fits;
      if (!fits) row.hidden = true;
      else if (row.hidden) waiting.push(row);
    }
    revealed(AT_ONCE);
    shown.textContent = filter.dataset.shown
      .replace("{shown}", numbers.format(count))
      .replace("{all}", numbers.format(rows.length));
  };
  filter.addEventListener("input", show);
  addEventListener("beforeprint", () => reveal(rows.length));
  filter.hidden = false;
  show();
};
if (document.getElementById("heat")) classPage();
