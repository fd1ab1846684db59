(() => {
  "use strict";
  const inUse = () => {
    const filter = document.getElementById("filter");
    const touched = filter && [...filter.querySelectorAll("input, select")].some((one) => one.value !== "" && one.type !== "checkbox" || one.checked);
    return touched || document.querySelector("#heat [aria-sort]") !== null;
  };
  // What an element is called in this page and in the one that comes. Its place among others says it only where
  // nothing new comes before it.
  const FINDING = ".mistakes > li[id]";
  const called = (one) => {
    const within = (selector) => called(one.parentElement.closest(`${selector}, main`));
    if (one.matches("main")) return "";
    if (one.matches(FINDING)) return [...one.querySelectorAll("h3, .said")].map((said) => said.textContent).join("\n");
    if (one.id) return `#${one.id}`;
    if (one.matches("a")) return `${within(`${FINDING}, table, section`)} ${one.getAttribute("href")}`;
    if (one.matches("form")) return `${within("table, ul, div")} ${one.getAttribute("action")} ${new URLSearchParams(new FormData(one))}`;
    if (one.hasAttribute("aria-labelledby")) return `${one.localName} ${one.getAttribute("aria-labelledby")}`;
    return `${called(one.parentElement)} ${[...one.parentElement.children].indexOf(one)}`;
  };
  const show = async () => {
    const answer = await fetch("/board", { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.adoptNode(page.querySelector("main"));
    const focused = document.activeElement?.closest("main *");
    const name = focused && called(focused);
    const unfolded = new Set([...document.querySelectorAll("main details[open]")].map(called));
    const down = new Map([...document.querySelectorAll("main .scroll")].map((one) => [called(one), one.scrollTop]));
    // Whoever has sorted or filtered the table keeps what they look at, and the findings that lead to it.
    const kept = inUse() ? ["section.heat", "section[aria-labelledby=wrong]"] : [];
    for (const one of kept) {
      const here = document.querySelector(one);
      if (here) main.querySelector(one)?.replaceWith(here);
    }
    document.querySelector("header").replaceWith(document.adoptNode(page.querySelector("header")));
    document.querySelector("main").replaceWith(main);
    if (!kept.length && document.getElementById("heat")) classPage();
    for (const one of main.querySelectorAll("details")) if (unfolded.has(called(one))) one.open = true;
    for (const one of main.querySelectorAll(".scroll")) one.scrollTop = down.get(called(one)) ?? 0;
    if (!focused) return;
    // What was kept has lost the focus as well: it was out of the page for a moment.
    const now = focused.isConnected ? focused : [...main.querySelectorAll(focused.localName)].find((one) => called(one) === name);
    now?.focus({ preventScroll: true });
  };
  let asking = false;
  let again = false;
  const ask = async () => {
    again = asking;
    if (asking) return;
    asking = true;
    try {
      await show();
    } catch {
      // The desk is away for a moment; the stream comes back.
    }
    setTimeout(() => {
      asking = false;
      if (again) ask();
    }, 500);
  };
  let last = null;
  const events = new EventSource("/board/events");
  events.addEventListener("message", (event) => {
    if (last !== null && last !== event.data) ask();
    last = event.data;
  });
  addEventListener("pagehide", () => events.close());
})();
