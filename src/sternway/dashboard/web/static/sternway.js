// The page works without this. It keeps the live parts live, and says when they are not.
"use strict";

const LOST_AFTER_MS = 4500; // two beats of the server and a little

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zoneCookie = `zone=${zone}`;
if (zone && !document.cookie.split("; ").includes(zoneCookie)) {
  document.cookie = `${zoneCookie}; path=/; max-age=31536000; samesite=strict`;
  if (document.body.dataset.live && document.cookie.includes(zoneCookie)) location.reload();
}

function show(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const part of [...fresh.content.children]) {
    const shown = document.getElementById(part.id);
    if (!shown || shown.outerHTML === part.outerHTML) continue;
    if (part.getAttribute("role") === "status") {
      if (shown.textContent !== part.textContent) shown.textContent = part.textContent; // spoken on change only
      continue;
    }
    const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
    shown.replaceWith(part);
    if (focused) document.getElementById(focused)?.focus();
  }
}

function follow(address) {
  let last = "";
  let timer;
  const lost = () => {
    document.getElementById("link-lost").hidden = false;
    document.body.classList.add("is-lost");
    const verdict = document.getElementById("verdict");
    const words = document.getElementById("lost-verdict");
    if (!verdict || !words || verdict.classList.contains("lost")) return;
    verdict.className = "verdict unknown lost";
    verdict.replaceChildren(words.content.cloneNode(true));
    document.getElementById("spoken").textContent = verdict.textContent;
  };
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(lost, LOST_AFTER_MS);
    if (!document.body.classList.contains("is-lost")) return;
    document.getElementById("link-lost").hidden = true;
    document.body.classList.remove("is-lost");
    if (last) show(last);
  };
  const source = new EventSource(address);
  source.addEventListener("now", (event) => {
    last = event.data;
    heard();
    show(last);
  });
  source.addEventListener("beat", heard);
  timer = setTimeout(lost, LOST_AFTER_MS);
}

if (document.body.dataset.live && document.getElementById("link-lost")) follow(document.body.dataset.live);

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
