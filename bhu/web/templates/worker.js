{% load static %}// Keeps one page for when nobody is reached, with its look. No answer of any other page is ever kept.
const KEPT = "offline-1";
const PAGES = ["{% url 'offline' %}", "{% static 'bhu/page.css' %}", "{% static 'bhu/mark.svg' %}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(PAGES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(others).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGES[0])));
  }
});
