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
  // Laying out a thousand rows takes a browser a second: those in sight come first.
  const AT_ONCE = 100;
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
  const shown = document.getElementById("shown");

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase(lang);
  let waiting = [];
  const reveal = (many) => {
    for (const row of waiting.splice(0, many)) row.hidden = false;
  };
  const revealed = () => {
    reveal(AT_ONCE);
    if (waiting.length) requestAnimationFrame(() => setTimeout(revealed));
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
        (!flagged.checked || cells[cells.length - 1].textContent !== "");
      count += fits;
      if (!fits) row.hidden = true;
      else if (row.hidden) waiting.push(row);
    }
    revealed();
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
