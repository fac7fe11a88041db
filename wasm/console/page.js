// The page around the console: takes the engine's hash along, and keeps all of
// the page for the time without a network.
import './tiercel/element/index.js';

const view = document.querySelector('tiercel-console');
const hashes = await (await fetch('tiercel/integrity.json')).json();
view.loadOptions = { integrity: hashes['tiercel.wasm.gz'] };

if ('serviceWorker' in navigator) {
  const rules = { createScriptURL: (url) => url };
  const policy = globalThis.trustedTypes?.createPolicy('tiercel-page', rules) ?? rules;
  await navigator.serviceWorker.register(policy.createScriptURL('sw.js'), { type: 'module' });
}
