(() => {
  "use strict";
  // What the server says of a change is shown as the server shows it: the same page, put in place.
  // A page without a form comes in between, as while a partner's block is checked.
  let typed = "";
  const put = (page, id) => {
    const here = document.getElementById(id);
    const there = page.getElementById(id);
    if (!here || !there || here.outerHTML === there.outerHTML) return;
    const block = document.getElementById("block");
    if (block) typed = block.value;
    const focused = document.activeElement && document.activeElement.id;
    here.replaceWith(document.adoptNode(there));
    const now = document.getElementById("block");
    if (now && typed) now.value = typed;
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  };
  const say = (page) => {
    // The element stays, so that what is said in it is read aloud.
    const here = document.getElementById("said");
    const there = page.getElementById("said");
    if (!there || here.innerHTML === there.innerHTML) return;
    here.className = there.className;
    here.replaceChildren(...[...there.childNodes].map((one) => document.adoptNode(one)));
  };
  let asking = false;
  let again = false;
  const show = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch("/", { cache: "no-store", credentials: "same-origin" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        say(page);
        put(page, "live");
      }
    } catch {
      // The desk is away for a moment; the stream comes back, and says it anew.
    }
    asking = false;
    if (again) {
      again = false;
      show();
    }
  };
  let last = null;
  const events = new EventSource("/events");
  events.addEventListener("message", (event) => {
    // The first event says what the page shows already, unless something happened in between.
    const busy = document.getElementById("live").dataset.busy === "yes";
    if (last !== event.data && (last !== null || busy || !event.data.includes('"open":true'))) show();
    last = event.data;
  });
  addEventListener("pagehide", () => events.close());
})();
