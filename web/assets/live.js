// Brings what a form asks for without a press of its button, as soon as it is changed:
// the same page as the button's, of which one part is shown. Without this the button does.
const form = document.querySelector('form[data-live]');
const part = document.getElementById(form.dataset.live);
let wait, current;
const bring = async () => {
  current?.abort();
  current = new AbortController();
  part.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), signal: current.signal });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById(part.id);
    if (!fresh) { form.submit(); return; }
    const notice = page.querySelector('[role=alert]');
    part.replaceChildren(...(notice ? [notice] : []), ...fresh.childNodes);
    part.removeAttribute('aria-busy');
  } catch (error) {
    if (error.name !== 'AbortError') form.submit();
  }
};
form.addEventListener('input', (event) => {
  const output = event.target.parentElement.querySelector('output');
  if (output) output.value = `${event.target.value} %`;
  clearTimeout(wait);
  wait = setTimeout(bring, 400);
});
