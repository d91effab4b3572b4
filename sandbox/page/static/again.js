// A file that did not come would leave an empty page: browsers drop what they are loading when a network of the machine
// comes or goes, as Docker's do. Then the page is loaded once more, a few times at most.

const KEPT_AS = "edna-amocrm.loads";
const LOADS = 4;
const PAUSE_MS = 400;

window.addEventListener("load", () => {
  try {
    const loads = Number(sessionStorage.getItem(KEPT_AS) ?? 0) + 1;
    if (document.body.dataset.started) {
      sessionStorage.removeItem(KEPT_AS);
    } else if (loads < LOADS) {
      sessionStorage.setItem(KEPT_AS, String(loads));
      setTimeout(() => location.reload(), PAUSE_MS);
    }
  } catch { /* without a memory it might load for ever */ }
});
