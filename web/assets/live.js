// Brings what a form asks for without a press of its button, as soon as it is changed:
// the same page as the button's, of which some parts are shown. Without this the button
// does.
const form = document.querySelector('form[data-live]');
const parts = form.dataset.live.split(' ').map((id) => document.getElementById(id));
let wait, current;
const bring = async () => {
  current?.abort();
  current = new AbortController();
  parts.forEach((part) => part.setAttribute('aria-busy', 'true'));
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), signal: current.signal });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = parts.map((part) => page.getElementById(part.id));
    if (fresh.includes(null)) { form.submit(); return; } // another page: signed out, say
    const notice = page.querySelector('[role=alert]');
    parts.forEach((part, i) => {
      part.replaceChildren(...(notice && i === 0 ? [notice.textContent] : fresh[i].childNodes));
      part.removeAttribute('aria-busy');
    });
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
