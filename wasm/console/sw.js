// Keeps the page and all that it needs, so that it opens without a network. The
// build writes files.js: the files and a name that changes with any of them.
import { FILES, NAME } from './files.js';

self.addEventListener('install', (e) => {
  const keep = async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })));
    await self.skipWaiting();
  };
  e.waitUntil(keep());
});

self.addEventListener('activate', (e) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith('tiercel-') && name !== NAME) await caches.delete(name);
    await self.clients.claim();
  };
  e.waitUntil(tidy());
});

// Answers from what is kept only: a page of one version never meets parts of another.
self.addEventListener('fetch', (e) => {
  if (e.request.method !== 'GET' || new URL(e.request.url).origin !== self.location.origin) return;
  const answer = async () => {
    const cache = await caches.open(NAME);
    return (await cache.match(e.request, { ignoreSearch: e.request.mode === 'navigate' })) ?? fetch(e.request);
  };
  e.respondWith(answer());
});
