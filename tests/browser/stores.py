"""Everything a browser keeps of a site when its pages are closed, and a little that it keeps while they are open."""

import json
from typing import Any

from playwright.sync_api import Page

READ = """
async () => {
  const done = (request) => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
  const databases = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    databases[name] = {};
    for (const room of database.objectStoreNames) {
      const store = database.transaction(room).objectStore(room);
      databases[name][room] = [await done(store.getAllKeys()), await done(store.getAll())];
    }
    database.close();
  }
  const kept = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      kept[`${name} ${request.url}`] = await (await cache.match(request)).text();
    }
  }
  const files = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") await walk(handle, `${path}${name}/`);
      else files[path + name] = await (await handle.getFile()).text();
    }
  };
  await walk(await navigator.storage.getDirectory(), "/");
  const workers = await navigator.serviceWorker.getRegistrations();
  return {
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases,
    caches: kept,
    files,
    workers: workers.map((each) => (each.active ?? each.waiting ?? each.installing).scriptURL),
    history: history.state,
    window: window.name,
  };
}
"""


def stores(page: Page) -> dict[str, Any]:
    """What each store of the browser holds for the site of this page, and its cookies by name."""
    found: dict[str, Any] = page.evaluate(READ)
    return {**found, "cookies": {each["name"]: each["value"] for each in page.context.cookies()}}


def kept_of(page: Page, words: set[str] | frozenset[str]) -> set[str]:
    """Which of these words lie in any store, in whatever case."""
    text = json.dumps(stores(page), ensure_ascii=False).lower()
    return {word for word in words if word.lower() in text}
