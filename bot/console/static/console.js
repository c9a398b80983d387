// Everything works without this: pages are whole as they come, forms are plain forms.
"use strict";

// While something goes on, the parts of the page that change are brought up to date.
const EVERY = 3000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const now = fresh.getElementById(part.id);
    if (now && now.innerHTML !== part.innerHTML) {
      part.replaceChildren(...now.childNodes);
      toTheEnd();
    }
  }
  if (!fresh.querySelector("main[data-live]")) document.querySelector("main").removeAttribute("data-live");
}

async function keepFresh() {
  while (document.querySelector("main[data-live]")) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    await refresh().catch(() => undefined); // the server is away for a moment
  }
}

function toTheEnd() {
  for (const log of document.querySelectorAll("[data-end]")) log.scrollTop = log.scrollHeight;
}

// What cannot be taken back asks once more.
addEventListener("submit", (event) => {
  const sure = event.submitter?.dataset.sure;
  if (sure && !confirm(sure)) event.preventDefault();
});

for (const key of document.querySelectorAll(".key-text")) key.addEventListener("focus", () => key.select());

toTheEnd();
keepFresh();
