(() => {
  "use strict";
  const inUse = () => {
    const filter = document.getElementById("filter");
    const touched = filter && [...filter.querySelectorAll("input, select")].some((one) => one.value !== "" && one.type !== "checkbox" || one.checked);
    return touched || document.querySelector("#heat [aria-sort]") !== null;
  };
  const away = (selector) => {
    const focused = document.activeElement;
    return focused && focused !== document.body && focused.closest(selector);
  };
  const show = async () => {
    const answer = await fetch("/board", { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever is about to press a button, or has sorted the table, keeps what they look at.
    const keep = away("#desk form") ? document.getElementById("desk") : null;
    const heat = inUse() ? document.querySelector(".heat") : null;
    const main = document.adoptNode(page.querySelector("main"));
    const place = document.querySelector("#desk .scroll");
    const down = place ? place.scrollTop : 0;
    if (keep) main.querySelector("#desk").replaceWith(keep);
    if (heat && main.querySelector(".heat")) main.querySelector(".heat").replaceWith(heat);
    document.querySelector("header").replaceWith(document.adoptNode(page.querySelector("header")));
    document.querySelector("main").replaceWith(main);
    const scrolled = document.querySelector("#desk .scroll");
    if (scrolled) scrolled.scrollTop = down;
    if (!heat && document.getElementById("heat")) classPage();
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
